"""Colours of markers by action, in the palette of each editing program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class MarkerColour:
    """One colour. resolve: its name in Resolve. otio: a member of `opentimelineio.schema.MarkerColor`.

    premiere: the number that Premiere writes as `pproColor`; None is its default, green. rgb: 0 to 255 each.
    """

    resolve: str
    otio: str
    premiere: int | None
    rgb: tuple[int, int, int]


RED = MarkerColour("Red", "RED", 4281740498, (210, 54, 44))
ORANGE = MarkerColour("Sand", "ORANGE", 4280578025, (233, 111, 36))
YELLOW = MarkerColour("Yellow", "YELLOW", 4281049552, (208, 161, 43))
GREEN = MarkerColour("Green", "GREEN", None, (113, 134, 55))
CYAN = MarkerColour("Cyan", "CYAN", 4292277273, (25, 244, 214))
BLUE = MarkerColour("Blue", "BLUE", 4294741314, (66, 141, 252))
PURPLE = MarkerColour("Purple", "PURPLE", 4289825711, (175, 139, 177))
WHITE = MarkerColour("Cream", "WHITE", 4294967295, (255, 255, 255))

COLOURS: Mapping[str, MarkerColour] = {
    "hit": RED,
    "knock": ORANGE,
    "chop": YELLOW,
    "scrape": PURPLE,
    "pour": BLUE,
    "step": GREEN,
    "bounce": WHITE,
    "splash": CYAN,
}


def colour_of(action: str | None) -> MarkerColour:
    """The colour of an action; an unknown one and none have the colour of `WHITE`."""
    return COLOURS.get(action or "", WHITE)
