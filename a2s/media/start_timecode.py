"""The timecode of a film's first frame, from its timecode track or tag."""

from __future__ import annotations

import re
from pathlib import Path

from av.container import InputContainer

from a2s.io import display_name
from a2s.media.source import open_media, picture_stream
from a2s.settings import Limits

_TIMECODE = re.compile(r"(\d\d:\d\d:\d\d)([:;.,])(\d{2,3})")


def start_timecode(path: Path, *, limits: Limits | None = None) -> str | None:
    """HH:MM:SS:FF, or HH:MM:SS;FF for drop-frame timecode; None where the film has none.

    Raises UnreadableVideo, TooLarge.
    """
    with open_media(path, limits or Limits()) as container:
        return timecode_of(container, display_name(path.name))


def timecode_of(container: InputContainer, name: str) -> str | None:
    """The timecode of an open film: that of its picture, else of another stream (a tmcd track), else of the file."""
    picture = picture_stream(container, name)
    others = [stream for stream in container.streams if stream is not picture]
    for tags in (*(stream.metadata for stream in (picture, *others)), container.metadata):
        text = next((value for key, value in tags.items() if key.lower() == "timecode"), "")
        if found := _TIMECODE.fullmatch(text.strip()):
            time, mark, frame = found.groups()
            return f"{time}{':' if mark == ':' else ';'}{frame}"
    return None
