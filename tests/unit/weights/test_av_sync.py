"""The released AV-Sync classifier from its files to a figure for a video."""

from __future__ import annotations

import json

import pytest

from a2s.cli.main import main
from a2s.errors import BadCheckpoint
from a2s.weights.av_sync import load_av_sync
from tests.fakes import draw_video
from tests.unit.official.release import write_golden_release


@pytest.fixture(scope="module")
def classifier(tmp_path_factory):
    return write_golden_release(tmp_path_factory.mktemp("release")) / "av_sync_classifier"


def test_the_command_scores_soundtracks(classifier, tmp_path, capsys):
    sounding = draw_video(tmp_path / "a.mp4", seconds=4.0, tone=True)
    silent = draw_video(tmp_path / "b.mp4", seconds=1.0)
    assert main(["score", str(sounding), "--av-sync", str(classifier), "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["windows"] == 2 and row["av_sync"] in (0.0, 0.5, 1.0) and 0 <= row["probability"] <= 1
    assert main(["score", str(silent), "--av-sync", str(classifier)]) == 2
    assert "no soundtrack" in capsys.readouterr().err


def test_missing_repeated_and_foreign_files_are_named(classifier, tmp_path):
    with pytest.raises(BadCheckpoint, match="There is no folder"):
        load_av_sync(tmp_path / "missing")
    for path in classifier.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    load_av_sync(tmp_path)
    (head,) = tmp_path.glob("*continue_bestacc.pth")
    (tmp_path / "again.pth").write_bytes(head.read_bytes())
    with pytest.raises(BadCheckpoint, match="both are AV-Sync's head"):
        load_av_sync(tmp_path)
    (tmp_path / "again.pth").unlink()
    head.unlink()
    with pytest.raises(BadCheckpoint, match="AV-Sync's head is missing"):
        load_av_sync(tmp_path)
