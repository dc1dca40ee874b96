from __future__ import annotations

import shutil
import subprocess
from itertools import islice

import numpy as np
import pytest
import soundfile

from a2s.errors import TooLarge, UnreadableVideo
from a2s.media import probe_video, read_audio, read_frames, share
from a2s.media.share import STRIP_HEIGHT, share_comparison, share_spectrogram
from tests.fakes import draw_video

RATE, SECONDS = 16_000, 1.0


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    return draw_video(tmp_path_factory.mktemp("share") / "film.mp4", seconds=SECONDS, size=(160, 120))


@pytest.fixture
def film(drawn, tmp_path):
    return shutil.copy(drawn, tmp_path / "film.mp4")


def tone(path, hertz, seconds=SECONDS):
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE), RATE)
    return path


def pitch(sound):
    return np.argmax(np.abs(np.fft.rfft(sound * np.hanning(len(sound))))) * RATE / len(sound)


def frame_at(path, seconds):
    return min(read_frames(path), key=lambda frame: abs(frame[0] - seconds))[1].astype(int)


def test_the_line_moves_through_the_spectrogram_with_time(film, tmp_path):
    out = tmp_path / "share.mp4"
    share_spectrogram(film, tone(tmp_path / "a.wav", 440), np.zeros((64, 200, 3), np.uint8), out)
    info = probe_video(out)
    assert (
        info.duration == pytest.approx(SECONDS, abs=0.05) and info.height == 240 + STRIP_HEIGHT and info.codec == "h264"
    )
    assert pitch(read_audio(out)) == pytest.approx(440, abs=3)
    for time in (0.25, 0.75):
        picture = frame_at(out, time)
        below = picture[-len(picture) * STRIP_HEIGHT // info.height :].sum(2).mean(0)
        assert below.argmax() / len(below) == pytest.approx(time / SECONDS, abs=0.04)


def test_two_sounds_come_one_after_the_other_and_their_side_is_bright(film, tmp_path):
    out = tmp_path / "both.mp4"
    sounds = [("one", tone(tmp_path / "a.wav", 300)), ("two", tone(tmp_path / "b.wav", 900))]
    share_comparison(film, sounds, out)
    heard = read_audio(out)
    half = round(SECONDS * RATE)
    assert len(heard) == pytest.approx(2 * half, abs=0.1 * RATE)
    assert pitch(heard[: half - 2000]) == pytest.approx(300, abs=3)
    assert pitch(heard[half + 2000 : 2 * half]) == pytest.approx(900, abs=3)
    for time, bright in ((0.5, 0), (1.5, 1)):
        sides = np.array_split(frame_at(out, time)[40:], 2, axis=1)
        assert sides[bright].mean() > 2 * sides[1 - bright].mean()


def test_a_shorter_sound_is_followed_by_silence(film, tmp_path):
    out = tmp_path / "both.mp4"
    share_comparison(film, [("short", tone(tmp_path / "a.wav", 300, 0.3)), ("two", tone(tmp_path / "b.wav", 900))], out)
    heard = read_audio(out)
    assert abs(heard[int(0.5 * RATE) : int(0.9 * RATE)]).max() < 0.02
    assert pitch(heard[int(1.1 * RATE) : int(1.9 * RATE)]) == pytest.approx(900, abs=3)


def test_a_long_or_broken_video_is_refused_and_leaves_no_file(film, tmp_path, monkeypatch):
    sound = tone(tmp_path / "a.wav", 440)
    (tmp_path / "text.mp4").write_text("no film")
    with pytest.raises(UnreadableVideo):
        share_spectrogram(tmp_path / "text.mp4", sound, np.zeros((8, 8, 3), np.uint8), tmp_path / "out.mp4")
    monkeypatch.setattr(share, "MAX_SECONDS", 0.5)
    with pytest.raises(TooLarge):
        share_spectrogram(film, sound, np.zeros((8, 8, 3), np.uint8), tmp_path / "out.mp4")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.wav", "film.mp4", "text.mp4"]


def test_only_our_reader_opens_the_video_and_from_the_start_for_each_sound(film, tmp_path, monkeypatch):
    """moviepy and its ffmpeg never open it, and its name is on no command line."""
    import moviepy

    def never(*_, **__):
        raise AssertionError("moviepy opened a film")

    monkeypatch.setattr(moviepy, "VideoFileClip", never)
    begun, started, popen = [], [], subprocess.Popen
    monkeypatch.setattr(share, "read_frames", lambda *which: begun.append(which) or read_frames(*which))
    monkeypatch.setattr(
        subprocess, "Popen", lambda command, *a, **k: started.append(command) or popen(command, *a, **k)
    )
    sounds = [("one", tone(tmp_path / "a.wav", 300)), ("two", tone(tmp_path / "b.wav", 900))]
    share_comparison(film, sounds, tmp_path / "both.mp4")
    share_spectrogram(film, sounds[0][1], np.zeros((8, 8, 3), np.uint8), tmp_path / "one.mp4")
    assert [path for path, _ in begun] == 3 * [film]
    assert any("libx264" in command for command in started)
    assert not any(str(film) in str(word) for command in started for word in command)
    ends = [frame_at(tmp_path / "both.mp4", time)[-60:] for time in (0.25, 1.25)]
    halves = [np.array_split(end, 2, axis=1)[turn] for turn, end in enumerate(ends)]
    assert np.abs(halves[0] - halves[1]).mean() < 3, "both sides show the same moment"


def test_a_video_that_breaks_its_decoder_midway_leaves_no_file(film, tmp_path, monkeypatch):
    def broken(*which):
        yield from islice(read_frames(*which), 5)
        raise UnreadableVideo("film.mp4 breaks its decoder.")

    monkeypatch.setattr(share, "read_frames", broken)
    sound = tone(tmp_path / "a.wav", 440)
    with pytest.raises(UnreadableVideo):
        share_spectrogram(film, sound, np.zeros((8, 8, 3), np.uint8), tmp_path / "out.mp4")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.wav", "film.mp4"]
