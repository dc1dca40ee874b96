from __future__ import annotations

import json
import subprocess
import zipfile
from types import SimpleNamespace

import pytest

from a2s.errors import BadCheckpoint, CannotFetch
from a2s.vision.hands import HAND_FILES, hands_folder
from a2s.weights import hands

MODELS = [b"\0\0\0\0TFL3palm", b"\0\0\0\0TFL3hand"]


@pytest.fixture(autouse=True)
def resources(tmp_path, monkeypatch):
    monkeypatch.setenv("A2S_RESOURCES", str(tmp_path / "resources"))


def package(folder, members, models=MODELS):
    file = folder / "file.whl"
    with zipfile.ZipFile(file, "w") as archive:
        for member, data in zip(members, models):
            archive.writestr(member, data)
    return file


@pytest.mark.parametrize("members", [hands._WHEEL, hands._TASK], ids=["wheel", "task"])
def test_import_takes_two_models_and_shows_the_licence(tmp_path, members):
    said = []
    folder = hands.import_hands(package(tmp_path, members), said.append)
    assert folder == hands_folder() and hands.hands_installed()
    assert [(folder / name).read_bytes() for name in HAND_FILES] == MODELS
    assert "Apache-2.0" in said[0] and json.loads((folder / "about.json").read_text())["source"] == "file.whl"


@pytest.mark.parametrize(
    ("members", "models"),
    [(hands._WHEEL[:1], MODELS), (hands._WHEEL, [MODELS[0], b"no model"]), (("x",), MODELS)],
    ids=["one model", "not a model", "another package"],
)
def test_another_zip_is_refused_and_nothing_is_written(tmp_path, members, models):
    with pytest.raises(BadCheckpoint, match=r"file\.whl"):
        hands.import_hands(package(tmp_path, members, models))
    assert not hands_folder().exists()


def test_a_file_that_is_no_zip_is_refused(tmp_path):
    (tmp_path / "a.task").write_bytes(b"PK\3\4 damaged")
    with pytest.raises(BadCheckpoint, match="neither a wheel nor a task file"):
        hands.import_hands(tmp_path / "a.task")


def test_fetch_uses_pip_and_keeps_two_files(monkeypatch):
    def pip(command, **options):
        assert command[1:5] == ["-m", "pip", "download", hands.PACKAGE] and "--no-deps" in command
        package(hands.Path(command[command.index("--dest") + 1]), hands._WHEEL)
        return SimpleNamespace(returncode=0, stderr="")

    monkeypatch.setattr(subprocess, "run", pip)
    folder = hands.fetch_hands(lambda text: None)
    assert sorted(path.name for path in folder.iterdir()) == sorted(("about.json", *HAND_FILES))


def test_a_failed_download_is_one_sentence(monkeypatch):
    failed = SimpleNamespace(returncode=1, stderr="lines\nERROR: No matching distribution found")
    monkeypatch.setattr(subprocess, "run", lambda *args, **options: failed)
    with pytest.raises(CannotFetch, match="No matching distribution"):
        hands.fetch_hands(lambda text: None)
    assert not hands_folder().exists()
