"""Writes a take to disk in all its formats, its stems, and its package for editors."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from a2s.errors import BadSettings
from a2s.io import atomic_files, write_text
from a2s.settings import AmbientChange, AudioSpec, Limits
from a2s.ui.plots import result_figure, save_figure, waveform_mel, wipe_picture
from a2s.ui.state import plain_name
from a2s.ui.state.records import FilmFormat
from a2s.ui.state.take_files import TakeFiles
from a2s.ui.text import summary

if TYPE_CHECKING:
    from a2s.dubbing.recipe import Report
    from a2s.dubbing.take import Take
    from a2s.editors import PackageOptions
    from a2s.media import MuxReport
    from a2s.media.picture_table import PictureChoice
    from a2s.pipelines.ambience import AmbienceSource


FILMS = 0.9
"""Share of the writing that the films take, before sounds and pictures."""


@dataclass(frozen=True)
class TakeLabel:
    """How a take is called. clip: the visitor's name for the video. number: of the take in this visit, from 1. model:
    as the engine names it. own_recording: the visitor's name for the recording that is its ambience."""

    clip: str
    number: int
    model: str | None = None
    own_recording: str | None = None


@dataclass(frozen=True)
class Writing:
    """How the files of a take are written. film: the download. cancelled: True stops the writing. on_share: gets the
    part that is done, 0 to 1."""

    film: FilmFormat = field(default_factory=FilmFormat)
    limits: Limits | None = None
    cancelled: Callable[[], bool] | None = None
    on_share: Callable[[float], object] | None = None


def export(take: Take, folder: Path, label: TakeLabel, writing: Writing = Writing()) -> TakeFiles:
    """Write a take into a new folder, which is removed again on an error. File names contain the clip, the amount of
    ambience, the seed, and the number of the take from the second on. Raises the errors of `mux_soundtrack`,
    Cancelled."""
    from a2s.dubbing.origin import broadcasts
    from a2s.media import write_sounds

    settings, report = take.recipe.settings, public_report(take.report, label.clip, label.own_recording)
    percent = round(settings.ambient * 100)
    stem = f"{plain_name(label.clip)}-ambient{percent}-seed{settings.seed}"
    stem += f"-take{label.number}" if label.number > 1 else ""
    video, sound, recipe_file, cue_file, figure, spectrogram = (
        folder / f"{stem}{suffix}"
        for suffix in (f".{writing.film.container}", ".wav", ".recipe.json", ".cues.json", ".png", ".mel.png")
    )
    folder.mkdir()
    try:
        comment = report.tag()
        muxed, player = _write_films(take, video, writing, comment)
        mix, about = take.soundtrack.without_action(), broadcasts(["mix"], take.origin, report)
        write_sounds({"mix": sound}, mix, take.seconds, comment, writing.limits, about)
        write_text(recipe_file, report.to_json() + "\n")
        take.cues.save(cue_file)
        _draw(take, figure, spectrogram)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return TakeFiles(
        label=f"Take {label.number} · {percent} % · seed {settings.seed}",
        stem=stem, video=video, player=player, sound=sound, recipe=recipe_file, cue_file=cue_file, figure=figure,
        spectrogram=spectrogram,
        summary=summary(take.report, muxed),
        settings=settings, report=report, model=label.model,
    )  # fmt: skip


def _write_films(take: Take, video: Path, writing: Writing, comment: str) -> tuple[MuxReport, Path]:
    """Write the film to download, and one for the page's player where browsers do not play that.

    Returns (what became of the streams, the film for the player).
    """
    from a2s.media import mux_soundtrack, probe_video

    def mux(out: Path, picture: PictureChoice, begin: float, end: float) -> MuxReport:
        def on_share(done: float) -> None:
            if writing.on_share:
                writing.on_share(begin + (end - begin) * done)

        return mux_soundtrack(
            take.video, take.soundtrack, out, limits=writing.limits, comment=comment, cancelled=writing.cancelled,
            picture=picture, on_share=on_share,
        )  # fmt: skip

    copied_plays = probe_video(take.video, limits=writing.limits).plays_in_browsers and video.suffix == ".mp4"
    two = writing.film.player and not copied_plays
    muxed = mux(video, writing.film.picture, 0.0, 0.3 if two else FILMS)
    if not two or (video.suffix == ".mp4" and not muxed.picture_copied):
        return muxed, video
    player = video.with_name(f"{video.stem}.player.mp4")
    mux(player, "browser", 0.3, FILMS)
    return muxed, player


