"""Ambiences to listen to, one to choose."""

from __future__ import annotations

from a2s.ui.parts.part import Part


class AmbienceCards(Part):
    """Value: {"items": [{"id", "name", "kind", "level", "score", "url", "picture", "chosen"}, ...]} or None;
    with "moves": [{"time", "told", "options": [{"id", "name"}, ...], "chosen"}, ...] also moments to choose one for.

    Event `choose`: `event.clip` is the id that the browser says was chosen. Event `move`: `event.time` and `event.clip`
    of a moment, the clip empty for none. One ambience plays at a time.
    """

    FILES = "ambiences"
