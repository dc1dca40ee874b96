"""The command line with tiny random weights."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from a2s import DubSettings, __version__, dub
from a2s.cli.main import main
from a2s.cues import CueTrack
from a2s.media import probe_video


@pytest.fixture
def run(home, capsys):
    """Run a command with the tiny model and bank; returns (exit code, stdout, stderr)."""

    def once(*arguments, bank=True):
        extra = ["--model", str(home / "model"), *(["--bank", str(home / "bank")] if bank else [])]
        capsys.readouterr()
        code = main([*map(str, arguments), *extra])
        return code, *capsys.readouterr()

    return once


def one_line(text: str) -> bool:
    return text.count("\n") == 1 and text.startswith("a2s: ") and len(text) < 400


COMMANDS = ("dub", "cues", "retrieve", "bank", "weights", "world", "train", "evaluate", "bench")


def test_help_lists_every_command(capsys):
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {name} " in shown for name in COMMANDS)
    assert main([]) == 0 and capsys.readouterr().out == shown


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"a2s {__version__}\n"


def test_loudness_sets_the_level_of_the_mix(home, run, tmp_path):
    levels = []
    for loudness in (-20, -30):
        report = tmp_path / f"{loudness}.json"
        arguments = "--steps", 1, "--loudness", loudness, "--report", report
        assert run("dub", home / "clip.mp4", "-o", tmp_path / f"{loudness}.wav", *arguments)[0] == 0
        levels.append(json.loads(report.read_text())["loudness"]["lufs"])
    assert levels[0] - levels[1] == pytest.approx(10, abs=1)


def test_dub_writes_video_report_and_stems(home, run, tmp_path):
    out, report, stems = tmp_path / "out.mp4", tmp_path / "report.json", tmp_path / "stems"
    code, printed, _ = run(
        "dub",
        home / "clip.mp4",
        "-o",
        out,
        "--steps",
        2,
        "--report",
        report,
        "--stems",
        stems,
        "--ambient",
        0.8,
        "--seed",
        5,
    )
    assert code == 0 and printed.count("\n") == 2 and "out.mp4: 1.50 s" in printed
    assert printed.endswith("Picture copied (h264).\n")
    assert [stream["outcome"] for stream in json.loads(report.read_text())["streams"]] == ["copied"]
    assert probe_video(out).has_audio and probe_video(out).duration == pytest.approx(1.5, abs=0.01)
    recipe = json.loads(report.read_text())
    assert recipe["settings"]["ambient"] == 0.8 and recipe["seed"] == 5 and recipe["settings"]["steps"] == 2
    assert recipe["model"]["name"] == "model" and len(recipe["model"]["sha256"]) == 64
    assert recipe["ambient"]["clip"] in {"rain", "room", "quiet"}
    assert sorted(path.name for path in stems.iterdir()) == ["action.wav", "ambience.wav"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.mp4", "report.json", "stems"]


def test_dub_writes_several_takes(home, run, tmp_path):
    code, printed, _ = run("dub", home / "clip.mp4", "-o", tmp_path / "t.wav", "--takes", 3, "--steps", 2)
    assert code == 0
    sounds = [soundfile.read(tmp_path / name)[0] for name in ("t.wav", "t-2.wav", "t-3.wav")]
    assert all(len(sound) == 72_000 for sound in sounds)
    assert not np.array_equal(sounds[0], sounds[1])


def test_a_command_is_deterministic(home, run, tmp_path):
    for name in ("a.wav", "b.wav"):
        run("dub", home / "clip.mp4", "-o", tmp_path / name, "--steps", 2, "--ambient-clip", "rain")
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()


def test_ambience_of_several_places_and_the_report(home, run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # a report names a recording without its folder
    soundfile.write(tmp_path / "my own.wav", np.random.default_rng(2).standard_normal(48_000) * 0.02, 16_000)
    report, out = tmp_path / "r.json", tmp_path / "o.wav"
    places = "--ambient-clip", "rain", "--ambient-clip", "0.6=room", "--ambient-clip", f"0:01.1={tmp_path}/my own.wav"
    code, printed, _ = run("dub", home / "clip.mp4", "-o", out, "--steps", 1, *places, "--report", report)
    assert code == 0 and "'Rain', then 'Room', then 'my own.wav'" in printed
    recipe = json.loads(report.read_text())
    assert [change["time"] for change in recipe["settings"]["ambient_changes"]] == [0.6, 1.1]
    again = dub(
        home / "clip.mp4", DubSettings.from_dict(recipe["settings"]), home / "model", home / "bank",
        cues=CueTrack.from_json(json.dumps(recipe["cues"])),
    )  # fmt: skip
    again.save(tmp_path / "again.wav")
    assert np.array_equal(soundfile.read(out)[0], soundfile.read(tmp_path / "again.wav")[0])


def test_cues_are_written_and_read(home, run, tmp_path):
    code, printed, _ = run("cues", home / "clip.mp4", bank=False)
    assert code == 0
    track = CueTrack.from_json(printed)
    assert all(cue.action and cue.material for cue in track)
    assert run("cues", home / "clip.mp4", "-o", tmp_path / "cues.json", bank=False)[0] == 0
    assert CueTrack.load(tmp_path / "cues.json") == track
    (tmp_path / "mine.json").write_text("[0.25, 1.25]")
    report = tmp_path / "r.json"
    arguments = "dub", home / "clip.mp4", "-o", tmp_path / "o.wav", "--steps", 1
    assert run(*arguments, "--cues", tmp_path / "mine.json", "--report", report)[0] == 0
    assert [cue["time"] for cue in json.loads(report.read_text())["cues"]["cues"]] == [0.25, 1.25]


def test_retrieve(home, run):
    code, printed, _ = run("retrieve", home / "clip.mp4", "-k", 2, "--json")
    matches = json.loads(printed)
    assert code == 0 and len(matches) == 2 and matches[0]["score"] >= matches[1]["score"]
    code, printed, _ = run("retrieve", home / "clip.mp4", "-k", 3)
    assert code == 0 and printed.count("\n") == 2  # the third clip is the low-ambient one


def test_bank_build_and_info(home, run, tmp_path, capsys):
    (tmp_path / "sounds").mkdir()
    noise = np.random.default_rng(1).standard_normal(64_000) * 0.05
    soundfile.write(tmp_path / "sounds" / "hum.wav", noise, 16_000)
    assert run("bank", "build", tmp_path / "sounds", "-o", tmp_path / "bank", bank=False)[0] == 0
    capsys.readouterr()
    assert main(["bank", "info", str(tmp_path / "bank"), "--json"]) == 0
    assert [clip["id"] for clip in json.loads(capsys.readouterr().out)] == ["hum"]


def test_weights(home, capsys):
    assert main(["weights", "list", "--json"]) == 0
    assert [row["name"] for row in json.loads(capsys.readouterr().out)] == ["compact", "official", "hands"]
    assert main(["weights", "verify", str(home / "model")]) == 0
    assert "sha256" in capsys.readouterr().out


MISTAKES = {
    "no such command": ["fly"],
    "missing arguments": ["dub"],
    "no such video": ["dub", "{tmp}/none.mp4", "-o", "{tmp}/out.mp4"],
    "a text file as video": ["dub", "{tmp}/text.mp4", "-o", "{tmp}/out.mp4"],
    "no such folder": ["dub", "{clip}", "-o", "{tmp}/none/out.mp4"],
    "unknown output format": ["dub", "{clip}", "-o", "{tmp}/out.mp3"],
    "output over input": ["dub", "{clip}", "-o", "{clip}"],
    "ambient too high": ["dub", "{clip}", "-o", "{tmp}/out.mp4", "--ambient", "1.5"],
    "ambient is text": ["dub", "{clip}", "-o", "{tmp}/out.mp4", "--ambient", "lots"],
    "too many takes": ["dub", "{clip}", "-o", "{tmp}/out.mp4", "--takes", "1000000"],
    "no such ambience": ["dub", "{clip}", "-o", "{tmp}/out.mp4", "--ambient-clip", "moon"],
    "two first ambiences": [
        "dub",
        "{clip}",
        "-o",
        "{tmp}/o.mp4",
        "--ambient-clip",
        "rain",
        "--ambient-clip",
        "room",
    ],
    "a place after the end": ["dub", "{clip}", "-o", "{tmp}/o.mp4", "--ambient-clip", "1:20=rain"],
    "places too close": ["dub", "{clip}", "-o", "{tmp}/o.mp4", "--ambient-clip", "0.2=rain"],
    "no such ambience later": ["dub", "{clip}", "-o", "{tmp}/o.mp4", "--ambient-clip", "0.7=moon"],
    "bad loudness": ["dub", "{clip}", "-o", "{tmp}/out.mp4", "--loudness", "loud"],
    "bad decibels": ["dub", "{clip}", "-o", "{tmp}/out.mp4", "--original-audio", "loud"],
    "no such cues": ["dub", "{clip}", "-o", "{tmp}/out.mp4", "--cues", "{tmp}/none.json"],
    "bad cues": ["dub", "{clip}", "-o", "{tmp}/out.mp4", "--cues", "{tmp}/text.mp4"],
    "no folder for the report": ["dub", "{clip}", "-o", "{tmp}/out.mp4", "--report", "{tmp}/none/report.json"],
    "no folder for stems": ["dub", "{clip}", "-o", "{tmp}/out.mp4", "--stems", "{tmp}/none/stems"],
    "no such model": ["dub", "{clip}", "-o", "{tmp}/out.mp4", "--model", "{tmp}/none"],
    "official": ["dub", "{clip}", "-o", "{tmp}/out.mp4", "--model", "official"],
    "no such bank": ["dub", "{clip}", "-o", "{tmp}/out.mp4", "--bank", "{tmp}/none"],
    "zero matches": ["retrieve", "{clip}", "-k", "0"],
    "verify a folder without a model": ["weights", "verify", "{tmp}"],
    "train an unknown model": ["train", "cat", "--data", "{tmp}", "-o", "{tmp}/run"],
    "train without data": ["train", "vae", "--data", "{tmp}/none", "-o", "{tmp}/run"],
    "an option of another training": [
        "train",
        "av-sim",
        "--data",
        "{tmp}",
        "-o",
        "{tmp}/run",
        "--recordings",
        "{tmp}",
    ],
    "a world of negative length": ["world", "render", "-o", "{tmp}/world", "--minutes", "-1"],
    "bench of zero seconds": ["bench", "--seconds", "0"],
    "bench threads": ["bench", "--threads", "many"],
}


@pytest.mark.parametrize("arguments", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_line_and_writes_nothing(arguments, home, tmp_path, capsys):
    (tmp_path / "text.mp4").write_text("this is no video")
    before = (home / "clip.mp4").read_bytes()
    filled = [part.format(tmp=tmp_path, clip=home / "clip.mp4") for part in arguments]
    for name in ("model", "bank"):
        if filled[0] in ("dub", "retrieve") and len(filled) > 1 and f"--{name}" not in filled:
            filled += [f"--{name}", str(home / name)]
    assert main(filled) == 2
    captured = capsys.readouterr()
    assert one_line(captured.err), captured.err
    assert captured.out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["text.mp4"]
    assert (home / "clip.mp4").read_bytes() == before


def test_a_bug_is_not_hidden(monkeypatch, home, tmp_path):
    def broken(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(sys.modules["a2s.dubbing.job"], "dub", broken)
    with pytest.raises(ZeroDivisionError):
        main(["dub", str(home / "clip.mp4"), "-o", str(tmp_path / "out.mp4")])


def test_a_failed_report_removes_the_sound(home, run, tmp_path, monkeypatch):
    from a2s.dubbing.take import Take
    from a2s.errors import CannotWrite

    def full(self, path, muxed, seconds):
        raise CannotWrite("The disk is full.")

    monkeypatch.setattr(Take, "save_report", full)
    code, _, err = run(
        "dub", home / "clip.mp4", "-o", tmp_path / "o.wav", "--steps", 1, "--report", tmp_path / "r.json"
    )
    assert code == 2 and one_line(err) and not list(tmp_path.iterdir())


def command(home, *arguments):
    extra = "--model", home / "model", "--bank", home / "bank"
    return [sys.executable, "-m", "a2s", *map(str, (*arguments, *extra))]


def test_python_dash_m_runs_the_same_program(home, tmp_path):
    done = subprocess.run(
        command(home, "dub", home / "clip.mp4", "-o", tmp_path / "o.mp4", "--steps", 2), capture_output=True, text=True
    )
    assert done.returncode == 0 and done.stdout.startswith(str(tmp_path / "o.mp4"))
    assert done.stderr == "", "stderr is no terminal, so it has no progress bar"


PRINTS_WHEN_IT_SAMPLES = """
import signal
import sys
from a2s.cli.main import main
from a2s.pipelines import AVLDMPipeline

