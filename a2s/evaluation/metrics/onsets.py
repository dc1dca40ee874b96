"""Onsets of made sounds against the true events, at three tolerances, beside chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from a2s.audio.onsets import ONSET_TOLERANCES
from a2s.evaluation.clips import Clip, onsets_of
from a2s.evaluation.statistics import onset_figures


def onset_table(clips: Sequence[Clip], waves: np.ndarray) -> dict[str, dict]:
    """ "50 ms", "100 ms", "150 ms" -> precision, recall, F1 with an interval over clips, and chance by circular shifts.

    waves: (n, 48000) at 16 kHz, one each clip. Every event counts, heard or not: see `Clip.compared`.
    """
    pairs = [clip.compared(found) for clip, found in zip(clips, onsets_of(waves), strict=True)]
    return {f"{1000 * tolerance:.0f} ms": onset_figures(pairs, tolerance) for tolerance in ONSET_TOLERANCES}
