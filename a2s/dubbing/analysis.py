"""What is known of a video before any sound is made: its motion, its cues, and the ambiences that match it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from a2s.dubbing.progress import Progress
from a2s.pipelines.ambience import load_bank
from a2s.weights import load_embedder, load_model

if TYPE_CHECKING:
    from a2s.ambient import AmbientBank, Match
    from a2s.ambient.retrieval import Embedder
    from a2s.cues import CueTrack
    from a2s.pipelines import AVLDMPipeline
    from a2s.vision import Motion
    from a2s.vision.video import Video

__all__ = ["analyze_motion", "find_cues", "load_bank", "retrieve"]

REPORT_SECONDS = 0.25
"""Seconds of video between two reports."""


def analyze_motion(video: str | os.PathLike | Video, progress: Progress | None = None) -> Motion:
    """Motion and keyframes of a video, decoded once. Raises UnreadableVideo, TooLarge, Cancelled."""
    from a2s.vision.video import Video  # keeps `import a2s` fast: OpenCV

    video, progress, reported = Video.of(video), progress or Progress(), 0.0
    progress.enter("analysing")

    def on_frame(time: float) -> None:
        nonlocal reported
        if time - reported >= REPORT_SECONDS:
            reported = time
            progress.report(time / video.seconds, f"{time:.1f} of {video.seconds:.1f} s")

    return video.observe(on_frame)


def find_cues(motion: Motion, model: str | Path | AVLDMPipeline = "compact") -> CueTrack:
    """The cues of a video: times and strengths from its motion, classes from the model."""
    from a2s.cues import detect_cues  # keeps `import a2s` fast: scipy

    return load_model(model).label_cues(motion, detect_cues(motion))


def retrieve(
    motion: Motion,
    k: int = 5,
    model: str | Path | Embedder = "compact",
    bank: AmbientBank | str | Path | None = None,
    within: tuple[float, float] | None = None,
) -> list[Match]:
    """`a2s.ambient.retrieval.retrieve_ambiences` for a model and a bank that are given by name or folder.

    Of a model that is given by name or folder, AV-Sim alone is loaded.
    """
    from a2s.ambient.retrieval import retrieve_ambiences  # keeps `import a2s` fast: torch and PyAV

    embedder = load_embedder(model)
    return retrieve_ambiences(motion, embedder, load_bank(bank, embedder), k, within)
