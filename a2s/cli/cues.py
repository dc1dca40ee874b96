"""`a2s cues`: find the cues of a video."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from a2s.cli.options import LimitValues, ModelName, Overwrite, VideoFile, clock_of, with_limits
from a2s.cli.startup import start


def cues_command(
    ctx: typer.Context,
    video: VideoFile,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="Write json, csv, tsv, srt, edl, mid or Audacity labels (txt). Default: JSON on stdout.",
        ),
    ] = None,
    model: ModelName = "compact",
    overwrite: Overwrite = False,
    limit: LimitValues = None,
) -> None:
    """Find the cues of a video, for `a2s dub --cues` and for editors."""
    from a2s.cues.formats import check_cue_name, write_cues
    from a2s.dubbing.delivery import check_folder, check_new
    from a2s.vision.video import Video
    from a2s.weights import resolve_model

    if out:
        check_new([check_folder(check_cue_name(out))], overwrite)
    resolve_model(model)
    film = start(Video(video, limits=with_limits(ctx.obj, limit)))
    from a2s.dubbing.analysis import analyze_motion, find_cues  # only now, so that `start` overlaps the imports

    track = find_cues(analyze_motion(film), model)
    if out:
        write_cues(track, out, clock_of(film, out))
    else:
        sys.stdout.write(track.to_json())
