"""The command line: one thin command for each use-case. `python -m a2s --help` lists them.

Exit codes: 0 done; 2 the input or the request is at fault, one line on stderr and nothing written; 1 a bug, or a soak
that does not hold; 130 Ctrl-C.
Everything heavy is imported inside the commands, so that help, mistakes and small commands answer at once.
"""

from __future__ import annotations

import inspect
import json
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from a2s.cli.evaluate import evaluate
from a2s.cli.output import AsJson, print_rows
from a2s.cli.weights import weights_app
from a2s.dubbing.ambience_plan import read_places
from a2s.errors import A2SError, BadSettings, Cancelled, CannotWrite
from a2s.log import Request, is_json, to_stderr
from a2s.settings import DubSettings, Limits

DEFAULTS = DubSettings()
LOG_JSON = "--log-json"

app = typer.Typer(help="A silent video in, the sound that its picture asks for out.", add_completion=False)
bank_app = typer.Typer(help="Banks of ambience.")
world_app = typer.Typer(help="The procedural world that the compact model is trained in.")
app.add_typer(bank_app, name="bank")
app.add_typer(weights_app, name="weights")
app.add_typer(world_app, name="world")
app.command()(evaluate)

Video = Annotated[Path, typer.Argument(help="A video file.", show_default=False)]
Model = Annotated[str, typer.Option(help="compact, official, or a model's folder.")]
Bank = Annotated[
    Path | None, typer.Option(help="An ambient bank's folder; the model's own or the one that comes along if left out.")
]


@app.callback()
def options(
    log_json: Annotated[bool, typer.Option(LOG_JSON, help="Log to stderr as JSON, one object a line.")] = False,
) -> None:
    """A silent video in, the sound that its picture asks for out."""  # `main` has seen to the option


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if LOG_JSON in arguments:
        return _logged([argument for argument in arguments if argument != LOG_JSON])
    return _run(arguments, lambda message: print(f"a2s: {message}", file=sys.stderr))


def _logged(arguments: list[str]) -> int:
    """Run one command; how it ended, and nothing else, is on stderr as JSON."""
    to_stderr(as_json=True)
    request, said = Request(arguments[0] if arguments else "help"), []
    try:
        with request.current():
            code = _run(arguments, said.append)
    except Exception as error:
        request.over(error)
        return 1
    ends = {2: A2SError(), 130: Cancelled()}
    request.over(ends.get(code), code=code, **({"message": said[0]} if said else {}))
    return code


def _run(arguments: list[str], say: Callable[[str], object]) -> int:
    """The only place that turns errors into codes. say: takes the sentence that goes with one."""
    command = typer.main.get_command(app)
    if not sys.warnoptions:  # what libraries think of each other's future is nothing to a creator
        warnings.simplefilter("ignore")
    try:
        Limits()  # says what is wrong with it
        return command.main(arguments or ["--help"], prog_name="python -m a2s", standalone_mode=False) or 0
    except A2SError as error:
        message = str(error)
    except (KeyboardInterrupt, typer.Abort):
        say("Stopped.")
        return 130
    except BrokenPipeError:  # `a2s ... | head` has read enough
        sys.stderr.close()
        return 0
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        message = error.format_message() or "Missing command; --help lists them."  # what was typed is no command
    say(" ".join(message.split()))
    return 2


@app.command()
def dub(
    video: Video,
    out: Annotated[Path, typer.Option("--out", "-o", help="Where to: .mp4, .wav or .flac.", show_default=False)],
    model: Model = "compact",
    bank: Bank = None,
    ambient: Annotated[float, typer.Option(help="0 only the action .. 1 the whole ambience.")] = DEFAULTS.ambient,
    ambient_clip: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[TIME=]ID|FILE",
            help="A bank clip's id or a recording; the best match if left out. With a time (12.5= or 1:20=) it is heard"
            " from there on; give it once for each place.",
        ),
    ] = None,
    takes: Annotated[int, typer.Option(help="How many; the second is written to OUT-2, and so on.")] = DEFAULTS.takes,
    seed: Annotated[int, typer.Option(help="Another seed, another take.")] = DEFAULTS.seed,
    cues: Annotated[Path | None, typer.Option(help="A cue file, as `cues` writes it.")] = None,
    steps: Annotated[int | None, typer.Option(help="Sampler steps; as suits the model if left out.")] = None,
    guidance: Annotated[
        float | None, typer.Option(help="How strictly picture and cues are followed; as suits the model if left out.")
    ] = None,
    stems: Annotated[
        Path | None, typer.Option(help="Folder for action.wav and ambience.wav of the first take.")
    ] = None,
    original_audio: Annotated[str, typer.Option(help="dB at which the original sound is mixed under, or off.")] = "off",
    report: Annotated[Path | None, typer.Option(help="Write what was done as JSON.")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where the same dub was stopped; stopped again, keep what was made.")
    ] = False,
) -> None:
    """Make the sound of a video."""
    from a2s.cues import CueTrack
    from a2s.dubbing.checkpoints import WindowCheckpoints
    from a2s.dubbing.job import dub as make
    from a2s.dubbing.take import check_folder, check_target, deliver

    outs = [check_target(_numbered(out, number), video) for number in range(1, max(1, min(takes, 100)) + 1)]
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
        original_audio=_decibels(original_audio),
    )
    track = CueTrack.load(cues) if cues else None
    with WindowCheckpoints(out, resume) as kept:
        with _bar() as on_progress:
            take = make(
                video, settings, model, bank, cues=track, stems=stems is not None, on_progress=on_progress, kept=kept
            )
        deliver(take, outs, stems, report)
    print(_summary(take, outs))


