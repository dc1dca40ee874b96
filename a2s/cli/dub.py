"""`a2s dub`: generate the sound of a video."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from a2s.cli.batch import Done, dub_all
from a2s.cli.options import BankFolder, LimitValues, ModelName, Overwrite, clock_of, moment, with_limits
from a2s.cli.output import progress_bar
from a2s.cli.package_options import (
    PackageFile,
    PackageHandles,
    PackageNames,
    PackagePicture,
    PackageStart,
    PackageTwoPop,
    read_package_options,
)
from a2s.cli.pipes import piped_in, piped_out
from a2s.cli.sequences import FrameRate, films_of
from a2s.cli.startup import start as start_up
from a2s.cli.targets import Target, Wanted, check_targets, formats, new_folders, read_format, targets_of
from a2s.dubbing.sound_settings import PRESETS, read_loudness, read_track
from a2s.errors import BadSettings
from a2s.settings import DubSettings, Limits, check_settings

if TYPE_CHECKING:
    from a2s.cues import CueTrack
    from a2s.dubbing.take import Take
    from a2s.editors import PackageOptions
    from a2s.media.picture_table import PictureChoice
    from a2s.vision.video import Video

DEFAULTS = DubSettings()


class Picture(StrEnum):
    """Values of --picture."""

    copy = "copy"
    h264 = "h264"


def dub_command(
    ctx: typer.Context,
    videos: Annotated[
        list[Path], typer.Argument(metavar="VIDEO...", help="Video files; - is stdin.", show_default=False)
    ],
    out: Annotated[
        str,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE|FOLDER",
            show_default=False,
            help="Output: .mp4, .mov, .mkv, .wav or .flac; or a folder, where files have the videos' names; - is"
            " stdout.",
        ),
    ],  # fmt: skip
    model: ModelName = "compact",
    bank: BankFolder = None,
    ambient: Annotated[
        float, typer.Option(help="Amount of ambience: 0 is only the action, 1 the full ambience of the place.")
    ] = DEFAULTS.ambient,
    ambient_clip: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[TIME=]ID|FILE",
            help="A clip of the bank by its id, or a recording. Default: the best match. TIME= (12.5= or 1:20=) sets"
            " the ambience from that time on; repeat the option for each place.",
        ),
    ] = None,
    takes: Annotated[
        int, typer.Option(help="Number of takes. Further takes are written to OUT-2, OUT-3, ...")
    ] = DEFAULTS.takes,
    seed: Annotated[int, typer.Option(help="Seed of the noise. Another seed gives another take.")] = DEFAULTS.seed,
    cues: Annotated[
        Path | None,
        typer.Option(
            help="Cues as json, csv, tsv, srt, edl, mid or Audacity labels (txt); or a folder of such files with the"
            " videos' names. Default: found cues."
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="TIME", help="Dub from this time on: 80, 1:20, 00:01:20.5 or a timecode 00:01:20:12."
        ),
    ] = None,
    end: Annotated[
        str | None,
        typer.Option("--to", metavar="TIME", help="Dub up to this time. The rest keeps the original soundtrack."),
    ] = None,
    steps: Annotated[int | None, typer.Option(help="Sampler steps. Default: the model's own number.")] = None,
    guidance: Annotated[
        float | None, typer.Option(help="Scale of classifier-free guidance. Default: the model's own scale.")
    ] = None,
    loudness: Annotated[
        str,
        typer.Option(
            metavar="NAME|LUFS|off", help=f"Integrated loudness of the dub: {PRESETS}, a number of LUFS, or off."
        ),
    ] = "ebu",
    compress: Annotated[
        bool, typer.Option("--compress", help="Compress the dub where its peaks keep it below the loudness.")
    ] = DEFAULTS.compress,
    original_audio: Annotated[
        str, typer.Option(metavar="DB|off", help="Gain in dB at which the original sound is mixed in.")
    ] = "off",
    original_track: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBER|TITLE",
            help="Sound track to mix in: its number from 1, title or language. Default: the film's default track.",
        ),
    ] = None,
    stems: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for action.wav and ambience.wav of the first take.")
    ] = None,
    picture: Annotated[
        Picture,
        typer.Option(
            help="copy: keep the picture where the output's container holds it. h264: encode it, for Premiere,"
            " QuickTime and the web."
        ),
    ] = Picture.copy,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="JSON report of the dub; a folder for several.")
    ] = None,
    package: PackageFile = None,
    package_names: PackageNames = "plain",
    package_handles: PackageHandles = 0.0,
    package_two_pop: PackageTwoPop = False,
    package_picture: PackagePicture = False,
    package_start: PackageStart = None,
    format: Annotated[
        str | None, typer.Option(metavar=formats(), help="Format in a folder or on stdout. Default: as the video.")
    ] = None,
    rate: FrameRate = None,
    overwrite: Overwrite = False,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Continue a stopped dub, and keep finished windows if stopped again. Of several videos, those whose"
            " files exist are skipped.",
        ),
    ] = False,
    limit: LimitValues = None,
) -> None:
    """Generate the sound of videos, exactly as long as their pictures."""
    from a2s.dubbing.ambience_plan import read_places

    limits = with_limits(ctx.obj, limit)
    clip, changes = read_places(ambient_clip or ())
    settings = DubSettings(
        ambient=ambient,
        ambient_clip=clip,
        ambient_changes=changes,
        takes=takes,
        seed=seed,
        steps=steps,
        guidance_scale=guidance,
        original_audio=_number_or_off("--original-audio", original_audio, "dB"),
        original_track=read_track(original_track),
        loudness=read_loudness(loudness),
        compress=compress,
    )
    check_settings(settings, limits)
    packing = read_package_options(
        package, names=package_names, handles=package_handles, two_pop=package_two_pop, picture=package_picture,
        start=package_start,
    )  # fmt: skip
    request = _Request(
        settings, limits, model, bank, cues, stems is not None, resume, start, end, picture.value, packing
    )
    suffix = read_format(format)
    with (
        piped_out(Path(out), suffix or ".wav") as file,
        piped_in(videos, limits) as given,
        films_of(given, rate, limits) as films,
    ):
        if packing and films != videos:  # a film of pictures or of stdin exists only while the command runs
            request = replace(request, packing=replace(packing, picture=True))
        folder = len(films) > 1 or file.is_dir() or out.endswith(os.sep)
        wanted = Wanted(file, folder, stems, report, takes, suffix, package)
        targets = targets_of(films, wanted)
        with new_folders(targets, wanted):
            if len(films) > 1:
                left = [target for target in targets if not (resume and target.is_finished)]
                check_targets(left, overwrite, packing)
                request.check_for_several()
                dub_all(left, request.dub)
            else:
                check_targets(targets, overwrite, packing)
                summary = request.dub(targets[0]).summary()
                piped = file != Path(out)
                if piped:
                    print(summary.replace(str(file), "stdout"), file=sys.stderr)
                else:
                    print(summary)


@dataclass(frozen=True)
class _Request:
    """What is the same for all films of one command.

    cues: a cue file, or a folder with one for each film. start, end: texts of the stretch to dub. packing: options of
    the package for editors, if one is wanted.
    """

    settings: DubSettings
    limits: Limits
    model: str
    bank: Path | None
    cues: Path | None
    stems: bool
    resume: bool
    start: str | None
    end: str | None
    picture: PictureChoice
    packing: PackageOptions | None = None

    def check_for_several(self) -> None:
        """Raises BadSettings for a cue file, and WeightsMissing, before the first of several films."""
        from a2s.weights import resolve_model

        if self.cues and not self.cues.is_dir():
            raise BadSettings("Several videos need a folder of cue files with their names, not one cue file.")
        resolve_model(self.model)

    def dub(self, target: Target, label: str = "") -> Done:
        """Dub one film and write its files. label: before the stage in the progress bar."""
        from a2s.dubbing.stretch import part_of
        from a2s.vision.video import Video

        film = whole = Video(target.video, limits=self.limits)
        cues, settings = self._cues_of(film), self._settings_for(film)
        if settings.start is not None or settings.end is not None:
            part = part_of(settings, film.info.duration)
            film = film if part.whole else film.part(part.start, part.end)
        self._check_start(film)
        start_up(film)
        from a2s.dubbing.checkpoints import WindowCheckpoints
        from a2s.dubbing.delivery import deliver, writing_share
        from a2s.dubbing.job import dub  # only now, so that the video is read during the large imports
        from a2s.dubbing.progress import Watcher

        with WindowCheckpoints(target.outs[0], self.resume) as checkpoints:
            with progress_bar(label) as on_progress:
                watcher = Watcher(on_progress, writing=writing_share(whole.info, target.outs, self.picture))
                take = dub(
                    film, settings, self.model, self.bank, cues=cues,
                    stems=self.stems or self.packing is not None,
                    watcher=watcher, checkpoints=checkpoints,
                )  # fmt: skip
                done = deliver(
                    take, target.outs, target.stems, target.report, self._package_of(take, target), self.picture,
                    watcher,
                )  # fmt: skip
        return Done(target, take, done.muxed, done.seconds)

    def _settings_for(self, film: Video) -> DubSettings:
        """The settings with the stretch in seconds of a film. Raises BadSettings."""
        settings = replace(self.settings, start=moment("--from", self.start, film), end=moment("--to", self.end, film))
        check_settings(settings, self.limits)
        return settings

    def _check_start(self, film: Video) -> None:
        """Raises BadCues for a start timecode of the package that the film's frame rate does not have."""
        if self.packing and self.packing.start:
            from a2s.editors import check_start

            check_start(self.packing, film.info.fps)

    def _package_of(self, take: Take, target: Target) -> tuple[Path, Callable[[Path], object]] | None:
        """The path of the package for editors, and a function that writes it."""
        if target.package is None or self.packing is None:
            return None
        from a2s.editors import write_package

        return target.package, partial(write_package, take, options=self.packing, limits=self.limits)

    def _cues_of(self, film: Video) -> CueTrack | None:
        """The cues of the cue file. Raises BadCues, UnreadableVideo, TooLarge."""
        from a2s.cues.formats import cue_file_for, read_cues

        file = cue_file_for(film.path, self.cues) if self.cues and self.cues.is_dir() else self.cues
        return read_cues(file, clock_of(film, file), self.limits) if file else None


def _number_or_off(option: str, text: str, unit: str) -> float | None:
    if text.strip().lower() == "off":
        return None
    try:
        return float(text)
    except ValueError:
        raise BadSettings(f"{option} must be a number of {unit} or off, not {text!r}.") from None
