"""`a2s bank`: build and list ambient banks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from a2s.cli.options import AsJson, ModelName
from a2s.cli.output import print_rows

bank_app = typer.Typer(help="Build and list ambient banks.")


@bank_app.command("build")
def bank_build(
    recordings: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="A folder of recordings, or a bank to index again.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the new bank.", show_default=False)],
    model: ModelName = "compact",
) -> None:
    """Build an ambient bank from a folder of recordings."""
    from a2s.ambient import AmbientBank
    from a2s.weights import load_embedder

    embedder = load_embedder(model)
    bank = AmbientBank.build(recordings, out, embedder.embed_audio, embedder.model_hash)
    print(f"{out}: {len(bank.clips)} clips, {sum(clip.seconds for clip in bank.clips):.0f} s")


@bank_app.command("info")
def bank_info(folder: Annotated[Path, typer.Argument(metavar="DIR")], as_json: AsJson = False) -> None:
    """List the clips of a bank."""
    from a2s.ambient import AmbientBank

    bank = AmbientBank.load(folder)
    names = ("id", "name", "kind", "seconds", "level_db", "author", "licence")
    rows = [{name: getattr(clip, name) for name in names} for clip in bank.clips]
    print_rows(rows, as_json, "{id:<24} {kind:<14} {seconds:5.1f} s {level_db:6.1f} dB  {licence:<12} {name}")


@bank_app.command("render-shipped")
def bank_render_shipped(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the new bank.", show_default=False)],
    seed: Annotated[int, typer.Option(help="Another seed renders other clips.")] = 0,
) -> None:
    """Render the shipped bank of procedural ambiences, without embeddings; `a2s bank build` adds them."""
    from a2s.datasets.shipped_ambiences import render_bank

    print(f"{out}: {len(render_bank(out, seed))} clips")
