"""The example videos as thumbnails. A click loads one."""

from __future__ import annotations

from a2s.ui.parts.part import Part


class ExampleStrip(Part):
    """Value: [{"id", "name", "poster"}, ...]. Event `load_example`: `event.example` is the id that the browser
    sends."""

    FILES = "examples"
