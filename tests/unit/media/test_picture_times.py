"""The frames of a dub keep a constant frame rate, whatever the container of the film has rounded."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from a2s.media import Soundtrack, mux_soundtrack, probe_video, read_frames

SILENCE = np.zeros(16_000, np.float32)


def at_rate(rate: str, frames: int, missing: tuple[int, ...] = ()) -> list[int]:
    """Times in whole milliseconds."""
    return [round(1000 * k / Fraction(rate)) for k in range(frames) if k not in missing]


def durations(path) -> set[Fraction]:
    """Seconds of every picture packet."""
    with av.open(str(path)) as container:
        return {p.duration * p.time_base for p in container.demux(container.streams.video[0]) if p.size}


@pytest.mark.parametrize("rate", ["24000/1001", "30", "60000/1001", "60", "25/2"])
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.mkv", {}),
        ("b-frames.mkv", {"options": {"bf": "3"}}),
        ("encoded.mkv", {"codec": "ffv1"}),
        ("rounded.mp4", {}),
        ("encoded.webm", {"codec": "libvpx", "options": {"auto-alt-ref": "0"}}),
    ],
)
def test_milliseconds_become_a_constant_rate(film, tmp_path, name, options, rate):
    times = at_rate(rate, 40)
    video, out = film(name, times=times, length=times[-1] - times[-2], **options), tmp_path / "out.mp4"
    mux_soundtrack(video, Soundtrack(SILENCE, 16_000), out)
    assert durations(out) == {1 / Fraction(rate)}
    assert probe_video(out).duration == pytest.approx(float(40 / Fraction(rate)), abs=1e-6)


@pytest.mark.parametrize("codec", ["libx264", "ffv1"])
def test_missing_frames_are_longer_frames(film, tmp_path, codec):
    times = at_rate("30000/1001", 40, (11, 12, 30))
    mux_soundtrack(
        film("a.mkv", codec=codec, times=times, length=33), Soundtrack(SILENCE, 16_000), tmp_path / "out.mp4"
    )
    frame = Fraction(1001, 30_000)
    assert durations(tmp_path / "out.mp4") == {frame, 2 * frame, 3 * frame}


@pytest.mark.parametrize("codec", ["libx264", "ffv1"])
def test_variable_rate_stays_variable(film, tmp_path, codec):
    times = [0, *(33 * np.arange(1, 60) + np.random.default_rng(1).integers(-6, 7, 59)).tolist()]
    video = film("a.mkv", codec=codec, times=times)
    mux_soundtrack(video, Soundtrack(SILENCE, 16_000), tmp_path / "out.mp4")
    assert len(durations(tmp_path / "out.mp4")) > 5
    given = [time for time, _ in read_frames(tmp_path / "out.mp4", 32)]
    assert given == pytest.approx([time / 1000 for time in times], abs=1e-4)
