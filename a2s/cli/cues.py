"""`a2s cues`: find the cues of a video."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from a2s.cli.options import ModelName, VideoFile
from a2s.cli.startup import start


def cues_command(
    ctx: typer.Context,
    video: VideoFile,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write to this file instead of stdout.")
    ] = None,
    model: ModelName = "compact",
) -> None:
    """Find the cues of a video and print them as JSON for `a2s dub --cues`."""
    from a2s.dubbing.delivery import check_folder
    from a2s.weights import resolve_model

    if out:
        check_folder(out)
    resolve_model(model)
    film = start(video, ctx.obj)
    from a2s.dubbing.analysis import analyze_motion, find_cues  # only now, so that `start` overlaps the imports

    track = find_cues(analyze_motion(film), model)
    if out:
        track.save(out)
    else:
        sys.stdout.write(track.to_json())