signal.signal(signal.SIGINT, signal.default_int_handler)  # the background jobs of a shell ignore it

sample = AVLDMPipeline.sample

def printing(*inputs, **more):
    print("sampling", flush=True)
    return sample(*inputs, **more)

AVLDMPipeline.sample = printing
sys.exit(main(sys.argv[1:]))
"""


def test_control_c_leaves_nothing_behind(home, tmp_path):
    words = command(home, "dub", home / "clip.mp4", "-o", tmp_path / "o.mp4", "--steps", 100, "--takes", 6)[3:]
    process = subprocess.Popen(
        [sys.executable, "-c", PRINTS_WHEN_IT_SAMPLES, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout.readline() == b"sampling\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 130 and out == b"" and err == b"a2s: Stopped.\n"
    assert not list(tmp_path.iterdir())


def test_control_c_while_writing_removes_the_written_files(home, run, tmp_path, monkeypatch):
    from a2s.dubbing.take import Take

    write, saved = Take.write, []

    def interrupted(self, path, *options):
        if saved:
            raise KeyboardInterrupt
        saved.append(path)
        return write(self, path, *options)

    monkeypatch.setattr(Take, "write", interrupted)
    assert run("dub", home / "clip.mp4", "-o", tmp_path / "o.wav", "--steps", 1, "--takes", 2)[0] == 130
    assert saved and not list(tmp_path.iterdir())
