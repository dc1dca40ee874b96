"""Several films in one `a2s dub`, files that exist, pipes, and Ctrl-C."""

from __future__ import annotations

import io
import json
import shutil
import sys
from pathlib import Path

import pytest
import soundfile

from a2s.cli.main import main
from a2s.cli.targets import Wanted, check_targets, targets_of
from a2s.errors import BadSettings, CannotWrite
from a2s.media import probe_video
from a2s.weights.loading import _load_pipeline


@pytest.fixture
def run(home, capsys):
    """Run `a2s dub` with the tiny model and one step; returns (exit code, stdout, stderr)."""

    def once(*arguments):
        extra = "--model", home / "model", "--bank", home / "bank", "--steps", 1
        capsys.readouterr()
        code = main([str(argument) for argument in ("dub", *arguments, *extra)])
        return code, *capsys.readouterr()

    return once


@pytest.fixture
def films(home, tmp_path):
    """Three files: two films and one that is no film, in this order: a.mp4, broken.mp4, b.mov."""
    folder = tmp_path / "films"
    folder.mkdir()
    for name in ("a.mp4", "b.mov"):
        shutil.copy(home / "clip.mp4", folder / name)
    (folder / "broken.mp4").write_text("this is no video")
    return folder / "a.mp4", folder / "broken.mp4", folder / "b.mov"


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_failed_film_does_not_stop_the_others(run, films, tmp_path):
    _load_pipeline.cache_clear()
    out = tmp_path / "out"
    code, printed, err = run(*films, "-o", out, "--stems", tmp_path / "stems", "--report", tmp_path / "reports")
    assert code == 2
    assert names(out) == ["a.mp4", "b.mov"], "each film keeps its container"
    assert names(tmp_path / "reports") == ["a.json", "b.json"]
    assert names(tmp_path / "stems") == [f"{film}/{stem}.wav" for film in "ab" for stem in ("action", "ambience")]
    assert _load_pipeline.cache_info().misses == 1, "one model load"
    lines = printed.splitlines()
    assert lines[0].split() == ["file", "seconds", "cues", "LUFS", "picture"]
    assert lines[1].split()[:2] == [str(out / "a.mp4"), "1.50"] and lines[1].endswith("copied")
    assert lines[2].split() == [str(films[1]), "failed"] and lines[3].startswith(str(out / "b.mov"))
    assert len([line for line in err.splitlines() if "broken.mp4 is not a video" in line]) == 1
    assert json.loads((tmp_path / "reports" / "a.json").read_text())["video"]["name"] == "a.mp4"


def test_a_bug_in_a_film_gives_exit_code_1(run, films, tmp_path, monkeypatch):
    from a2s.dubbing import job

    dub = job.dub

    def broken(video, *arguments, **options):
        if video.path.name == "a.mp4":
            raise ZeroDivisionError
        return dub(video, *arguments, **options)

    monkeypatch.setattr(job, "dub", broken)
    code, printed, err = run(films[0], films[2], "-o", tmp_path / "out", "--format", "wav")
    assert code == 1 and "a bug stopped this film" in err and "ZeroDivisionError" in err
    assert names(tmp_path / "out") == ["b.wav"]


def test_nothing_is_left_where_all_films_fail(run, films, tmp_path):
    other = films[1].with_name("other.mp4")
    other.write_text("neither")
    before = names(tmp_path)
    assert run(films[1], other, "-o", tmp_path / "out", "--report", tmp_path / "reports")[0] == 2
    assert names(tmp_path) == before and not (tmp_path / "out").exists() and not (tmp_path / "reports").exists()


def test_a_folder_as_output_of_one_film(run, films, tmp_path):
    code, printed, _ = run(films[0], "-o", f"{tmp_path / 'out'}/", "--format", "flac")
    assert code == 0 and printed.startswith(str(tmp_path / "out" / "a.flac"))


def test_several_films_take_cues_from_a_folder(run, films, tmp_path):
    (tmp_path / "a.csv").write_text("time,label\n0.5,hit\n")
    reports = tmp_path / "reports"
    options = "-o", tmp_path / "out", "--format", "wav", "--report", reports
    assert run(films[0], films[2], "--cues", tmp_path, *options)[0] == 0
    assert len(json.loads((reports / "a.json").read_text())["cues"]["cues"]) == 1
    assert json.loads((reports / "b.json").read_text())["cues"]["source"] == "motion"
    code, _, err = run(films[0], films[2], "--cues", tmp_path / "a.csv", *options, "--overwrite")
    assert code == 2 and "folder of cue files" in err


def test_resume_skips_the_films_that_are_finished(run, films, tmp_path, monkeypatch):
    options = "-o", tmp_path / "out", "--format", "wav"
    assert run(films[0], f"{films[0].parent}/b.mov", *options)[0] == 0
    before = (tmp_path / "out" / "a.wav").stat().st_mtime_ns
    (tmp_path / "out" / "b.wav").unlink()
    assert run(films[0], films[2], *options, "--resume")[0] == 0
    assert names(tmp_path / "out") == ["a.wav", "b.wav"]
    assert (tmp_path / "out" / "a.wav").stat().st_mtime_ns == before


