"""Two sounds under one picture, on one clock: switching between them is a matter of two gains."""

from __future__ import annotations

from a2s.ui.parts.part import Part


class ABPlayer(Part):
    """Value: {"film": address of a video, "duration": s, "mode": "open" | "blind" | "abx", "sounds": {"a", "b" and
    for ABX "x": {"name", "url", "gain_db"}}} or None. gain_db: what matches loudness, if the listener wants it matched.

    Keys a, b and x switch, space plays, arrows move the playhead. Nothing goes back to the server.
    """

    FILES = "player"
