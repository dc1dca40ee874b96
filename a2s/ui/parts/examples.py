"""The clips that come along, as pictures; a click loads one."""

from __future__ import annotations

from a2s.ui.parts.part import Part


class ExampleStrip(Part):
    """Value: [{"id", "name", "poster"}, ...]. Event `take`: `event.example` is the id that the browser sends."""

    FILES = "examples"