@pytest.mark.parametrize("kept", ["o.wav", "o-2.wav", "r.json", "stems/action.wav"])
def test_a_file_that_exists_is_replaced_only_with_overwrite(run, home, tmp_path, kept):
    (tmp_path / "stems").mkdir()
    (tmp_path / kept).write_text("mine")
    options = "-o", tmp_path / "o.wav", "--takes", 2, "--report", tmp_path / "r.json", "--stems", tmp_path / "stems"
    code, _, err = run(home / "clip.mp4", *options)
    assert code == 2 and err == f"a2s: {tmp_path / kept} exists already; --overwrite replaces what exists.\n"
    assert (tmp_path / kept).read_text() == "mine" and len(names(tmp_path)) == 1
    assert run(home / "clip.mp4", *options, "--overwrite")[0] == 0
    assert (tmp_path / kept).read_bytes() != b"mine" and len(names(tmp_path)) == 5


def test_cues_and_their_overwriting(home, tmp_path, capsys):
    command = ["cues", str(home / "clip.mp4"), "--model", str(home / "model")]
    for suffix in ("csv", "edl", "mid"):
        assert main([*command, "-o", str(tmp_path / f"c.{suffix}")]) == 0
    assert (tmp_path / "c.edl").read_text().startswith("TITLE") and (tmp_path / "c.mid").read_bytes()[:4] == b"MThd"
    assert main([*command, "-o", str(tmp_path / "c.csv")]) == 2
    assert "exists already" in capsys.readouterr().err
    assert main([*command, "-o", str(tmp_path / "c.docx")]) == 2
    assert "must be a cue file: json, csv" in capsys.readouterr().err


def test_an_edit_list_is_read_with_the_rate_of_the_film(run, home, tmp_path):
    (tmp_path / "c.edl").write_text("001  001 V C 01:00:00:12 01:00:00:13 01:00:00:12 01:00:00:13\n")
    report = tmp_path / "r.json"
    assert run(home / "clip.mp4", "-o", tmp_path / "o.wav", "--cues", tmp_path / "c.edl", "--report", report)[0] == 0
    (cue,) = json.loads(report.read_text())["cues"]["cues"]
    assert cue["time"] == 0.5


@pytest.mark.parametrize(("start", "end"), [("0.5", "1"), ("0:00.5", "1000 ms"), ("00:00:00:12", "00:00:01:00")])
def test_a_stretch_is_dubbed(run, home, tmp_path, start, end):
    report = tmp_path / "r.json"
    options = "--from", start, "--to", end, "--report", report, "--format", "wav"
    code, printed, _ = run(home / "clip.mp4", "-o", f"{tmp_path}/", *options)
    assert code == 0 and "1.50 s (dubbed from 0.5 s to 1 s)" in printed
    sound, rate = soundfile.read(tmp_path / "clip.wav")
    assert len(sound) == round(1.5 * rate) and not sound[: round(0.49 * rate)].any()
    assert sound[round(0.55 * rate) : round(0.95 * rate)].any() and not sound[round(1.01 * rate) :].any()
    settings = json.loads(report.read_text())["settings"]
    assert (settings["start"], settings["end"]) == (0.5, 1.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--from", "soon"), "--from must be a time such as 80, 1:20, 00:01:20.5 or a timecode"),
        (("--to", "-1"), "--to must be a time"),
        (("--from", "1", "--to", "0.5"), "must end at least 0.1 s after its start"),
        (("--from", "9"), "must lie within the film, which is 1.50 s long"),
        (("--to", "00:00:00:30"), "--to: The timecode '00:00:00:30' does not exist at 24 fps"),
    ],
)
def test_a_stretch_that_cannot_be_is_one_line(run, home, tmp_path, options, message):
    code, _, err = run(home / "clip.mp4", "-o", tmp_path / "o.wav", *options)
    assert code == 2 and message in err and err.count("\n") == 1 and not names(tmp_path)


class Pipe(io.TextIOWrapper):
    """A standard stream that is no terminal."""

    def __init__(self, data: bytes = b"") -> None:
        super().__init__(io.BytesIO(data))


def test_a_film_from_stdin_and_sound_to_stdout(run, home, tmp_path, monkeypatch):
    data = (home / "clip.mp4").read_bytes()
    monkeypatch.setattr(sys, "stdin", Pipe(data))
    assert run("-", "-o", tmp_path / "o.mp4", "--report", tmp_path / "r.json")[0] == 0
    assert probe_video(tmp_path / "o.mp4").has_audio
    assert json.loads((tmp_path / "r.json").read_text())["video"]["name"] == "stdin"
    assert run(home / "clip.mp4", "-o", tmp_path / "o.wav")[0] == 0
    monkeypatch.setattr(sys, "stdout", out := Pipe())
    code, _, err = run(home / "clip.mp4", "-o", "-")
    assert code == 0 and err.startswith("stdout: 1.50 s")
    assert soundfile.info(io.BytesIO(out.buffer.getvalue())).duration == pytest.approx(1.5)


