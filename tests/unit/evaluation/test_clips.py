from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from a2s.audio.onset_scores import pooled_f1
from a2s.datasets.foley_world.plan import Event
from a2s.datasets.foley_world.world import render_video
from a2s.errors import BadSettings
from a2s.evaluation.clips import Maker, UnseenWorlds, automatic_cues, onsets_of
from tests.unit.evaluation.worlds import Oracle, WorldPipeline


def test_windows_are_the_same_for_the_same_seed(unseen):
    a, b, other = unseen.draw(6, 1), unseen.draw(6, 1), unseen.draw(6, 2)
    assert [(c.video, c.start) for c in a] == [(c.video, c.start) for c in b] != [(c.video, c.start) for c in other]
    assert len({c.video for c in a[:4]}) == 4


def test_a_clip_holds_what_is_true_of_it(unseen):
    for clip in unseen.draw(8, 0):
        assert clip.events and all(0 <= e.time < 2.95 for e in clip.events)
        assert clip.mix.shape == clip.neighbour.shape == clip.place.shape == (48_000,)
        stems = unseen.videos.clip(clip.video, clip.start)
        assert np.allclose(clip.action, stems[0]) and np.allclose(clip.ambient, stems[1])
        absolute = {round(c.time, 6) for c in clip.true_cues}
        assert all(round(e.time + clip.start, 6) in absolute for e in clip.events)


def test_the_neighbour_shares_no_moment_with_the_window(unseen):
    for clip in unseen.draw(8, 3):
        video = unseen.videos.clip(clip.video, 0, 12.0).sum(0).clip(-1, 1)
        at = np.correlate(video, clip.neighbour[20_000:24_000].astype(np.float32), "valid").argmax() - 20_000
        assert abs(at / 16_000 - clip.start) >= 2.99


def test_worlds_without_pictures_are_refused(tmp_path):
    render_video(1, tmp_path / "000000", 4.0, picture=False)
    with pytest.raises(BadSettings, match=r"motion\.npz"):
        UnseenWorlds(tmp_path)


def test_events_drowned_by_the_place_are_not_asked_for(unseen):
    clip = unseen.draw(1, 0)[0]
    noise = np.random.default_rng(0).standard_normal(48_000).astype(np.float32)
    loud = replace(clip, ambient=0.3 * noise, action=1e-4 * clip.action)
    quiet = replace(clip, ambient=1e-5 * noise)
    assert not loud.audible.any() and quiet.audible.all()
    assert len(loud.compared(np.zeros(0), forgiving=True).true) == 0
    assert len(loud.compared(np.zeros(0)).true) == len(clip.events)


def test_texture_of_a_pour_is_neither_asked_for_nor_wrong(unseen):
    clip = unseen.draw(1, 0)[0]
    pour = replace(clip.true_cues.cues[0], time=clip.start + 0.5, duration=1.0)
    poured = replace(
        clip,
        true_cues=replace(clip.true_cues, cues=(pour,)),
        events=(Event(0.5, 0.8, "pour", "water", 1.0),),
        ambient=np.zeros(48_000, np.float32),
    )
    found = np.array([0.5, 0.9, 1.2, 2.4])
    assert pooled_f1([poured.compared(found)]).fp == 3
    assert pooled_f1([poured.compared(found, forgiving=True)]).fp == 1


def test_noise_of_a_clip_does_not_depend_on_its_batch(unseen):
    clips = unseen.draw(5, 0)
    cues, places = [c.true_cues for c in clips], [c.place for c in clips]
    one, other = (Maker(WorldPipeline(), steps=1, batch=size).make(clips, cues, places).mels for size in (1, 4))
    assert np.array_equal(one, other)
    reseeded = Maker(WorldPipeline(), steps=1, seed=9).make(clips, cues, places).mels
    assert not np.array_equal(one, reseeded)


def test_a_model_that_follows_its_cues_scores_high_and_one_without_cues_low(unseen):
    clips = unseen.draw(8, 0)
    quiet = [1e-4 * np.random.default_rng(0).standard_normal(48_000)] * len(clips)
    maker = Maker(Oracle(), steps=1)
    told = maker.make(clips, [c.true_cues for c in clips], quiet).waveforms
    untold = maker.make(clips, [replace(c.true_cues, cues=()) for c in clips], quiet).waveforms
    with_cues, without = (
        pooled_f1([c.compared(t) for c, t in zip(clips, onsets_of(w), strict=True)]).f1 for w in (told, untold)
    )
    assert with_cues > 0.75 and without < 0.2


def test_each_video_is_looked_at_once(unseen):
    class Counting(WorldPipeline):
        labelled = 0

        def label_cues(self, motion, track):
            self.labelled += 1
            return super().label_cues(motion, track)

    pipe, clips = Counting(), unseen.draw(8, 0)
    tracks = automatic_cues(pipe, clips)
    assert len(tracks) == 8 and pipe.labelled == 4
    assert all(cue.action == "knock" for track in tracks for cue in track)


def test_waveforms_are_as_long_as_windows(unseen):
    made = Maker(WorldPipeline(), steps=1).sounded(torch.rand(3, 128, 188))
    assert made.waveforms.shape == (3, 48_000) and made.waveforms.dtype == np.float32
