"""Little videos made on the spot."""

from __future__ import annotations

from fractions import Fraction
from hashlib import sha256
from pathlib import Path

import av
import numpy as np
import pytest


def corner_picture(k: int, width: int, height: int) -> np.ndarray:
    """(h, w, 3): red top left, green top right, blue bottom left, and a white square that moves with k."""
    picture = np.zeros((height, width, 3), np.uint8)
    h, w = height // 2, width // 2
    picture[:h, :w, 0] = picture[:h, w:, 1] = picture[h:, :w, 2] = 220
    picture[h : h + 4, w + k % max(1, w - 4) :][:, :4] = 255
    return picture


@pytest.fixture(scope="session")
def films() -> dict[str, bytes]:
    """The videos that `film` has made, by how they were made."""
    return {}


@pytest.fixture
def film(tmp_path, films):
    """A function that writes a video and returns its path. times: ms of each frame; sound: (n,) float at 48 kHz."""

    def make(name="film.mp4", **options) -> Path:
        path = tmp_path / name
        sound = options.get("sound")
        recipe = repr(sorted((options | {"sound": None if sound is None else sound.tobytes()}).items()))
        key = path.suffix + sha256(recipe.encode()).hexdigest()
        if key not in films:
            films[key] = write(name, **options).read_bytes()
        path.write_bytes(films[key])
        return path

    def write(
        name="film.mp4",
        codec="libx264",
        size=(64, 48),
        times=range(0, 1000, 40),
        pix_fmt="yuv420p",
        rotation=None,
        sound=None,
        container=None,
        options=None,
        length=40,
    ) -> Path:
        path, (width, height), times = tmp_path / name, size, list(times)
        with av.open(str(path), "w", options=container or {}) as out:
            stream = out.add_stream(codec, rate=25, options=options or {})
            stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
            if codec == "libvpx":  # its threads wait for each other in a busy loop, minutes on a busy machine
                stream.codec_context.thread_count = 1
            stream.codec_context.time_base = Fraction(1, {".gif": 100, ".avi": 25}.get(path.suffix, 1000))
            if rotation is not None:
                stream.set_display_rotation(rotation)
            tone = None
            if sound is not None:
                tone = out.add_stream("libopus" if path.suffix == ".webm" else "aac", rate=48000)
            gaps = dict(zip(times, np.diff(times, append=times[-1] + length).tolist(), strict=True))
            for k, time in enumerate(times):
                frame = av.VideoFrame.from_ndarray(corner_picture(k, width, height)).reformat(format=pix_fmt)
                frame.time_base, frame.pts = Fraction(1, 1000), time
                write_picture(out, stream.encode(frame), gaps)
            write_picture(out, stream.encode(None), gaps)
            if tone:
                write_sound(out, tone, sound)
        return path

    return make


def write_picture(out, packets, gaps: dict[int, int]) -> None:
    for packet in packets:
        packet.duration = round(gaps[round(packet.pts * packet.time_base * 1000)] / 1000 / packet.time_base)
        out.mux(packet)


def write_sound(out, stream, sound) -> None:
    for first in range(0, len(sound), 960):
        block = np.repeat(np.asarray(sound[None, first : first + 960], np.float32), 2, axis=0)
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
        frame.sample_rate, frame.time_base, frame.pts = 48000, Fraction(1, 48000), first
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))


def clicks(times, seconds: float, rate: int) -> np.ndarray:
    """(n,) float32: at each time a short decaying burst whose first sample is the loudest."""
    waveform = np.zeros(round(seconds * rate), np.float32)
    for time in times:
        first = round(time * rate)
        k = np.arange(len(waveform) - first)
        waveform[first:] += 0.8 * np.exp(-k / (0.002 * rate)) * np.cos(2 * np.pi * 2500 * k / rate)
    return waveform


def click_times(waveform: np.ndarray, near, rate: int) -> list[float]:
    """Where the loudest sample within 60 ms of each given time is, in seconds."""
    found = []
    for time in near:
        first = max(0, round((time - 0.06) * rate))
        found.append((first + int(np.argmax(np.abs(waveform[first : round((time + 0.06) * rate)])))) / rate)
    return found


@pytest.fixture
def click_track():
    """The pair (clicks, click_times)."""
    return clicks, click_times
