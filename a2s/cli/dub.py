"""`a2s dub`: generate the sound of a video."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from a2s.cli.options import BankFolder, ModelName, VideoFile
from a2s.cli.output import progress_bar
from a2s.cli.startup import start
from a2s.errors import BadSettings
from a2s.settings import DubSettings, check_settings

if TYPE_CHECKING:
    from a2s.dubbing.take import Take

DEFAULTS = DubSettings()
MAX_NAMED_TAKES = 100
"""File names that are checked before `dub` checks the number of takes."""


def dub_command(
    ctx: typer.Context,
    video: VideoFile,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Output: .mp4, .mov, .mkv, .wav or .flac.", show_default=False)
    ],
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
    cues: Annotated[Path | None, typer.Option(help="A cue file as written by `a2s cues`. Default: found cues.")] = None,
    steps: Annotated[int | None, typer.Option(help="Sampler steps. Default: the model's own number.")] = None,
    guidance: Annotated[
        float | None, typer.Option(help="Scale of classifier-free guidance. Default: the model's own scale.")
    ] = None,
    loudness: Annotated[str, typer.Option(metavar="LUFS|off", help="Integrated loudness of the mix in LUFS.")] = "off",
    original_audio: Annotated[
        str, typer.Option(metavar="DB|off", help="Gain in dB at which the original sound is mixed in.")
    ] = "off",
    stems: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder for action.wav and ambience.wav of the first take.")
    ] = None,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a JSON report of the dub.")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue a stopped dub, and keep finished windows if stopped again.")
    ] = False,
) -> None:
    """Generate the sound of a video, exactly as long as its picture."""
    from a2s.cues import CueTrack
    from a2s.dubbing.ambience_plan import read_places
    from a2s.dubbing.checkpoints import WindowCheckpoints
    from a2s.dubbing.delivery import check_folder, check_target, deliver

    outs = [check_target(_take_path(out, number), video) for number in range(1, _named_takes(takes) + 1)]
    if stems:
        check_folder(stems / "action.wav" if stems.is_dir() else stems)
    if report:
        check_folder(report)
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
        loudness=_number_or_off("--loudness", loudness, "LUFS"),
    )
    check_settings(settings, ctx.obj)
    track = CueTrack.load(cues) if cues else None
    film = start(video, ctx.obj)
    from a2s.dubbing.job import dub  # only now, so that the video is read during the large imports
    from a2s.dubbing.progress import Watcher

    with WindowCheckpoints(out, resume) as checkpoints:
        with progress_bar() as on_progress:
            take = dub(
                film,
                settings,
                model,
                bank,
                cues=track,
                stems=stems is not None,
                watcher=Watcher(on_progress),
                checkpoints=checkpoints,
            )
        muxed = deliver(take, outs, stems, report)
    print(_summary(take, outs))
    if muxed:
        print(muxed.sentences())


def _named_takes(takes: int) -> int:
    return max(1, min(takes, MAX_NAMED_TAKES))


def _take_path(path: Path, number: int) -> Path:
    """out.mp4, out-2.mp4, out-3.mp4, ..."""
    return path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")


def _number_or_off(option: str, text: str, unit: str) -> float | None:
    if text.strip().lower() == "off":
        return None
    try:
        return float(text)
    except ValueError:
        raise BadSettings(f"{option} must be a number of {unit} or off, not {text!r}.") from None


def _summary(take: Take, outs: list[Path]) -> str:
    recipe, report = take.recipe, take.report
    names = ", ".join(str(path) for path in outs)
    ignored = "" if recipe.uses_cues else " (this model does not use cues)"
    ambience = ", then ".join(repr(source.name) for source in recipe.ambience)
    return (
        f"{names}: {take.duration:.2f} s, {len(take.cues)} cues{ignored}, ambience {ambience} at"
        f" {recipe.settings.ambient:g}, {report.loudness.lufs:.1f} LUFS, generated in"
        f" {sum(report.seconds.values()):.1f} s"
    )