def _numbered(path: Path, number: int) -> Path:
    """out.mp4, out-2.mp4, out-3.mp4 ..."""
    return path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")


def _decibels(text: str) -> float | None:
    if text.strip().lower() == "off":
        return None
    try:
        return float(text)
    except ValueError:
        raise BadSettings(f"--original-audio must be a number of dB or off, not {text!r}.") from None


@contextmanager
def _bar() -> Iterator[Callable[[str, float, str], None]]:
    """A progress bar on stderr, where a person is looking."""
    from tqdm import tqdm

    hidden, form = is_json() or None, "{desc:<12}{percentage:3.0f}% |{bar}| {postfix}"
    with tqdm(total=100, disable=hidden, leave=False, bar_format=form) as bar:

        def tell(stage: str, done: float, detail: str) -> None:
            bar.set_description_str(stage, refresh=False)
            bar.set_postfix_str(detail, refresh=False)
            bar.n = round(100 * done, 1)
            bar.refresh()

        yield tell


def _summary(take, outs: list[Path]) -> str:
    recipe = take.recipe
    names = ", ".join(str(path) for path in outs)
    heard = "" if recipe["hears_cues"] else " that this model does not hear"
    places = [recipe["ambient"], *recipe["ambient"].get("changes", ())]
    ambience = ", then ".join(repr(place["name"]) for place in places)
    return (
        f"{names}: {take.duration:.2f} s, {len(take.events)} cues{heard}, ambience {ambience} at"
        f" {recipe['settings']['ambient']:g}, {recipe['loudness']['lufs']:.1f} LUFS, made in"
        f" {sum(recipe['seconds'].values()):.1f} s"
    )


@app.command()
def cues(
    video: Video,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write there, not to the screen.")] = None,
    model: Model = "compact",
) -> None:
    """Print what should be heard when, as JSON that `dub --cues` takes."""
    from a2s.dubbing.analysis import analyze_motion, find_cues
    from a2s.dubbing.take import check_folder
    from a2s.weights.registry import resolve_model

    if out:
        check_folder(out)
    resolve_model(model)
    track = find_cues(analyze_motion(video), model)
    if out:
        track.save(out)
    else:
        sys.stdout.write(track.to_json())


@app.command()
def retrieve(
    video: Video,
    k: Annotated[int, typer.Option("-k", help="How many.")] = 5,
    model: Model = "compact",
    bank: Bank = None,
    as_json: AsJson = False,
) -> None:
    """List the ambiences that suit the look of a video best."""
    from a2s.dubbing.analysis import analyze_motion, load_bank
    from a2s.dubbing.analysis import retrieve as find
    from a2s.weights.registry import load_model

    pipe = load_model(model)
    matches = find(analyze_motion(video), k, pipe, load_bank(bank, pipe))
    rows = [{"id": m.clip.id, "name": m.clip.name, "kind": m.clip.kind, "score": round(m.score, 4)} for m in matches]
    print_rows(rows, as_json, "{score:7.3f}  {id:<24} {kind:<14} {name}")


@bank_app.command("build")
def bank_build(
    recordings: Annotated[Path, typer.Argument(metavar="FOLDER", help="Recordings, or a bank to be indexed anew.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The bank's folder.", show_default=False)],
    model: Model = "compact",
) -> None:
    """Make an ambient bank of a folder of recordings."""
    from a2s.ambient import AmbientBank
    from a2s.weights.registry import load_model

    pipe = load_model(model)
    bank = AmbientBank.build(recordings, out, pipe.embed_audio, pipe.model_hash)
    print(f"{out}: {len(bank.clips)} clips, {sum(clip.seconds for clip in bank.clips):.0f} s")


@bank_app.command("info")
def bank_info(folder: Annotated[Path, typer.Argument(metavar="DIR")], as_json: AsJson = False) -> None:
    """List the clips of a bank."""
    from a2s.ambient import AmbientBank

    bank = AmbientBank.load(folder)
    names = ("id", "name", "kind", "seconds", "level_db", "author", "licence")
    rows = [{name: getattr(clip, name) for name in names} for clip in bank.clips]
    print_rows(rows, as_json, "{id:<24} {kind:<14} {seconds:5.1f} s {level_db:6.1f} dB  {licence:<12} {name}")


