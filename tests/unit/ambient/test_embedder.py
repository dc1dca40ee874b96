"""Embeddings with AV-Sim alone are those of the whole pipeline."""

from __future__ import annotations

import numpy as np
import pytest

from a2s.ambient.embedder import AVSimEmbedder, window_starts
from a2s.ambient.retrieval import MAX_MATCHES, retrieve_ambiences
from a2s.dubbing.analysis import analyze_motion
from a2s.errors import BadSettings
from a2s.weights import load_embedder
from tests.fakes import draw_video, small_bank
from tests.tiny import tiny_official, tiny_pipeline


@pytest.fixture(scope="module")
def motion(tmp_path_factory):
    return analyze_motion(draw_video(tmp_path_factory.mktemp("embedder") / "clip.mp4", seconds=3.0))


@pytest.mark.parametrize(
    ("seconds", "windows"), [(0.5, 1), (3.0, 1), (3.003, 1), (3.1, 2), (6.0, 2), (9.0, 3), (12.0, 4), (600.0, 12)]
)
def test_number_of_windows(seconds, windows):
    starts = window_starts(2.0, 2.0 + seconds)
    assert len(starts) == windows and starts[0] == 2.0 and starts == sorted(starts)
    assert starts[-1] == pytest.approx(max(2.0, 2.0 + seconds - 3.0)) or windows == 1


@pytest.mark.parametrize("make", [tiny_pipeline, tiny_official])
def test_av_sim_alone_embeds_as_the_pipeline_does(make, motion, tmp_path):
    pipe = make()
    pipe.save_pretrained(tmp_path)
    alone = load_embedder(tmp_path)
    assert isinstance(alone, AVSimEmbedder) and alone.folder == tmp_path.resolve()
    assert alone.model_hash == pipe.model_hash
    np.testing.assert_allclose(alone.embed_video(motion), pipe.embed_video(motion), atol=1e-6)
    noise = np.random.default_rng(0).standard_normal(20_000).astype(np.float32) / 10
    np.testing.assert_allclose(alone.embed_audio(noise), pipe.embed_audio(noise), atol=1e-6)
    assert load_embedder(tmp_path) is alone and load_embedder(pipe) is pipe


def test_the_low_ambient_clip_is_not_retrieved(motion):
    pipe = tiny_pipeline()
    bank = small_bank().embedded(pipe.embed_audio, pipe.model_hash)
    found = retrieve_ambiences(motion, pipe, bank, len(bank))
    assert bank.low_ambient not in [match.clip for match in found]
    assert len(found) == len(bank) - (bank.low_ambient.kind == "quiet")
    for k in (0, MAX_MATCHES + 1):
        with pytest.raises(BadSettings, match="from 1 to 100"):
            retrieve_ambiences(motion, pipe, bank, k)
