"""The bench of the released model's size, with a tiny model in its place."""

from __future__ import annotations

import json

import pytest

from a2s.bench import random_weights
from a2s.cli.main import main
from tests.tiny import tiny_official


@pytest.fixture
def _tiny(monkeypatch):
    monkeypatch.setattr(random_weights, "random_pipeline", tiny_official)
    monkeypatch.setattr(random_weights, "GEMM_SIDE", 512)


def test_work_of_one_unet_step():
    assert random_weights.unet_flop() == pytest.approx(132.1e9, rel=1e-3)


@pytest.mark.usefixtures("_tiny")
def test_figures(capsys):
    assert main(["bench", "--model", "official-random", "--threads", "1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["steps"] == 25 and found["threads"] == 1
    assert 0 < 24 * found["unet_step"] < 3 * found["whole_window"]
    expected = found["unet_gflop"] / found["unet_step"] / found["gemm_gflops"]
    assert found["unet_share_of_gemm"] == pytest.approx(expected, rel=0.05)
    assert set(found["parts"]) == {"video_encoder", "ambient_encoder", "vae_decoder", "vocoder"}
    assert found["unet_share_of_gemm_by_processor"] > 0 and found["peak_rss_mb"] > 100
    table = random_weights.table(found)
    assert "whole window of 3 s, 25 steps" in table and "peak memory" in table
