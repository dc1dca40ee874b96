"""`a2s world`: render training data with the procedural foley world."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from a2s.cli.options import ModelName
from a2s.errors import BadSettings, CannotWrite

world_app = typer.Typer(help="Render training data with the procedural foley world.")


@world_app.command("render")
def world_render(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the data set.", show_default=False)],
    minutes: Annotated[float, typer.Option(help="Total length of the videos in minutes.", show_default=False)],
    seed: Annotated[int, typer.Option(help="Data sets with different seeds have no video in common.")] = 0,
    picture: Annotated[bool, typer.Option(help="Render the picture and store its motion.")] = True,
    mp4: Annotated[bool, typer.Option(help="Also write mp4 files for viewing.")] = False,
    fps: Annotated[
        float | None, typer.Option(help="Frame rate of all videos. Default: a random rate for each video.")
    ] = None,
) -> None:
    """Render a data set. Videos that exist already are kept."""
    from a2s.datasets.foley_world.world import render_dataset

    if not out.parent.is_dir():
        raise CannotWrite(f"The folder {out.parent} for the data set {out.name} does not exist.")
    folders = render_dataset(out, minutes, seed, picture=picture, mp4=mp4, fps=fps)
    print(f"{out}: {len(folders)} videos")


@world_app.command("render-scenes")
def world_render_scenes(
    recordings: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the recordings in the table of labels.")],
    ambiences: Annotated[Path, typer.Option(help="Folder of the clips of ESC-10.", show_default=False)],
    tables: Annotated[Path, typer.Option(help="Folder tdw/add_ons/py_impact of the package tdw.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the scenes.", show_default=False)],
    count: Annotated[int, typer.Option(min=1, help="Scenes of 12 s.", show_default=False)],
    seed: Annotated[int, typer.Option(min=0, help="Data sets with different seeds have no scene in common.")] = 0,
    split: Annotated[str, typer.Option(help="Split of the recordings: train, held_out or other_makers.")] = "train",
) -> None:
    """Render scenes of recorded objects at 48 kHz without pictures. Scenes that exist already are kept."""
    from a2s.datasets.recordings.corpus import Sources, load_cast, render_corpus

    for folder in (recordings, ambiences, tables):
        if not folder.is_dir():
            raise BadSettings(f"The folder {folder} does not exist.")
    if not out.absolute().parent.is_dir():
        raise CannotWrite(f"The folder {out.parent} for the data set {out.name} does not exist.")
    made = render_corpus(out, load_cast(Sources(recordings, ambiences, tables), split), count, seed)
    print(f"{out}: {made} new scenes, {count} in all")


@world_app.command("examples")
def world_examples(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the clips.", show_default=False)],
    check: Annotated[bool, typer.Option("--check", help="Compare detected cues with the true events.")] = False,
    model: ModelName = "compact",
) -> None:
    """Render the example clips of the page."""
    from a2s.datasets.foley_world.examples import render_examples

    if not out.absolute().parent.is_dir():
        raise CannotWrite(f"The folder {out.parent} for {out.name} does not exist.")
    print(*render_examples(out), sep="\n")
    if check:
        from a2s.evaluation.example_cues import check_examples  # needs the extra `eval`

        print(*check_examples(out, model), sep="\n")


@world_app.command("label-recordings")
def world_label_recordings(
    recordings: Annotated[Path, typer.Argument(metavar="DIR", help="Folder with manifest.csv and its recordings.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The table, a csv file.", show_default=False)],
    ambiences: Annotated[
        Path | None, typer.Option(help="Folder with manifest.json and recordings of ambiences.")
    ] = None,
) -> None:
    """Build the table of labels of a folder of recordings."""
    from a2s.datasets.recordings.build import recordings_in
    from a2s.datasets.recordings.labels import write_labels

    for manifest in (recordings / "manifest.csv", *([ambiences / "manifest.json"] if ambiences else [])):
        if not manifest.is_file():
            raise BadSettings(f"There is no {manifest}.")
    write_labels(recordings_in(recordings, ambiences), out)