def write_stems(files: TakeFiles, again: Take) -> None:
    """Wavs of action, ambience and a kept original soundtrack that add up to the take's wav sample for sample.

    again: the take, made once more with stems. Raises BadSettings if it is not the same take.
    """
    from a2s.dubbing.origin import broadcasts
    from a2s.media import SoundWriter, sound_steps

    paths, about = files.stem_files, broadcasts(files.stem_files, again.origin, files.report)
    with atomic_files(list(paths.values())) as parts, ExitStack() as stack:
        writers = {
            name: stack.enter_context(SoundWriter(part, part, broadcast=about[name]))
            for name, part in zip(paths, parts, strict=True)
        }
        try:
            for steps in sound_steps(again.stems.soundtrack(), again.seconds, mix=files.sound):
                for name, writer in writers.items():
                    writer.write(steps[name])
        except BadSettings:
            raise BadSettings(
                "The stems can't be exported: the video, the bank or the model has changed since this take."
            ) from None


def write_editors_package(
    files: TakeFiles, again: Take, options: PackageOptions, name: str, limits: Limits | None = None
) -> Path:
    """Write the package for editors beside a take's files. again: the take, made once more with stems. name: the
    visitor's name for the video. Raises as `a2s.editors.write_package`."""
    from a2s.editors import write_package

    path = files.package
    with TemporaryDirectory(dir=path.parent) as folder:
        named = Path(name).name
        video = Path(folder) / (named if Path(named).suffix else f"{named}.mp4")
        os.link(again.video, video)  # the package names the film as its editor does
        public = replace(again, video=video, report=files.report)
        return write_package(public, path, options, limits)


def public_report(report: Report, name: str, own_name: str | None = None) -> Report:
    """A report for download: with the visitor's names instead of the server's paths, and without our version.

    An ambience of the bank is named in the settings even if the model chose it, so that another bank gives the same
    one. A recording of the visitor is identified by name and checksum. own_name: of that recording.
    """

    def public(source: AmbienceSource) -> AmbienceSource:
        return source if source.clip is not None else replace(source, name=own_name or "own recording")

    recipe = report.recipe
    first, *later = (public(source) for source in recipe.ambience)
    changes = tuple(AmbientChange(source.time, source.clip or source.name) for source in later)
    settings = replace(recipe.settings, ambient_clip=first.clip or first.name, ambient_changes=changes)
    video = replace(recipe.video, name=name)
    recipe = replace(recipe, settings=settings, video=video, ambience=(first, *later), version="")
    return replace(report, recipe=recipe)


def _draw(take: Take, figure: Path, spectrogram: Path) -> None:
    """Both pictures of the dub, without the original audio."""
    from a2s.audio.onsets import detect_onsets

    start = take.recipe.settings.start or 0.0  # the pictures begin with the film, also where a part of it is dubbed
    rate = take.sample_rate
    waveform = np.pad(
        take.waveform, (round(start * rate), max(0, round((take.seconds - start) * rate) - len(take.waveform)))
    )
    spec = AudioSpec.at_rate(rate)
    mel = waveform_mel(waveform, spec)
    condition_mel = waveform_mel(np.resize(take.condition, spec.window_samples), spec)
    onsets = [float(onset) for onset in detect_onsets(waveform, rate)]
    wipe_picture(mel).save(spectrogram, format="PNG")
    save_figure(result_figure(waveform, rate, mel, condition_mel[:, :-1], take.cues, onsets, spec), figure)
