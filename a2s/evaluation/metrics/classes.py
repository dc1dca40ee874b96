"""Accuracy of action and material at the true events, by a trained judge."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from a2s.audio.onset_scores import match_onsets
from a2s.cues import CueTrack
from a2s.evaluation.judges.events import EventJudge
from a2s.evaluation.metrics.base import MetricInputs
from a2s.evaluation.statistics import Figures, ratio
from a2s.evaluation.worlds import Clip
from a2s.settings import AUDIO

VERSION = 1
LIBRARIES = ("numpy", "torch", "mir_eval")

LATEST = 2.7
"""Seconds. A later event of a 3 s window leaves the judge too little audio."""


def measure(inputs: MetricInputs) -> Figures:
    """See `class_accuracy`."""
    return class_accuracy(inputs.clips, inputs.waveforms, inputs.models.events)


def class_accuracy(clips: Sequence[Clip], waves: np.ndarray, judge: EventJudge) -> Figures:
    """ "action", "material": share of true events whose class the judge recognises, in [0, 1].

    waves: (n, 48000) at 16 kHz. majority: share of the most frequent true class.
    """
    right: dict[str, list[int]] = {"action": [], "material": []}
    truth: dict[str, list[np.ndarray]] = {"action": [], "material": []}
    for clip, wave in zip(clips, waves, strict=True):
        judged = clip.onsets < LATEST
        for name, found, true in zip(right, judge.classify(wave, clip.onsets[judged]), clip.classes, strict=True):
            right[name].append(int((found == true[judged]).sum()))
            truth[name].append(true[judged])
    return _accuracies(right, truth)


def cue_class_accuracy(clips: Sequence[Clip], tracks: Sequence[CueTrack]) -> Figures:
    """The same figures for cue tracks: share of cues whose class is that of the event they match within 100 ms."""
    right: dict[str, list[int]] = {"action": [], "material": []}
    truth: dict[str, list[np.ndarray]] = {"action": [], "material": []}
    for clip, track in zip(clips, tracks, strict=True):
        cues = track.between(clip.start, clip.start + AUDIO.window_seconds).cues
        order = np.argsort([event.time for event in clip.events], kind="stable")
        events = [clip.events[i] for i in order]
        pairs = match_onsets([cue.time - clip.start for cue in cues], [event.time for event in events])
        for k, name in enumerate(right):
            right[name].append(sum(getattr(cues[i], name) == getattr(events[j], name) for i, j in pairs))
            truth[name].append(clip.classes[k][order][[j for _, j in pairs]])
    return _accuracies(right, truth)


def _accuracies(right: dict[str, list[int]], truth: dict[str, list[np.ndarray]]) -> Figures:
    figures: Figures = {}
    for name in right:
        counts = np.bincount(np.concatenate([*truth[name], np.zeros(0, int)]), minlength=1)
        figures[name] = ratio(right[name], [len(t) for t in truth[name]])
        figures[name]["majority"] = round(float(counts.max() / max(1, counts.sum())), 4)
    return figures
