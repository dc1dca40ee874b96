"""Cards of ambiences to play and to choose from."""

from __future__ import annotations

from a2s.ui.parts.part import Part


class AmbienceCards(Part):
    """Value: {"items": [{"id", "name", "kind", "level", "score", "url", "picture", "chosen"}, ...]} or None. With
    "changes": [{"time", "label", "options": [{"id", "name"}, ...], "chosen"}, ...] also scene changes, each with an
    ambience to choose.

    Event `choose`: `event.clip` is the id that the browser sends. Event `change_ambience`: `event.time` and
    `event.clip` of a scene change; the clip is empty for none. One ambience plays at a time.
    """

    FILES = "ambiences"
