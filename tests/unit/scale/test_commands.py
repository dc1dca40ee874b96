"""embed, search, dub and pack on small films with a tiny model."""

from __future__ import annotations

import json

import numpy as np
import pytest

from a2s.cli.main import main
from a2s.datasets.clips import Clip, Skipped
from a2s.datasets.ego4d_sounds import Row, write_rows
from a2s.datasets.shards import read_shard, write_shard
from a2s.media import probe_video
from tests.fakes import draw_video
from tests.tiny import tiny_home


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A tiny model and its bank, a long video with sound, a short one without, a broken one, and a table of clips."""
    folder = tiny_home(tmp_path_factory.mktemp("home"))
    (folder / "videos").mkdir()
    draw_video(folder / "videos" / "long.mp4", 7.0, 12, (64, 48), (1.0, 4.0, 5.5), tone=True)
    draw_video(folder / "videos" / "short.mp4", 1.0, 12, (64, 48), (0.5,))
    (folder / "videos" / "broken.mp4").write_bytes(b"nothing")
    rows = [
        Row(uid, 7.0, "p", k, start + 1.5, start, min(start + 3, 7.0), clip_file=f"{uid}/{uid}_p_{k}.mp4")
        for k, (uid, start) in enumerate([("long", 0.0), ("long", 4.0), ("short", 0.0), ("broken", 0.0), ("gone", 0.0)])
    ]
    write_rows(folder / "clips.csv", rows)
    return folder


def scale(command: str, *arguments: object) -> int:
    return main(["scale", command, *map(str, arguments), *(() if command == "search" else ("--workers", "0"))])


def embed(home, out, *options: object) -> int:
    source = options or ("--table", home / "clips.csv", "--videos", home / "videos")
    return scale("embed", "-o", out, *source, "--model", home / "model")


def test_embed_and_search(home, tmp_path, capsys):
    out = tmp_path / "job"
    assert embed(home, out) == 0
    assert "3 clips; 1 done, 0 done before" in capsys.readouterr().out
    report = json.loads((out / "report.json").read_text())
    assert report["clips"] == 3 and report["skipped"] == {"unreadable": 1, "missing file": 1}
    (file,) = (out / "vectors").iterdir()
    with np.load(file) as data:
        assert data["keys"].tolist() == ["long/long_p_0", "long/long_p_1", "short/short_p_2"]
        np.testing.assert_allclose(np.linalg.norm([data["picture"], data["sound"]], axis=-1), 1, atol=1e-5)
    video, common = home / "videos" / "short.mp4", ("--by", "picture", "--model", home / "model", "--json")
    assert scale("search", out, video, "-k", 2, *common) == 0
    found = json.loads(capsys.readouterr().out)
    assert len(found) == 2 and found[0] == {"clip": "short/short_p_2", "score": 1.0}
    assert embed(home, out) == 0
    assert "0 done, 1 done before" in capsys.readouterr().out


def test_embed_a_folder_and_shards(home, tmp_path, capsys):
    assert embed(home, tmp_path / "folder", "--kind", "folder", "--clips", home / "videos") == 0
    assert "2 clips" in capsys.readouterr().out
    pack = ("--table", home / "clips.csv", "--videos", home / "videos", "--per-shard", 2)
    pytest.importorskip("webdataset", reason="the extra `scale` is not installed")
    assert scale("pack", "-o", tmp_path / "shards", *pack) == 0
    assert "2 clips in 3 shards" in capsys.readouterr().out
    assert embed(home, tmp_path / "job", "--kind", "shards", "--clips", tmp_path / "shards") == 0
    assert "2 clips; 3 done" in capsys.readouterr().out


def test_shards_hold_what_was_put_in(home, tmp_path):
    pytest.importorskip("webdataset", reason="the extra `scale` is not installed")
    clips = [
        Clip("long/a.b", home / "videos" / "long.mp4", 4.0, 3.0, "#C C hits", "long"),
        Clip("late", home / "videos" / "long.mp4", 90.0),
        Clip("broken", home / "videos" / "broken.mp4"),
    ]
    skipped = Skipped()
    for name in ("one.tar", "two.tar"):
        assert write_shard(tmp_path / name, clips, skipped) == 1
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()
    assert skipped.counts == {"unreadable": 4}
    (sample,) = read_shard(tmp_path / "one.tar", skipped)
    assert sample.key == "long/a_b" and sample.about["text"] == "#C C hits" and len(sample.sound) == 48_000
    assert 0.05 < np.abs(sample.sound).max() < 0.5
    (tmp_path / "clip.mp4").write_bytes(sample.mp4)
    info = probe_video(tmp_path / "clip.mp4")
    assert (info.width, info.height, info.frames) == (224, 224, 36) and info.duration == pytest.approx(3.0)


def test_a_damaged_shard_is_counted(home, tmp_path):
    pytest.importorskip("webdataset", reason="the extra `scale` is not installed")
    write_shard(tmp_path / "a.tar", [Clip("a", home / "videos" / "long.mp4")], Skipped())
    data = (tmp_path / "a.tar").read_bytes()
    (tmp_path / "cut.tar").write_bytes(data[: len(data) // 2])
    skipped = Skipped()
    assert list(read_shard(tmp_path / "cut.tar", skipped)) == [] and skipped.total >= 1


def test_dub_many(home, tmp_path, capsys):
    out = tmp_path / "dubs"
    options = ("-o", out, "--model", home / "model", "--bank", home / "bank", "--steps", 2)
    assert scale("dub", home / "videos", *options) == 0
    assert "3 films of 0.1 minutes; 2 done, 0 done before, 1 failed" in capsys.readouterr().out
    assert sorted(path.name for path in out.iterdir() if path.is_file()) == [
        "job.json", "long.json", "long.mp4", "report.json", "short.json", "short.mp4",
    ]  # fmt: skip
    assert probe_video(out / "short.mp4").has_audio
    report = json.loads((out / "report.json").read_text())
    assert report["skipped"] == {"refused": 1} and "broken" in report["listed"][0][2]
    before = (out / "long.mp4").read_bytes()
    (out / "long.mp4").unlink()
    assert scale("dub", home / "videos", *options) == 0
    assert "1 done, 2 done before" in capsys.readouterr().out and (out / "long.mp4").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("dub", "absent.mp4", "-o", "{tmp}/o"), "no film or folder"),
        (("dub", "{home}/videos", "{home}/videos", "-o", "{tmp}/o"), "would both become"),
        (("dub", "{home}/videos", "-o", "{tmp}/o", "--ambient", "2"), "ambient must be"),
        (("embed", "-o", "{tmp}/o", "--videos", "{home}/videos"), "needs a table"),
        (("embed", "-o", "{tmp}/o", "--kind", "folder"), "either --clips or --videos"),
        (("embed", "-o", "{tmp}/o", "--kind", "films", "--clips", "{home}"), "kind of data"),
        (("embed", "-o", "{tmp}/o", "--kind", "folder", "--clips", "{home}/none"), "no folder"),
        (("pack", "-o", "{tmp}/o", "--kind", "shards", "--clips", "{home}"), "packed already"),
        (("search", "{tmp}", "{home}/videos/short.mp4"), "no index of sound"),
    ],
)
def test_impossible_requests(home, tmp_path, capsys, arguments, message):
    values = {"home": home, "tmp": tmp_path}
    command, *rest = [text.format(**values) for text in arguments]
    model = () if command == "pack" else ("--model", home / "model")
    assert scale(command, *rest, *model) == 2
    assert message in capsys.readouterr().err and not (tmp_path / "o").exists()
