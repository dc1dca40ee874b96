"""How far a dub is: stage, step, seconds left, and the mel of the window in work. Of one height, whatever it shows."""

from __future__ import annotations

from a2s.ui.parts.part import Part


class JobProgress(Part):
    """Value: {"state": "idle" | "running" | "done" | "failed", "stage", "detail", "left": texts, "done": 0..1,
    "preview": address of a picture or ""}. Nothing in it is taken for HTML."""

    FILES = "progress"


def job(state: str, stage: str, detail: str = "", left: str = "", done: float = 0.0, preview: str = "") -> dict:
    """A value of `JobProgress`."""
    return {"state": state, "stage": stage, "detail": detail, "left": left, "done": round(done, 3), "preview": preview}


def stopped(kept: str = "What was there is still there") -> dict:
    """Of work that was cancelled."""
    return job("idle", "Stopped", kept)


NOTHING = job("idle", "Load a video", "or take an example")
"""Of a page without a picture."""
