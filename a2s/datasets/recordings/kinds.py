"""The kind of a recorded ambience, in the names of the foley world."""

from __future__ import annotations

import re

_KINDS: tuple[tuple[str, str], ...] = (
    (r".*(?<!t)rain(?!forest)", "rain"),
    (r".*(sea_waves|waves|boat)", "sea"),
    (r".*(clear_night|summer-night)", "insects"),
    (r".*(birds|weather_sunny|weather_clear_autumn)", "birds"),
    (r".*(weather_cloudy|weather_clear_winter|wind|storm)", "wind"),
    (r".*(city|train)", "traffic"),
    (r".*(coffee|crowd)", "crowd"),
    (r".*ambient__indoors", "room"),
)
"""(start of `source/file`, lower case; kind of `a2s.datasets.foley_world.ambience`), the first that matches."""


def ambience_kind(name: str) -> str | None:
    """name: `source/file`, as in a sound library. None for what is no place by itself: a dog, a fire, thunder."""
    for start, kind in _KINDS:
        if re.match(start, name.lower()):
            return kind
    return None
