"""Every experiment of the tables, by all metrics (Action2Sound, tables 1 to 3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from a2s.cues import CueTrack
from a2s.evaluation.experiments import ABLATION_EXPERIMENTS, MAIN_EXPERIMENTS, TRUE_CUE_EXPERIMENTS, Experiment
from a2s.evaluation.generate import SoundGenerator
from a2s.evaluation.metrics.classes import cue_class_accuracy
from a2s.evaluation.metrics.onsets import onset_scores
from a2s.evaluation.statistics import Figures
from a2s.evaluation.worlds import Clip
from a2s.settings import AUDIO

CUES_ALONE = "cues-alone"
RETRIEVAL = "retrieval-statistics"


def evaluate_tables(
    generator: SoundGenerator, score: Callable[[Sequence[Experiment]], dict[str, Figures]]
) -> dict[str, Figures]:
    """Figures by name of the experiment, as far as the plan's folders allow; also CUES_ALONE and RETRIEVAL.

    score: generates and scores experiments.
    """
    wanted = (*MAIN_EXPERIMENTS, *ABLATION_EXPERIMENTS, *TRUE_CUE_EXPERIMENTS)
    figures = score([each for each in wanted if generator.plan.can_run(each)])
    tracks = generator.cues(Experiment("", "", cues="automatic"), generator.clips)
    figures[CUES_ALONE] = {"title": "automatic cues as clicks"} | cue_scores(generator.clips, tracks)
    if generator.plan.pool:
        figures[RETRIEVAL] = generator.retrieval_statistics()
    return figures


def cue_scores(clips: Sequence[Clip], tracks: Sequence[CueTrack]) -> Figures:
    """Onset and class figures of cue tracks whose cues count as onsets: the limit of audio generated from them."""
    found = []
    for clip, track in zip(clips, tracks, strict=True):
        cues = track.between(clip.start, clip.start + AUDIO.window_seconds)
        found.append(np.array([cue.time for cue in cues]) - clip.start)
    return {"onsets": onset_scores(clips, found), "classes": cue_class_accuracy(clips, tracks)}