def test_too_much_on_stdin_is_refused(run, home, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stdin", Pipe(bytes(3 * 2**20)))
    code, _, err = run("-", "-o", tmp_path / "o.mp4", "--limit", f"max_bytes={2**20}")
    assert code == 2 and "stdin has more than 1 MB" in err and "--limit max_bytes" in err
    assert not names(tmp_path)


def test_a_limit_of_the_command_line(run, home, tmp_path):
    code, _, err = run(home / "clip.mp4", "-o", tmp_path / "o.wav", "--limit", "max_seconds=1")
    assert code == 2 and "--limit max_seconds=... or A2S_MAX_SECONDS=... raises it" in err
    code, _, err = run(home / "clip.mp4", "-o", tmp_path / "o.wav", "--limit", "max_second=1")
    assert code == 2 and "the nearest is A2S_MAX_SECONDS" in err
    assert main(["dub", "--help"]) == 0


def test_a_raised_limit_holds_until_the_files_are_written(run, home, tmp_path, monkeypatch):
    monkeypatch.setenv("A2S_MAX_SECONDS", "1")
    options = "--stems", tmp_path / "stems", "--limit", "max_seconds=2", "--original-audio", "-6"
    assert run(home / "clip.mp4", "-o", tmp_path / "o.mp4", *options)[0] == 0


def test_the_help_of_dub_lists_the_limits(capsys):
    assert main(["dub", "--help"]) == 0
    assert "max_bytes            4294967296  bytes of a file" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["dub", "cues", "retrieve"])
def test_control_c_is_answered(command, run, home, tmp_path, monkeypatch, capsys):
    from a2s.vision import video

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(video.Video, "observe", interrupted)
    monkeypatch.setattr(video.Video, "start", interrupted)
    out = ["-o", str(tmp_path / "o.json" if command == "cues" else tmp_path / "o.wav")] if command != "retrieve" else []
    assert main([command, str(home / "clip.mp4"), "--model", str(home / "model"), *out]) == 130
    assert capsys.readouterr().err == "a2s: Stopped.\n" and not names(tmp_path)


def test_control_c_stops_all_films_and_keeps_the_finished_ones(run, films, tmp_path, monkeypatch):
    from a2s.dubbing import job

    dub = job.dub

    def interrupted(video, *arguments, **options):
        if video.path.name == "b.mov":
            raise KeyboardInterrupt
        return dub(video, *arguments, **options)

    monkeypatch.setattr(job, "dub", interrupted)
    code, printed, err = run(films[0], films[2], "-o", tmp_path / "out", "--format", "wav")
    assert code == 130 and err.endswith("a2s: Stopped.\n") and printed == ""
    assert names(tmp_path / "out") == ["a.wav"]


def outs(videos, **options):
    wanted = Wanted(**{"out": Path("out"), "folder": True} | options)
    return [path.name for target in targets_of([Path(video) for video in videos], wanted) for path in target.outs]


def test_names_in_a_folder():
    assert outs(["x/a.mp4", "x/b.mkv", "x/c.webm", "x/d.avi"]) == ["a.mp4", "b.mkv", "c.mkv", "d.mp4"]
    assert outs(["x/a.mp4", "y/a.mp4", "y/b.mp4"]) == ["x-a.mp4", "y-a.mp4", "b.mp4"]
    assert outs(["x/a.mp4", "x/a.mov"], format=".wav") == ["a-mp4.wav", "a-mov.wav"]
    assert outs(["x/a.mp4"], takes=3) == ["a.mp4", "a-2.mp4", "a-3.mp4"]


def test_names_that_cannot_be(tmp_path):
    with pytest.raises(BadSettings, match="a.mp4 is given twice"):
        outs(["x/a.mp4", "x/../x/a.mp4"])
    with pytest.raises(CannotWrite, match="give a folder for 2 videos"):
        outs(["x/a.mp4", "x/b.mp4"], out=Path("o.mp4"))
    wanted = Wanted(tmp_path, True, takes=2)
    with pytest.raises(CannotWrite, match="Two results would have the name a-2.mp4"):
        check_targets(targets_of([Path("x/a.mp4"), Path("x/a-2.mp4")], wanted), overwrite=False)


def test_an_unknown_format_is_refused(run, home, tmp_path):
    code, _, err = run(home / "clip.mp4", "-o", f"{tmp_path}/", "--format", "mp3")
    assert code == 2 and err == "a2s: --format must be one of mp4, mov, mkv, wav, flac, not 'mp3'.\n"
