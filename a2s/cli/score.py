"""`a2s score`: rate the soundtrack of videos with a released metric."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from a2s.cli.options import AsJson
from a2s.cli.output import print_rows


def score_command(
    videos: Annotated[list[Path], typer.Argument(metavar="VIDEO...", help="Videos with a soundtrack.")],
    av_sync: Annotated[
        Path, typer.Option("--av-sync", metavar="DIR", help="Folder with the four files of the AV-Sync classifier.")
    ],
    as_json: AsJson = False,
) -> None:
    """Rate how well soundtracks are in sync, with the AV-Sync classifier of Action2Sound's authors."""
    from a2s.evaluation.released_sync import score_soundtrack
    from a2s.weights.av_sync import load_av_sync

    classifier, rows = load_av_sync(av_sync), []
    for video in videos:
        score = score_soundtrack(classifier, video)
        about = {"av_sync": score.value, "probability": round(score.probability, 4), "windows": score.windows}
        rows.append({"video": str(video)} | about)
    print_rows(rows, as_json, "{av_sync:6.3f}  {probability:6.3f}  {windows:3d} windows  {video}")
