"""`a2s retrieve`: rank the ambiences of a bank for a video."""

from __future__ import annotations

from typing import Annotated

import typer

from a2s.cli.options import AsJson, BankFolder, LimitValues, ModelName, VideoFile, with_limits
from a2s.cli.output import print_rows
from a2s.cli.startup import start


def retrieve_command(
    ctx: typer.Context,
    video: VideoFile,
    k: Annotated[int, typer.Option("-k", help="Number of matches.")] = 5,
    model: ModelName = "compact",
    bank: BankFolder = None,
    as_json: AsJson = False,
    limit: LimitValues = None,
) -> None:
    """List the ambient clips that match the picture of a video best."""
    from a2s.vision.video import Video

    film = start(Video(video, limits=with_limits(ctx.obj, limit)))
    from a2s.dubbing.analysis import (  # only now, so that `start` overlaps the imports
        analyze_motion,
        load_bank,
        retrieve,
    )
    from a2s.weights import load_embedder

    embedder = load_embedder(model)
    matches = retrieve(analyze_motion(film), k, embedder, load_bank(bank, embedder))
    rows = [{"id": m.clip.id, "name": m.clip.name, "kind": m.clip.kind, "score": round(m.score, 4)} for m in matches]
    print_rows(rows, as_json, "{score:7.3f}  {id:<24} {kind:<14} {name}")
