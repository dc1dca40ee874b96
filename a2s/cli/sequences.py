"""Numbered pictures on the command line: they become a temporary film before anything else reads them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from a2s.errors import BadSettings
from a2s.io import display_name
from a2s.limits import Limits

FrameRate = Annotated[
    str | None,
    typer.Option(
        "--rate",
        metavar="FPS",
        help="Frames per second (25, 23.976, 24000/1001) of numbered pictures: VIDEO is their folder, shot_%04d.png, or"
        " the first of them.",
    ),
]


@contextmanager
def films_of(videos: Sequence[Path], rate: str | None, limits: Limits) -> Iterator[list[Path]]:
    """The videos, with a temporary film in the place of each sequence of pictures.

    Raises BadSettings for a sequence without a rate, UnreadableVideo, TooLarge.
    """
    from a2s.media.sequence import is_sequence, read_rate, write_sequence  # keeps `a2s --help` fast: PyAV

    fps = read_rate(rate) if rate else None
    if not any(is_sequence(video) for video in videos):
        yield list(videos)
        return
    with tempfile.TemporaryDirectory(prefix="a2s-") as folder:
        films = []
        for number, video in enumerate(videos):
            if not is_sequence(video):
                films.append(video)
                continue
            if fps is None:
                kind = "folder" if video.is_dir() else "numbered picture"
                advice = "an image sequence needs its frames per second, as in --rate 24"
                raise BadSettings(f"{display_name(video.name or video)} is a {kind}; {advice}.")
            (place := Path(folder) / str(number)).mkdir()
            film = place / f"{sequence_name(video)}.mov"
            write_sequence(video, fps, film, limits)
            films.append(film)
        yield films


def sequence_name(video: Path) -> str:
    """The name of a film that is made from pictures: that of their folder, or what their names begin with."""
    if video.is_dir():
        return video.resolve().name or "sequence"
    return video.stem.split("%")[0].rstrip("0123456789").rstrip("_-. ") or video.resolve().parent.name or "sequence"
