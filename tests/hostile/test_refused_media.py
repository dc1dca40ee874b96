"""A hostile file gives one clear sentence, exit code 2 and `A2SError`; nothing is written and no other file is read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from a2s import dub
from a2s.errors import A2SError
from a2s.media import probe_video
from tests.fakes import FakeBank, FakePipeline
from tests.hostile.refused import DOUBLE, REFUSED, Trap


@pytest.fixture(scope="module")
def trap(tmp_path_factory) -> Trap:
    home = tmp_path_factory.mktemp("hostile")
    canary = home / "canary.mp4"
    made = Trap(home / "visit", canary)
    canary.write_bytes(made.film())
    return made


def is_clear(sentence: str, name: str) -> bool:
    """One line for a person: it names the file, ends like a sentence, and shows no path, code or fault of a library."""
    foreign = ("Traceback", "Error", "Errno", "av.", "0x", "/tmp", "avcodec", "Invalid data")
    return (
        "\n" not in sentence
        and name in sentence
        and sentence.endswith(".")
        and 15 < len(sentence) < 300
        and not any(word in sentence for word in foreign)
    )


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_file_is_one_sentence_and_writes_nothing(name, trap, studio, tmp_path):
    video, out = trap.set(name, REFUSED[name](trap)), tmp_path / "out.mp4"
    before = sorted(trap.folder.iterdir())
    with pytest.raises(A2SError) as caught:
        dub(video, model=FakePipeline(), bank=FakeBank())
    assert is_clear(str(caught.value), name), str(caught.value)
    code, printed, err = studio(video, out)
    assert (code, printed) == (2, "") and err == f"a2s: {caught.value}\n"
    assert not list(tmp_path.iterdir()) and sorted(trap.folder.iterdir()) == before


@pytest.mark.parametrize("name", DOUBLE)
def test_a_video_that_is_also_another_file_is_at_most_a_video(name, trap, studio, tmp_path):
    video, out = trap.set(name, DOUBLE[name](trap)), tmp_path / "out.mp4"
    code, _, err = studio(video, out)
    assert code in (0, 2) and err.count("\n") == code // 2
    assert [path.name for path in tmp_path.iterdir()] == (["out.mp4"] if code == 0 else [])
    if code == 0:
        assert probe_video(out).frames >= 1 and b"EXTM3U" not in out.read_bytes() and b"script" not in out.read_bytes()


def test_a_hostile_file_as_ambience_is_one_sentence_too(trap, studio, tmp_path):
    film = trap.set("film.mp4", trap.film())
    for name in ("playlist.m3u8", "list.mp4", "random.mp4", "empty.mp4", "picture.png", "zip.mp4", "deep boxes.mp4"):
        sound = trap.set(name, REFUSED[name](trap))
        code, _, err = studio(film, tmp_path / "out.mp4", "--ambient-clip", str(sound))
        assert code == 2 and is_clear(err.removeprefix("a2s: ").strip(), name), err
        assert not list(tmp_path.iterdir())


def test_names_of_files_elsewhere(trap, studio, tmp_path):
    """A name is a plain path; the error says that there is no such file."""
    (tmp_path / "in").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path / "in")
        for name in ("../../../../../../etc/passwd", "/etc/passwd", "/dev/zero", "/proc/self/environ", "%2e%2e/x.mp4",
                     f"file://{trap.canary}", f"concat:{trap.canary}", f"subfile,,start,0,end,0,,:{trap.canary}",
                     "pipe:0", "http://127.0.0.1:9/a.mp4", "data:video/mp4;base64,AAAA", "-", ".", ""):  # fmt: skip
            code, printed, err = studio(name, tmp_path / "out.mp4")
            assert (code, printed) == (2, "") and err.startswith("a2s: ") and err.count("\n") == 1, name
    assert [path.name for path in tmp_path.rglob("*")] == ["in"]


@pytest.mark.parametrize("name", ["../../evil.mp4", "..\\..\\evil.mp4", "/etc/evil.mp4", "a\0b.mp4", "....//evil.mp4"])
def test_the_name_of_an_upload_never_becomes_a_path(name, tmp_path):
    from a2s.ui.state import Visits, plain_name

    visit = Visits(tmp_path / "root").of("someone")
    upload = tmp_path / "root" / "upload"
    upload.write_bytes(b"x")
    kept = visit.receive(upload, "upload")
    assert kept.parent == visit.folder and set(plain_name(name)) <= set("abcdefghijklmnopqrstuvwxyz-")
    assert [path.name for path in tmp_path.iterdir()] == ["root"]


@pytest.mark.skipif(not hasattr(os, "symlink") or os.name == "nt", reason="links need rights on Windows")
def test_pipes_and_devices_are_refused_at_once(studio, tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "loop.mp4").symlink_to(tmp_path / "loop.mp4")
    (tmp_path / "device.mp4").symlink_to("/dev/zero")
    (tmp_path / "folder.mp4").mkdir()
    for path in sorted(tmp_path.iterdir()):
        code, _, err = studio(path, tmp_path / "out.wav")
        assert code == 2 and is_clear(err.removeprefix("a2s: ").strip(), path.name), err
    assert not Path(tmp_path / "out.wav").exists()
