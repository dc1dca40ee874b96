"""Unusual films are dubbed like any other: as long as the picture to the frame, and in time with it."""

from __future__ import annotations

import av
import cv2
import numpy as np
import pytest

from a2s import DubSettings, dub
from a2s.cues import Cue, CueTrack
from a2s.media import probe_video, read_audio, read_frames
from tests.fakes import FakeBank, FakePipeline
from tests.hostile.odd import FILMS, NAMES, PLAIN, Film, drawn, named

RATE = 48_000
QUICK = DubSettings(steps=1, ambient=0.0, ambient_clip="silence")


def heard(path) -> np.ndarray:
    """(n,) of the dub's soundtrack as a player decodes it."""
    with av.open(str(path)) as container:
        return np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])


def rises(waveform: np.ndarray, times) -> list[float]:
    """Where the sound becomes loud first, within a tenth of a second of each time; s."""
    found = []
    for time in times:
        first = max(0, round((time - 0.1) * RATE))
        near = np.abs(waveform[first : round((time + 0.1) * RATE)])
        found.append((first + int(np.argmax(near > 0.5 * near.max()))) / RATE)
    return found


@pytest.mark.parametrize("film", FILMS.values(), ids=FILMS)
def test_an_odd_film_is_dubbed_to_the_frame_and_in_time(film: Film, tmp_path):
    video, out = film.write(tmp_path), tmp_path / "out.mp4"
    times = tuple(time for time in film.hits if 0.15 < time < film.seconds - 0.15)
    asked = CueTrack(tuple(Cue(time) for time in times), film.seconds)
    take = dub(video, QUICK, FakePipeline(), FakeBank(), cues=asked)
    take.save(out)
    before, after = probe_video(video), probe_video(out)
    assert before.frames == after.frames == len(film.times)
    assert (after.width, after.height) == (film.shown or film.size)
    assert after.duration == pytest.approx(film.seconds, abs=0.002) and after.start == 0
    assert take.duration == pytest.approx(film.seconds, abs=0.001)
    sound = heard(out)
    assert len(sound) / RATE == pytest.approx(film.seconds, abs=0.001)
    assert rises(sound, times) == pytest.approx(times, abs=0.03)
    assert not misplaced(out, film)


def misplaced(path, film: Film) -> list[float]:
    """Times of the frames that look more like another drawn frame, up to two before or after, than like their own.

    Also of those that aren't at the time they were drawn for.
    """
    width, height = film.shown or film.size
    shape = (64, max(2, round(64 * height / width / 2) * 2))
    pictures = [upright(drawn(time, film.size, film.hits), film.rotation, shape) for time in film.times]
    wrong = []
    for k, (time, rgb) in enumerate(read_frames(path, 64)):
        near = range(max(0, k - 2), min(len(pictures), k + 3))
        errors = {j: np.abs(rgb.astype(int) - pictures[j]).mean() for j in near}
        if errors[k] > min(errors.values()) + 0.5 or errors[k] > 25 or abs(time - film.times[k]) > 0.006:
            wrong.append(time)
    return wrong


def upright(picture: np.ndarray, rotation: int | None, shape: tuple[int, int]) -> np.ndarray:
    turned = np.ascontiguousarray(np.rot90(picture, (rotation or 0) // 90))
    return cv2.resize(turned, shape, interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("name", NAMES)
def test_any_file_name_works(name, studio, tmp_path):
    """Also on the command line, from the folder that the film is in; the film itself stays as it was."""
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    video, out = named(name, tmp_path / "in"), tmp_path / "out" / "dub.mp4"
    before = video.read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path / "in")
        code, printed, err = studio(name, out)
    assert (code, err) == (0, "") and probe_video(out).frames == len(PLAIN.times)
    assert printed.count("\n") == 2
    assert video.read_bytes() == before
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")) == sorted(
        path for path in ("in/" + name, "out/dub.mp4") if "." in path
    )


def test_the_original_sound_of_an_odd_film_stays_in_time(tmp_path):
    """Mixed under, a soundtrack that begins late and ends after the picture is cut to it."""
    film = Film("film.mkv", late=3.0, sound=4.0)
    take = dub(film.write(tmp_path), DubSettings(steps=1, original_audio=0.0), FakePipeline(), FakeBank())
    take.save(tmp_path / "out.mp4")
    assert len(read_audio(tmp_path / "out.mp4", RATE)) == pytest.approx(film.seconds * RATE, abs=48)
