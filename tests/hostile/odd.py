"""Videos that are unusual but valid. Each is made within a second and states the properties that a dub must keep.

The picture is the falling block of `tests.fakes`, so the sound can be compared with the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from tests.fakes import _picture as drawn

HITS = (0.5, 1.25)
TICKS = Fraction(1, 90_000)


@dataclass(frozen=True)
class Film:
    """How a film is made. times: of each frame, s; the last lasts as long as the one before. sound: s of a soundtrack.

    late: s by which picture and sound begin after the file does. hits: s at which the block strikes, from the first
    frame on. shown: (width, height) as displayed, where it isn't `size`.
    """

    name: str = "film.mp4"
    codec: str = "libx264"
    times: Sequence[float] = tuple(k / 24 for k in range(48))
    size: tuple[int, int] = (160, 120)
    pix_fmt: str = "yuv420p"
    rotation: int | None = None
    aspect: Fraction | None = None
    sound: float | None = None
    late: float = 0.0
    hits: tuple[float, ...] = HITS
    shown: tuple[int, int] | None = None
    options: dict = field(default_factory=dict)

    @property
    def last(self) -> float:
        """Seconds that the last frame is shown."""
        return self.times[-1] - self.times[-2] if len(self.times) > 1 else 0.04

    @property
    def seconds(self) -> float:
        return self.times[-1] + self.last

    def write(self, folder: Path) -> Path:
        path = folder / self.name
        with av.open(f"file:{path}", "w") as out:
            picture = self._stream(out, path.suffix)
            tone = out.add_stream("libopus" if path.suffix == ".webm" else "aac", rate=48_000) if self.sound else None
            begins, lengths = np.array(self.times), np.diff(self.times, append=self.seconds)
            for time in (*self.times, None):
                for packet in picture.encode(None if time is None else self._frame(time)):
                    began = float(packet.pts * packet.time_base) - self.late
                    which = max(0, np.searchsorted(begins, began + 0.003, "right") - 1)
                    packet.duration = round(lengths[which] / packet.time_base)
                    out.mux(packet)
            if tone:
                _write_tone(out, tone, self.late, self.sound)
        return path

    def _stream(self, out, suffix: str):
        rate = Fraction(1 / self.last if len(self.times) < 3 else (len(self.times) - 1) / self.times[-1])
        rate = max(Fraction(1), rate.limit_denominator(1001))
        stream = out.add_stream(self.codec, rate=rate, options=self.options)
        stream.width, stream.height, stream.pix_fmt = *self.size, self.pix_fmt
        if self.codec == "libvpx":  # its threads wait for each other in a busy loop, minutes on a busy machine
            stream.codec_context.thread_count = 1
        ticks = {".gif": Fraction(1, 100), ".avi": 1 / rate, ".mxf": 1 / rate}
        stream.codec_context.time_base = ticks.get(suffix, Fraction(1, 1000))
        if suffix in (".mp4", ".mov"):
            stream.codec_context.time_base = TICKS
        if self.aspect:
            stream.codec_context.sample_aspect_ratio = self.aspect
        if self.rotation is not None:
            stream.set_display_rotation(self.rotation)
        return stream

    def _frame(self, time: float) -> av.VideoFrame:
        rgb = drawn(time, self.size, self.hits)
        frame = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format=self.pix_fmt)
        frame.time_base, frame.pts = TICKS, round((time + self.late) / TICKS)
        return frame


def _write_tone(out, stream, late: float, seconds: float) -> None:
    """A quiet hum from `late` on."""
    for first in range(0, round(seconds * 48_000), 960):
        wave = 0.1 * np.sin(2 * np.pi * 300 * np.arange(first, first + 960) / 48_000)
        frame = av.AudioFrame.from_ndarray(np.repeat(wave[None], 2, 0).astype(np.float32), "fltp", "stereo")
        frame.sample_rate, frame.time_base, frame.pts = 48_000, Fraction(1, 48_000), first + round(late * 48_000)
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))


def even(fps: float, seconds: float) -> tuple[float, ...]:
    return tuple(k / fps for k in range(round(fps * seconds)))


def uneven(seconds: float = 2.0) -> tuple[float, ...]:
    """Frames 8 to 70 ms apart, in whole ms."""
    gaps = np.random.default_rng(3).integers(8, 70, 200)
    times = np.concatenate([[0], np.cumsum(gaps)]) / 1000
    return tuple(times[times < seconds].tolist())


PLAIN = Film()
SMALL = (64, 48)
INTERLACED = {"flags": "+ildct+ilme", "x264-params": "tff=1"}

FILMS = {
    "no sound": PLAIN,
    "with sound": Film(sound=2.0),
    "portrait by rotation": Film(rotation=90, shown=(120, 160)),
    "portrait the other way": Film(rotation=-90, shown=(120, 160)),
    "upside down": Film(rotation=180),
    "variable rate mp4": Film(times=uneven()),
    "variable rate mkv": Film("film.mkv", times=uneven()),
    "10 fps": Film(times=even(10, 2)),
    "120 fps": Film(times=even(120, 2), size=SMALL),
    "23.976 fps": Film(times=tuple(k * 1001 / 24_000 for k in range(48))),
    "odd dimensions": Film(size=(161, 121), pix_fmt="yuv444p"),
    "odd dimensions, encoded": Film("film.mov", "png", size=(161, 121), pix_fmt="rgb24", shown=(162, 122)),
    "16 x 16": Film(size=(16, 16)),
    "one pixel high": Film("film.mkv", "ffv1", size=(34, 1), pix_fmt="yuv444p", hits=(), shown=(34, 2)),
    "4K": Film(size=(3840, 2160), times=even(24, 1 / 6), hits=(), options={"preset": "ultrafast"}),
    "10-bit HEVC": Film(codec="libx265", pix_fmt="yuv420p10le", options={"x265-params": "log-level=none"}),
    "VP9 webm": Film("film.webm", "libvpx-vp9", sound=2.0, options={"deadline": "realtime", "cpu-used": "8"}),
    "VP8 webm": Film("film.webm", "libvpx", options={"deadline": "realtime", "auto-alt-ref": "0"}),
    "AV1 webm": Film("film.webm", "libsvtav1", options={"preset": "12"}),
    "ProRes mov": Film("film.mov", "prores_ks", pix_fmt="yuv422p10le"),
    "MKV": Film("film.mkv", sound=2.0),
    "GIF": Film("film.gif", "gif", times=even(25, 2), pix_fmt="rgb8"),
    "AVI": Film("film.avi", "mpeg4"),
    "MXF": Film("film.mxf", "mpeg2video", times=even(25, 2), size=(160, 112)),
    "WMV": Film("film.wmv", "wmv2", times=even(25, 2)),
    "animated PNG": Film("film.apng", "apng", times=even(25, 2), pix_fmt="rgb24"),
    "transport stream": Film("film.ts", sound=2.0, options={"bf": "0"}),
    "0.4 s": Film(times=even(25, 0.4), hits=()),
    "a single frame": Film(times=(0.0,), hits=()),
    "a single frame of GIF": Film("film.gif", "gif", times=(0.0,), pix_fmt="rgb8", hits=()),
    "31 s": Film(times=even(10, 31), size=SMALL, hits=tuple(k + 0.5 for k in range(0, 31, 5))),
    "sound longer than picture": Film(sound=4.0),
    "sound shorter than picture": Film(sound=0.5),
    "start offset": Film(late=5.0, sound=2.0),
    "start offset mkv": Film("film.mkv", late=5.0, sound=2.0),
    "interlaced": Film(options=INTERLACED),
    "alpha in VP9": Film("film.webm", "libvpx-vp9", pix_fmt="yuva420p", options={"cpu-used": "8", "deadline": "good"}),
    "alpha in ProRes": Film("film.mov", "prores_ks", pix_fmt="yuva444p10le"),
    "alpha in PNG": Film("film.mov", "png", pix_fmt="rgba"),
    "anamorphic": Film(size=(120, 120), aspect=Fraction(4, 3), shown=(160, 120)),
    "grey": Film(pix_fmt="gray"),
    "twelve bits, lossless": Film("film.mkv", "ffv1", pix_fmt="yuv444p12le"),
    "frozen picture": Film(hits=()),
}

NAMES = (
    "a film with spaces.mp4",
    'it\'s a "film".mp4',
    "\N{DRUM WITH DRUMSTICKS} 映画 é.mp4",
    "-i.mp4",
    "--help.mp4",
    "%2e%2e%2fup %d.mp4",
    "http:x,y|z;$(id)`id`&.mp4",
    "..mp4",
    "file:..mp4",
    "NOSUFFIX",
    "wrong.txt",
    "a\nline.mp4",
    "n" * 240 + ".mp4",
)


def named(name: str, folder: Path) -> Path:
    """The plain film under another name."""
    return replace(PLAIN, name="plain.mp4").write(folder).rename(folder / name)
