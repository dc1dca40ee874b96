from __future__ import annotations

import csv
from pathlib import Path

import pytest

from a2s.datasets.clips import Skipped, find_videos
from a2s.datasets.ego4d_sounds import COLUMNS, Row, clips_of, plan_parts, read_part, read_rows, write_rows
from a2s.datasets.ego4d_sounds.table import own_row
from a2s.errors import BadSettings


def rows(count: int = 7) -> list[Row]:
    return [
        Row(f"uid{k // 3}", 60.0, "pass_1", k, 2.0 * k + 2, 2.0 * k + 0.5, 2.0 * k + 3.5,
            f'#C C puts "down"\ta {k}', "put", "knife", "1", f"uid{k // 3}/uid{k // 3}_pass_1_{k}.mp4",
            0.25, 0.5, None, 0.125)
        for k in range(count)
    ]  # fmt: skip


def table(folder: Path, count: int = 7) -> Path:
    assert write_rows(folder / "clips.csv", rows(count)) == count
    return folder / "clips.csv"


def test_rows_are_read_as_written(tmp_path):
    skipped = Skipped()
    assert list(read_rows(table(tmp_path), skipped)) == rows() and not skipped.total


def test_parts_make_the_whole_table(tmp_path):
    path = table(tmp_path)
    parts = list(plan_parts(path, 3))
    assert [part.rows for part in parts] == [3, 3, 1]
    assert [row for part in parts for row in read_part(part, Skipped())] == rows()


def test_the_file_is_readable_by_other_programs(tmp_path):
    with open(table(tmp_path), newline="", encoding="utf-8") as file:
        cells = list(csv.reader(file, delimiter="\t"))
    assert tuple(cells[0]) == COLUMNS and cells[1][7] == '#C C puts "down"\ta 0'


@pytest.mark.parametrize(
    ("bad", "detail"),
    [
        ("uid0\t60\tp\t1\t2\tx\t3.5\t\t\t\t\tf.mp4\t\t\t\t", "clip_start"),
        ("uid0\t60\tp\t1\t2\t5\t3.5\t\t\t\t\tf.mp4\t\t\t\t", "clip_start is 5"),
        ("uid0\t60\tp\t1\t2\t0\tnan\t\t\t\t\tf.mp4\t\t\t\t", "clip_end"),
        ("uid0\t60", "2 cells"),
        ("uid0\t60\tp\t1\t2\t0\t3\t\t\t\t\t\t\t\t\t", "clip_file is empty"),
        ('uid0\t60\tp\t1\t2\t0\t3\ta 5" pipe\t\t\t\t', "cells"),
    ],
)
def test_a_bad_row_is_counted_and_the_others_are_read(tmp_path, bad, detail):
    path, skipped = table(tmp_path), Skipped()
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:3], bad, *lines[3:]]) + "\n")
    assert list(read_rows(path, skipped)) == rows()
    assert skipped.counts == {"bad row": 1} and detail in skipped.listed[0][2]


def test_another_kind_of_file_is_refused(tmp_path):
    (tmp_path / "x.csv").write_text("a,b,c\n1,2,3\n")
    with pytest.raises(BadSettings, match="no column video_uid"):
        list(read_rows(tmp_path / "x.csv", Skipped()))
    with pytest.raises(BadSettings, match="cannot be read"):
        list(read_rows(tmp_path / "absent.csv", Skipped()))


def test_clips_in_long_videos_and_as_files(tmp_path):
    for name in ("long/uid0.mp4", "short/uid1/uid1_pass_1_4.mp4"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    skipped = Skipped()
    long = list(clips_of(rows(), skipped, videos=find_videos(tmp_path / "long")))
    assert [(clip.key, clip.start) for clip in long] == [(f"uid0/uid0_pass_1_{k}", 2 * k + 0.5) for k in range(3)]
    assert skipped.counts == {"missing file": 4}
    (short,) = clips_of(rows(), Skipped(), clips=tmp_path / "short")
    assert short.start == 0 and short.seconds == 3 and short.video == "uid1"


def test_a_row_cannot_name_a_file_outside_the_folder(tmp_path):
    (tmp_path / "secret.mp4").touch()
    (tmp_path / "clips").mkdir()
    skipped = Skipped()
    evil = [Row("u", 3, "", n, 1, 0, 3, clip_file=name) for n, name in enumerate(("../secret.mp4", "/etc/passwd"))]
    assert list(clips_of(evil, skipped, clips=tmp_path / "clips")) == [] and skipped.counts == {"bad row": 2}


def test_own_rows_have_the_published_columns(tmp_path):
    row = own_row("kitchen", 20.0, "a2s", 3, 1.0, 0.0)
    assert row.clip_file == "kitchen/kitchen_a2s_3.mp4" and row.clip_end == 3.0
    write_rows(tmp_path / "own.csv", [row])
    assert list(read_rows(tmp_path / "own.csv", Skipped())) == [row]
