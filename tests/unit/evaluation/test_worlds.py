from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from a2s.audio.onset_scores import pooled_f1
from a2s.datasets.foley_world.plan import Event
from a2s.datasets.foley_world.world import render_video
from a2s.errors import BadSettings
from a2s.evaluation.sampler import ClipSampler
from a2s.evaluation.worlds import HeldOutWorlds, onsets_of
from tests.unit.evaluation.tiny_worlds import FollowingPipeline, WorldPipeline


def test_same_seed_same_windows(worlds):
    a, b, other = worlds.draw(6, 1), worlds.draw(6, 1), worlds.draw(6, 2)
    assert [(c.video, c.start) for c in a] == [(c.video, c.start) for c in b] != [(c.video, c.start) for c in other]
    assert len({c.video for c in a[:4]}) == 4


def test_a_clip_holds_its_stems_and_events(worlds):
    for clip in worlds.draw(8, 0):
        assert clip.events and all(0 <= e.time < 2.95 for e in clip.events)
        assert clip.mix.shape == clip.neighbour.shape == clip.neighbour_ambience.shape == (48_000,)
        stems = worlds.videos.clip(clip.video, clip.start)
        assert np.allclose(clip.action, stems[0]) and np.allclose(clip.ambient, stems[1])
        absolute = {round(c.time, 6) for c in clip.true_cues}
        assert all(round(e.time + clip.start, 6) in absolute for e in clip.events)


def test_the_neighbour_does_not_overlap_the_window(worlds):
    for clip in worlds.draw(8, 3):
        video = worlds.videos.clip(clip.video, 0, 12.0).sum(0).clip(-1, 1)
        at = np.correlate(video, clip.neighbour[20_000:24_000].astype(np.float32), "valid").argmax() - 20_000
        assert abs(at / 16_000 - clip.start) >= 2.99


def test_worlds_without_pictures_are_refused(tmp_path):
    render_video(1, tmp_path / "000000", 4.0, picture=False)
    with pytest.raises(BadSettings, match=r"motion\.npz"):
        HeldOutWorlds(tmp_path)


def test_events_masked_by_the_ambience_are_optional(worlds):
    clip = worlds.draw(1, 0)[0]
    noise = np.random.default_rng(0).standard_normal(48_000).astype(np.float32)
    loud = replace(clip, ambient=0.3 * noise, action=1e-4 * clip.action)
    quiet = replace(clip, ambient=1e-5 * noise)
    assert not loud.audible.any() and quiet.audible.all()
    assert len(loud.comparison(np.zeros(0), audible_only=True).true) == 0
    assert len(loud.comparison(np.zeros(0)).true) == len(clip.events)


def test_texture_of_a_pour_counts_neither_way(worlds):
    clip = worlds.draw(1, 0)[0]
    pour = replace(clip.true_cues.cues[0], time=clip.start + 0.5, duration=1.0)
    poured = replace(
        clip,
        true_cues=replace(clip.true_cues, cues=(pour,)),
        events=(Event(0.5, 0.8, "pour", "water", 1.0),),
        ambient=np.zeros(48_000, np.float32),
    )
    found = np.array([0.5, 0.9, 1.2, 2.4])
    assert pooled_f1([poured.comparison(found)]).fp == 3
    assert pooled_f1([poured.comparison(found, audible_only=True)]).fp == 1


def test_noise_of_a_clip_does_not_depend_on_its_batch(worlds):
    clips = worlds.draw(5, 0)
    cues, ambiences = [c.true_cues for c in clips], [c.neighbour_ambience for c in clips]
    one, other = (
        ClipSampler(WorldPipeline(), steps=1, batch=size).sample(clips, cues, ambiences).mels for size in (1, 4)
    )
    assert np.array_equal(one, other)
    reseeded = ClipSampler(WorldPipeline(), steps=1, seed=9).sample(clips, cues, ambiences).mels
    assert not np.array_equal(one, reseeded)


def test_a_model_that_follows_its_cues_scores_high_and_without_cues_low(worlds):
    clips = worlds.draw(8, 0)
    quiet = [1e-4 * np.random.default_rng(0).standard_normal(48_000)] * len(clips)
    sampler = ClipSampler(FollowingPipeline(), steps=1)
    with_cues = sampler.sample(clips, [c.true_cues for c in clips], quiet).waveforms
    without = sampler.sample(clips, [replace(c.true_cues, cues=()) for c in clips], quiet).waveforms
    high, low = (
        pooled_f1([c.comparison(t) for c, t in zip(clips, onsets_of(w), strict=True)]).f1 for w in (with_cues, without)
    )
    assert high > 0.75 and low < 0.2


def test_waveforms_are_as_long_as_windows(worlds):
    waveforms = ClipSampler(WorldPipeline(), steps=1).vocode(torch.rand(3, 128, 188)).waveforms
    assert waveforms.shape == (3, 48_000) and waveforms.dtype == np.float32
