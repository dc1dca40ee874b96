from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from a2s.bench.clip import draw_clip
from a2s.bench.page import ROOT, measure_page, page_rows, stop
from a2s.bench.process import cpu_seconds, resident_mb
from a2s.bench.runner import measure, table, thread_counts
from a2s.errors import A2SError, BadSettings, WeightsMissing
from a2s.media import probe_video
from tests.fakes import FakeBank, FakePipeline


def test_the_clip_has_its_length_rate_and_codec(tmp_path):
    info = probe_video(draw_clip(tmp_path / "clip.mp4", 0.5))
    assert (info.duration, info.fps, info.codec) == (pytest.approx(0.5), pytest.approx(30), "h264")


def test_measure_times_every_stage():
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
    assert "warm dub, 1 thread" in table(found)


def test_the_time_of_a_step_excludes_the_gap_between_runs(monkeypatch):
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr("a2s.bench.stages.time", SimpleNamespace(perf_counter=lambda: clock.now))

    class Slow(FakePipeline):
        def sample(self, *inputs, callback_on_step_end, **options):
            clock.now += 0.2

            def slowly(*step):
                clock.now += 0.01
                return callback_on_step_end(*step)

            return super().sample(*inputs, callback_on_step_end=slowly, **options)

    stages = measure(Slow(), FakeBank(), seconds=0.2, threads=[1], cold=False, repeats=2)["stages"]
    assert stages["unet_step"] == pytest.approx(0.01)
    assert stages["conditions_and_vae_decode"] == pytest.approx(0.2)


@pytest.mark.parametrize("bad", [{"seconds": 0}, {"seconds": 1e6}, {"threads": []}, {"threads": [0]}, {"page": True}])
def test_settings_out_of_range_are_refused(bad):
    with pytest.raises(BadSettings):
        measure(FakePipeline(), FakeBank(), **bad)


def test_thread_counts_are_separated_by_commas():
    assert thread_counts("1,2, 4") == [1, 2, 4]
    with pytest.raises(BadSettings, match="commas"):
        thread_counts("1;2")


def test_a_page_does_not_start_without_a_model(tmp_path, monkeypatch):
    monkeypatch.setattr("subprocess.Popen", lambda *_, **__: pytest.fail("a page was started"))
    with pytest.raises(WeightsMissing):
        measure_page(tmp_path / "clip.mp4", tmp_path)


@pytest.mark.parametrize(("code", "fault"), [(2, A2SError), (1, RuntimeError)])
def test_the_error_of_a_page_that_fails_to_start_is_its_last_line(code, fault, tmp_path, monkeypatch):
    (tmp_path / "app.py").write_text(f"print('Loading.')\nprint('No room left.')\nraise SystemExit({code})")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "model_index.json").write_text("{}")
    monkeypatch.setattr("a2s.bench.page.ROOT", tmp_path)
    with pytest.raises(fault, match="No room left."):
        measure_page(tmp_path / "clip.mp4", tmp_path / "model")


def test_rows_without_proc():
    found = dict.fromkeys(("answers", "first_dub", "second_dub"), 1.5)
    rows = dict(page_rows(found | dict.fromkeys(("loaded", "idle_rss_mb", "used_rss_mb"))))
    assert rows["page answers after"] == "1.500 s"
    assert rows["page memory when idle"] == "needs /proc"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_memory_and_processor_time_of_another_process():
    with subprocess.Popen([sys.executable, "-c", WORK], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        assert 200 < resident_mb(other.pid) < 400
        assert 0.3 <= cpu_seconds(other.pid) < 30
        other.stdin.close()
    assert resident_mb(other.pid) is None and cpu_seconds(other.pid) is None


WORK = """
import time
held = bytearray(b"1") * (200 << 20)
while time.process_time() < 0.35: pass
print("ready", flush=True)
input()
"""


def test_measure_page_removes_its_files(tmp_path, monkeypatch):
    if not (ROOT / "checkpoints" / "compact" / "model_index.json").is_file():
        pytest.skip("needs checkpoints/compact")
    clip, stopped, temporary = draw_clip(tmp_path / "clip.mp4", 3.0), [], tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setattr("a2s.bench.page.stop", lambda server: stopped.append((stop(server), server)))
    found = measure_page(clip)
    known = set(found) if Path("/proc").exists() else {"answers", "first_dub", "second_dub"}
    assert {"answers", "first_dub", "second_dub"} <= known
    assert all(0 < found[name] < 600 for name in known if not name.endswith("_mb"))
    assert all(100 < found[name] < 20_000 for name in known if name.endswith("_mb"))
    assert json.loads(json.dumps(found)) == found
    assert [server.poll() is not None for _, server in stopped] == [True]
    assert not list(temporary.iterdir())
