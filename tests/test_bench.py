from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from a2s.bench import draw_clip, measure, table
from a2s.errors import BadSettings
from a2s.media import probe
from tests.fakes import FakeBank, FakePipeline


def test_the_clip_is_what_it_is_said_to_be(tmp_path):
    info = probe(draw_clip(tmp_path / "clip.mp4", 0.5))
    assert (info.duration, info.fps, info.codec) == (pytest.approx(0.5), pytest.approx(30), "h264")


def test_every_stage_is_measured():
    found = measure(FakePipeline(), FakeBank(), seconds=0.5, threads=[1], cold=False, repeats=1)
    assert set(found["stages"]) == {
        "decode", "decode_and_observe", "encode_video", "encode_ambient", "retrieve", "unet_step",
        "conditions_and_vae_decode", "vocoder", "mux",
    }  # fmt: skip
    assert all(seconds >= 0 for seconds in found["stages"].values())
    assert found["dub"]["1"] > 0
    assert found["real_time_factor"] == pytest.approx(found["dub"]["1"] / 0.5, abs=0.01)
    assert 50 < found["peak_rss_mb"] < 10_000
    assert json.loads(json.dumps(found)) == found
    assert "dub, 1 thread, warm" in table(found)


def test_a_steps_time_is_measured_not_the_gap_between_runs(monkeypatch):
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr("a2s.bench.time", SimpleNamespace(perf_counter=lambda: clock.now))

    class Slow(FakePipeline):
        def __call__(self, *inputs, callback_on_step_end, **options):
            clock.now += 0.2

            def slowly(*step):
                clock.now += 0.01
                return callback_on_step_end(*step)

            return super().__call__(*inputs, callback_on_step_end=slowly, **options)

    stages = measure(Slow(), FakeBank(), seconds=0.2, threads=[1], cold=False, repeats=2)["stages"]
    assert stages["unet_step"] == pytest.approx(0.01)
    assert stages["conditions_and_vae_decode"] == pytest.approx(0.2)


@pytest.mark.parametrize("bad", [{"seconds": 0}, {"seconds": 1e6}, {"threads": []}, {"threads": [0]}])
def test_senseless_requests_are_refused(bad):
    with pytest.raises(BadSettings):
        measure(FakePipeline(), FakeBank(), **bad)
