from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from a2s.evaluation.embeddings import load_embedding
from a2s.evaluation.embeddings.clap import Clap
from a2s.evaluation.generate import embed_windows
from a2s.evaluation.metrics.similarity import matched_similarity
from a2s.evaluation.metrics.text_similarity import PHRASES, sentence, text_similarity_of
from a2s.evaluation.worlds import mixes_of
from a2s.settings import ACTIONS
from tests.tiny import tiny_pipeline
from tests.unit.evaluation.embeddings.tiny_clap import save_tiny_clap


def units(n: int, dim: int, seed: int) -> np.ndarray:
    x = np.random.default_rng(seed).standard_normal((n, dim))
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def test_equal_rows_are_at_one_and_win():
    rows = units(20, 64, 0)
    found = matched_similarity(rows, rows)
    assert found["value"] == 1.0 and found["wins"]["value"] == 1.0 and abs(found["chance"]) < 0.05
    assert found["above_chance"]["value"] == pytest.approx(1 - found["chance"], abs=0.001)


def test_unrelated_rows_are_at_chance():
    found = matched_similarity(units(300, 32, 0), units(300, 32, 1))
    low, high = found["above_chance"]["interval"]
    assert low < 0 < high and found["wins"]["value"] == pytest.approx(0.5, abs=0.05)


def test_audio_that_matches_everything_is_at_chance():
    rows = units(20, 8, 0)
    found = matched_similarity(rows, np.repeat(rows.mean(0, keepdims=True), 20, 0))
    assert found["above_chance"]["value"] == 0 and found["wins"]["value"] == 0.5


def test_pairs_of_one_group_are_no_mismatch():
    rows = np.repeat(units(4, 16, 0), 2, 0)
    assert matched_similarity(rows, rows)["wins"]["value"] < 1
    assert matched_similarity(rows, rows, list("aabbccdd"))["wins"]["value"] == 1
    assert matched_similarity(rows, rows, ["a"] * 8)["chance"] is None


def test_similarity_on_worlds(worlds):
    pipe, clips = tiny_pipeline(), worlds.draw(6)
    pictures = embed_windows(pipe, clips)
    assert pictures.shape == (6, 16) and np.allclose(np.linalg.norm(pictures, axis=1), 1, atol=1e-5)
    mixes = mixes_of(clips)
    found = matched_similarity(pictures, load_embedding("av-sim", pipe)(mixes))
    sounds = np.stack([pipe.embed_audio(mix) for mix in mixes])
    assert found["value"] == pytest.approx((pictures * sounds).sum(1).mean(), abs=1e-3) and found["n"] == 6


def test_every_action_has_a_phrase_and_the_most_frequent_is_first(worlds):
    assert set(PHRASES) == set(ACTIONS)
    clip = worlds.draw(1)[0]
    hit, pour = (replace(clip.events[0], action=a, material=m) for a, m in (("hit", "wood"), ("pour", "water")))
    assert sentence(replace(clip, events=(pour, hit, hit))) == "the sound of hitting wood and pouring water"
    assert sentence(replace(clip, events=(hit,))) == "the sound of hitting wood"


def test_text_similarity_with_clap(worlds, tmp_path, monkeypatch):
    monkeypatch.setenv("A2S_CLAP", str(save_tiny_clap(tmp_path)))
    clips = worlds.draw(4)
    found = text_similarity_of(Clap.load(), clips, mixes_of(clips))
    assert -1 <= found["value"] <= 1 and found["n"] == 4