@world_app.command("render")
def world_render(
    out: Annotated[Path, typer.Option("--out", "-o", help="The data set's folder.", show_default=False)],
    minutes: Annotated[float, typer.Option(help="Length of all videos together.", show_default=False)],
    seed: Annotated[int, typer.Option(help="Data sets of different seeds share no video.")] = 0,
    picture: Annotated[bool, typer.Option(help="Draw the picture and keep its motion.")] = True,
    mp4: Annotated[bool, typer.Option(help="Also write videos, for people to look at.")] = False,
    fps: Annotated[float | None, typer.Option(help="Frames a second; each video its own if left out.")] = None,
) -> None:
    """Render a data set; what is there already is kept."""
    from a2s.datasets.foley_world.world import render_dataset

    if not out.parent.is_dir():
        raise CannotWrite(f"There is no folder {out.parent} to make {out.name} in.")
    folders = render_dataset(out, minutes, seed, picture=picture, mp4=mp4, fps=fps)
    print(f"{out}: {len(folders)} videos")


class Part(StrEnum):
    """What can be trained."""

    vae = "vae"
    vocoder = "vocoder"
    av_sim = "av-sim"
    place = "place"
    av_ldm = "av-ldm"


@app.command()
def train(
    part: Annotated[Part, typer.Argument(help="Which model.")],
    data: Annotated[Path, typer.Option(help="A data set of `world render`.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the run.", show_default=False)],
    resume: Annotated[bool, typer.Option("--resume", help="Go on where the run in that folder stopped.")] = False,
    steps: Annotated[int | None, typer.Option(help="Optimiser steps in all.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of weights and batches.")] = None,
    batch: Annotated[int | None, typer.Option(help="Clips a step.")] = None,
    recordings: Annotated[Path | None, typer.Option(help="Real sounds beside the world's (vae, vocoder).")] = None,
    vae: Annotated[Path | None, typer.Option(help="A trained VAE (vocoder, av-ldm).")] = None,
    av_sim: Annotated[Path | None, typer.Option(help="A trained AV-Sim (av-ldm).")] = None,
    sound_only: Annotated[Path | None, typer.Option(help="More videos, without pictures (av-ldm).")] = None,
    init: Annotated[Path | None, typer.Option(help="A trained folder to start from (vocoder, place, av-ldm).")] = None,
) -> None:
    """Train one of the models."""
    given = {"steps": steps, "seed": seed, "batch": batch, "recordings": recordings, "vae": vae, "av_sim": av_sim}
    given |= {"sound_only": sound_only, "init": init}
    given = {name: value for name, value in given.items() if value is not None}
    if not data.is_dir():
        raise BadSettings(f"There is no data set at {data}; `world render` makes one.")
    if not out.parent.is_dir():
        raise CannotWrite(f"There is no folder {out.parent} to make {out.name} in.")
    run = import_module(f"a2s.training.objectives.{part.value.replace('-', '_')}").train
    for name in given:
        if name not in inspect.signature(run).parameters:
            raise BadSettings(f"Training {part.value} takes no --{name.replace('_', '-')}.")
    print(run(data, out, resume, **given))


@app.command()
def bench(
    model: Annotated[str, typer.Option(help="A model, or official-random: the size without the weights.")] = "compact",
    bank: Bank = None,
    seconds: Annotated[float, typer.Option(help="Length of the drawn test clip.")] = 3.0,
    threads: Annotated[str, typer.Option(help="Thread counts to compare.")] = "1,2",
    cold: Annotated[bool, typer.Option(help="Also time a fresh process.")] = True,
    page: Annotated[bool, typer.Option("--page", help="Also start the page, and dub through it.")] = False,
    soak: Annotated[bool, typer.Option("--soak", help="Many visitors dub through the page, and nothing else.")] = False,
    dubs: Annotated[int, typer.Option(help="Of a soak, all visitors together.")] = 200,
    visitors: Annotated[int, typer.Option(help="Of a soak, at once.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Measure seconds per stage, speed, memory and start-up on this machine, and the page."""
    from a2s.bench import measure, table, thread_counts
    from a2s.bench.soak import holds, measure_soak
    from a2s.bench.soak import table as soak_table

    if soak:
        found = measure_soak(model, dubs=dubs, visitors=visitors, seconds=seconds)
        print(json.dumps(found, indent=1) if as_json else soak_table(found))
        raise typer.Exit(0 if holds(found) else 1)
    found = measure(model, bank, seconds=seconds, threads=thread_counts(threads), cold=cold, page=page)
    print(json.dumps(found, indent=1) if as_json else table(found))
