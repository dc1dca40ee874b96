"""`a2s dub --package`."""

from __future__ import annotations

import shutil
import zipfile

import pytest
from PIL import Image

from a2s.cli.main import main


@pytest.fixture
def run(home, capsys):
    """Run `a2s dub` with the tiny model and one step; returns (exit code, stdout, stderr)."""

    def once(*arguments):
        extra = "--model", home / "model", "--bank", home / "bank", "--steps", 1
        capsys.readouterr()
        code = main([str(argument) for argument in ("dub", *arguments, *extra)])
        return code, *capsys.readouterr()

    return once


def test_a_package_is_written_with_its_options(run, home, tmp_path):
    path = tmp_path / "foley.zip"
    options = ("--package-names", "ucs", "--package-handles", "0.5", "--package-two-pop", "--package-picture")
    code, *_ = run(
        home / "clip.mp4", "-o", tmp_path / "out.wav", "--package", path, *options, "--package-start", "02:00:00:00"
    )
    assert code == 0 and sorted(found.name for found in tmp_path.iterdir()) == ["foley.zip", "out.wav"]
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        page = archive.read("README.txt").decode()
        assert archive.read("clip.mp4") == (home / "clip.mp4").read_bytes()
    assert {"timeline.otio", "timeline.xml", "session.rpp", "markers.edl", "cues.csv", "cues.mid"} <= names
    assert "MIX_clip mix_A2S_Take 1.wav" in names and "original.wav" not in names
    assert "First frame of the film: 02:00:00:00." in page and "2-pop" in page


def test_several_films_have_a_package_each(run, home, tmp_path):
    films = [shutil.copy(home / "clip.mp4", tmp_path / name) for name in ("a.mp4", "b.mp4")]
    code, *_ = run(*films, "-o", tmp_path / "out", "--format", "wav", "--package", tmp_path / "packages")
    assert code == 0
    assert sorted(path.name for path in (tmp_path / "packages").iterdir()) == ["a.zip", "b.zip"]


def test_a_film_made_of_pictures_is_in_its_package(run, tmp_path):
    (folder := tmp_path / "shot").mkdir()
    for number in range(24):
        Image.new("RGB", (64, 48), (0, 10 * number, 0)).save(folder / f"shot_{number:04}.png")
    code, *_ = run(folder, "--rate", 24, "-o", tmp_path / "out.wav", "--package", tmp_path / "foley.zip")
    with zipfile.ZipFile(tmp_path / "foley.zip") as archive:
        assert code == 0 and "shot.mov" in archive.namelist()
        assert b"shot.mov, is in the package" in archive.read("README.txt")


@pytest.mark.parametrize(
    "options, message",
    [
        (("--package", "{}/foley.tar"), "must end in .zip, not 'foley.tar'"),
        (("--package", "{}/missing/foley.zip"), "There is no folder"),
        (("--package", "{}/old.zip"), "old.zip exists already"),
        (("--package", "{}/a.zip", "--package-names", "long"), "plain or ucs, not 'long'"),
        (("--package", "{}/a.zip", "--package-handles", "99"), "from 0 to 60 s, not 99"),
        (("--package", "{}/a.zip", "--package-start", "1 h"), "HH:MM:SS:FF, not '1 h'"),
        (("--package", "{}/a.zip", "--package-start", "01:00:00:24"), "does not exist at 24 fps"),
        (("--package-two-pop",), "--package-two-pop needs --package ZIP"),
    ],
)
def test_a_wrong_request_is_refused_before_any_work(run, home, tmp_path, options, message):
    (tmp_path / "old.zip").write_bytes(b"old")
    code, printed, err = run(
        home / "clip.mp4", "-o", tmp_path / "out.wav", *(option.format(tmp_path) for option in options)
    )
    assert code == 2 and message in err and err.count("\n") == 1 and not printed
    assert [path.name for path in tmp_path.iterdir()] == ["old.zip"]
