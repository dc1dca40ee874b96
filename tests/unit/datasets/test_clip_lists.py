from __future__ import annotations

import pytest

from a2s.datasets.clips import Skipped, around, find_videos
from a2s.datasets.epic_kitchens import read_epic_clips, seconds_of
from a2s.datasets.vggsound import read_labelled_clips
from a2s.errors import BadSettings


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_epic_segments_become_clips_around_their_middle(tmp_path):
    touch(tmp_path, "P01/videos/P01_01.MP4")
    (tmp_path / "t.csv").write_text(
        "narration_id,video_id,narration_timestamp,start_timestamp,stop_timestamp,narration\n"
        "P01_01_0,P01_01,00:00:01.0,00:01:10.00,00:01:12.00,open door\n"
        "P01_01_1,P01_01,00:00:01.0,00:00:00.00,00:00:01.00,take cup\n"
        "P01_01_2,P01_01,00:00:01.0,soon,00:00:01.00,take cup\n"
        "P02_01_0,P02_01,00:00:01.0,00:00:00.00,00:00:01.00,take cup\n"
    )
    skipped = Skipped()
    clips = list(read_epic_clips(tmp_path / "t.csv", find_videos(tmp_path), skipped))
    assert [(c.key, c.start, c.text) for c in clips] == [("P01_01_0", 69.5, "open door"), ("P01_01_1", 0, "take cup")]
    assert skipped.counts == {"bad row": 1, "missing file": 1}


@pytest.mark.parametrize("stamp", ["", "1:2", "00:61:00.0", "-1:00:00", "00:00:x", "1:00:00:00"])
def test_bad_time_stamps(stamp):
    with pytest.raises(ValueError, match="time stamp"):
        seconds_of(stamp)


def test_vggsound_list(tmp_path):
    touch(tmp_path, "video/abc_000030.mp4", "video/def_000010.mp4")
    (tmp_path / "v.csv").write_text('abc,30,"dog barking, yip",train\ndef,10,rain,test\nghi,1,rain,train\nbad,x,rain\n')
    skipped = Skipped()
    clips = list(read_labelled_clips(tmp_path / "video", tmp_path / "v.csv", skipped))
    assert [(c.key, c.start, c.text) for c in clips] == [
        ("abc_000030", 3.5, "dog barking, yip"),
        ("def_000010", 3.5, "rain"),
    ]
    assert skipped.counts == {"missing file": 1, "bad row": 1}
    (train,) = read_labelled_clips(tmp_path / "video", tmp_path / "v.csv", Skipped(), "train")
    assert train.video == "abc"


def test_class_folders(tmp_path):
    touch(tmp_path, "rain/a.mp4", "b.webm", "rain/notes.txt", ".hidden/c.mp4")
    clips = list(read_labelled_clips(tmp_path, None, Skipped()))
    assert [(c.key, c.text) for c in clips] == [("b", ""), ("rain__a", "rain")]


def test_two_files_with_one_id_are_refused(tmp_path):
    touch(tmp_path, "a.mp4", "a.mkv")
    with pytest.raises(BadSettings, match="one id, 'a'"):
        find_videos(tmp_path)


def test_a_clip_stays_inside_its_video():
    assert [around(m, 10.0) for m in (0.2, 5.0, 9.9)] == [0.0, 3.5, 7.0] and around(1.0, 2.0) == 0.0


def test_skipped_counts_all_and_lists_some():
    skipped = Skipped(most=2)
    for index in range(5):
        skipped.add("bad row", str(index))
    assert skipped.total == 5 and [name for _, name, _ in skipped.listed] == ["0", "1"]
