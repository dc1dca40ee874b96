from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from a2s.cli.main import main
from a2s.datasets.clips import Skipped
from a2s.datasets.curation.stages import LOW_ENERGY, NO_MOTION, NO_SOUND, SCENARIO, SPEECH_OR_MUSIC
from a2s.datasets.ego4d_sounds import read_rows
from a2s.errors import BadSettings
from a2s.media import Soundtrack, mux_soundtrack
from a2s.scale.curate import read_scenarios
from tests.fakes import draw_video

RATE = 16_000
TAGGER = "tests.unit.scale.test_curate:tonal_tagger"


def tonal_tagger():
    """Speech is what is at 1 kHz."""

    def tags(waveform: np.ndarray) -> dict[str, float]:
        power = np.abs(np.fft.rfft(waveform)) ** 2
        bin_of = round(1000 * len(waveform) / RATE)
        return {"speech": float(power[bin_of - 3 : bin_of + 4].sum() / max(power.sum(), 1e-9)), "background_music": 0.0}

    return tags


def hits(times: list[float], seconds: float) -> np.ndarray:
    rng, wave = np.random.default_rng(0), np.zeros(round(seconds * RATE), np.float32)
    for time in times:
        first = round(time * RATE)
        wave[first : first + 1600] = rng.standard_normal(1600) * 0.1 * np.exp(-np.arange(1600) / 300)
    return wave


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    """A long video of five cells: action, speech, silence, weak sound, sound over a still picture; and three others."""
    folder = tmp_path_factory.mktemp("videos")
    silent = draw_video(folder / "silent.mp4", 15.0, 12, (64, 48), hits=(1.5, 4.0, 7.0, 10.0))
    sound = hits([1.5, 13.5], 15.0)
    speech = slice(3 * RATE, round(5.5 * RATE))  # the codec's echo of it must not reach the silence
    sound[speech] += 0.2 * np.sin(2 * np.pi * 1000 * np.arange(round(2.5 * RATE)) / RATE).astype(np.float32)
    sound[9 * RATE : 12 * RATE] += np.random.default_rng(1).standard_normal(3 * RATE).astype(np.float32) * 0.001
    mux_soundtrack(silent, Soundtrack(sound, RATE), folder / "kitchen.mp4")
    mux_soundtrack(silent, Soundtrack(sound, RATE), folder / "party.mp4")
    (folder / "broken.mp4").write_bytes(b"nothing")
    return folder


def curate(videos, out, *options: str) -> int:
    arguments = ["--tagger", TAGGER, "--judge", "off", "--workers", "0", *options]
    return main(["scale", "curate", str(videos), "-o", str(out), *arguments])


def test_each_stage_leaves_out_its_clips(videos, tmp_path, capsys):
    scenarios = tmp_path / "scenarios.csv"
    scenarios.write_text("video_uid\tscenarios\nparty\tOn a call;Eating out\n")
    out = tmp_path / "job"
    assert curate(videos, out, "--scenarios", str(scenarios)) == 0
    assert "1 of 15 clips kept; 3 done, 0 done before, 1 failed" in capsys.readouterr().out
    (row,) = read_rows(out / "clips.csv", Skipped())
    assert row.video_uid == "kitchen" and row.narration_time == pytest.approx(1.5, abs=0.15) and row.speech < 0.1
    report = json.loads((out / "report.json").read_text())
    stages = {each["stage"]: each["left_out"] for each in report["stages"] if each["left_out"]}
    assert stages == {NO_SOUND: 6, SCENARIO: 5, SPEECH_OR_MUSIC: 1, LOW_ENERGY: 1, NO_MOTION: 1}
    assert report["skipped"] == {"unreadable": 1} and "broken.mp4" in report["listed"][0][2]
    with open(out / "left_out.csv", newline="") as file:
        left_out = list(csv.DictReader(file, delimiter="\t"))
    assert sum(int(each["clips"]) for each in left_out) == 14
    assert "| speech or music | 1 |" in (out / "report.md").read_text()


def test_a_second_run_does_nothing_and_writes_the_same(videos, tmp_path, capsys):
    out = tmp_path / "job"
    assert curate(videos, out) == 0
    before = (out / "clips.csv").read_bytes()
    assert curate(videos, out) == 0
    assert "0 done, 4 done before" in capsys.readouterr().out.splitlines()[-1]
    assert (out / "clips.csv").read_bytes() == before
    assert curate(videos, out, "--threshold", "energy_db=-70") == 0
    assert "3 done, 0 done before" in capsys.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--threshold", "speach=1"], "no threshold 'speach'"),
        (["--threshold", "speech=loud"], "NAME=VALUE"),
        (["--judge", "nowhere"], "holds no judge"),
        (["--workers", "-1"], "--workers"),
        (["--scenarios", "absent.json"], "not a list of scenarios"),
    ],
)
def test_impossible_requests(videos, tmp_path, capsys, options, message):
    assert curate(videos, tmp_path / "job", *options) == 2
    assert message in capsys.readouterr().err


def test_a_folder_without_videos(tmp_path, capsys):
    assert curate(tmp_path, tmp_path / "job") == 2
    assert "no video" in capsys.readouterr().err and not (tmp_path / "job").exists()


def test_scenarios_of_ego4d(tmp_path):
    (tmp_path / "ego4d.json").write_text(json.dumps({"videos": [{"video_uid": "a", "scenarios": ["Cooking"]}]}))
    assert read_scenarios(tmp_path / "ego4d.json") == {"a": ["Cooking"]}
    (tmp_path / "ego4d.json").write_text("[]")
    with pytest.raises(BadSettings, match="not a list of scenarios"):
        read_scenarios(tmp_path / "ego4d.json")
