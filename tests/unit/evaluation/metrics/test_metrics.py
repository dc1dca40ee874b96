"""All metrics together, on true audio and on noise."""

from __future__ import annotations

import inspect

import numpy as np

from a2s.evaluation.embeddings import load_embedding
from a2s.evaluation.judges.events import EventJudge
from a2s.evaluation.metrics import METRICS
from a2s.evaluation.metrics.base import MetricInputs, ScoringModels
from a2s.evaluation.scoring import reference_audio
from a2s.evaluation.worlds import mixes_of


def test_every_metric_has_a_version_and_a_docstring():
    for metric in METRICS.values():
        assert metric.VERSION >= 1 and metric.LIBRARIES
        assert inspect.getdoc(metric) and inspect.getdoc(metric.measure)


def test_the_reference_does_not_overlap_the_clips(worlds):
    clips = worlds.draw(4, 0)
    windows = reference_audio(worlds, clips)
    assert 0 < len(windows) < 16
    for window in windows:
        overlap = max(np.abs(np.correlate(window, clip.mix[20_000:28_000])).max() for clip in clips)
        assert overlap < 0.99 * max(np.square(clip.mix[20_000:28_000]).sum() for clip in clips)


def test_noise_scores_below_the_truth(worlds):
    clips = worlds.draw(16, 0)
    mel = load_embedding("mel")
    models = ScoringModels(EventJudge().eval(), {"mel": mel, "av-sim": mel})
    reference = {"mel": mel(np.concatenate([reference_audio(worlds, clips), mixes_of(clips)]))}
    pictures = np.zeros((16, reference["mel"].shape[1]), np.float32)
    audio = (mixes_of(clips), 0.1 * np.random.default_rng(0).standard_normal((16, 48_000)).astype(np.float32))
    truth, noise = (
        {name: metric.measure(inputs) for name, metric in METRICS.items()}
        for inputs in (MetricInputs(clips, waves, pictures, reference, models) for waves in audio)
    )
    assert truth["fad"]["mel"]["value"] < 0.5 * noise["fad"]["mel"]["value"]
    assert truth["residual"]["ratio"]["value"] < noise["residual"]["ratio"]["value"] - 3
    assert truth["ambience"]["level_db"]["value"] < noise["ambience"]["level_db"]["value"]
    assert len(truth["onsets"]["f1_per_clip"]) == 16
    assert truth["sync"] is truth["place"] is truth["text_similarity"] is None
