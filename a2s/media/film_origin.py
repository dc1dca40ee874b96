"""When a film was recorded, and the timecode of its first frame."""

from __future__ import annotations

import re
from pathlib import Path

from a2s.io import display_name
from a2s.media.source import open_media
from a2s.media.start_timecode import timecode_of
from a2s.settings import Limits

_CREATED = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d).*)?")


def film_origin(path: Path, *, limits: Limits) -> tuple[str | None, str, str]:
    """(timecode, date, time): as `start_timecode`, YYYY-MM-DD and HH:MM:SS; None and "" where the film states none.

    Raises UnreadableVideo, TooLarge.
    """
    with open_media(path, limits) as container:
        timecode = timecode_of(container, display_name(path.name))
        for tags in (container.metadata, *(stream.metadata for stream in container.streams)):
            text = next((value for key, value in tags.items() if key.lower() in ("creation_time", "date")), "")
            if found := _CREATED.fullmatch(text.strip()):
                return timecode, found.group(1), found.group(2) or ""
    return timecode, "", ""
