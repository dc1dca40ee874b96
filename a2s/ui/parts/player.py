"""A player that switches between two sounds of one video without interruption."""

from __future__ import annotations

from a2s.ui.parts.part import Part


class ABPlayer(Part):
    """Value: {"video": address, "duration": s, "mode": "open" | "blind" | "abx", "sounds": {"a", "b" and for ABX "x":
    {"name", "url", "gain_db"}}} or None. gain_db: applied while "Same loudness" is on.

    Keys: A, B and X switch, Space plays, arrows move the playhead. It sends nothing to the server.
    """

    FILES = "player"
