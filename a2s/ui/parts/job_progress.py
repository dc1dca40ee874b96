"""Progress of a job: stage, detail, seconds left, and a preview. Its height never changes."""

from __future__ import annotations

from typing import Any

from a2s.ui.parts.part import Part
from a2s.ui.text import CANCELLED, EARLIER_TAKES_KEPT

Progress = dict[str, Any]  # Any: texts and numbers


class JobProgress(Part):
    """Value: {"state": "idle" | "running" | "done" | "failed", "stage", "detail", "left": texts, "done": 0..1,
    "preview": address of a picture or ""}. Texts are shown as text, never as HTML."""

    FILES = "progress"


def progress(
    state: str, stage: str, detail: str = "", left: str = "", done: float = 0.0, preview: str = ""
) -> Progress:
    """A value of `JobProgress`."""
    return {"state": state, "stage": stage, "detail": detail, "left": left, "done": round(done, 3), "preview": preview}


def cancelled(kept: str = EARLIER_TAKES_KEPT) -> Progress:
    """Of a job that was cancelled. kept: what remains."""
    return progress("idle", CANCELLED, kept)


NO_VIDEO = progress("idle", "Load a video", "or click an example")
"""Of a page without a video."""
