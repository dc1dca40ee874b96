"""One streaming pass over a video: how everything in it moves, frame by frame, and what it looks like now and then.

Dense optical flow (DIS, Kroeger et al., ECCV 2016, as in OpenCV) on grey pictures 192 px wide, averaged over blocks of
12 px, the median block subtracted (a crude camera compensation), in picture widths per second.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from a2s.errors import CannotWrite
from a2s.settings import VIDEO

if TYPE_CHECKING:
    from a2s.media import Film

MAX_PIXELS = 192 * 400
"""Grey pictures larger than this (absurdly tall ones) are made smaller, whatever their width."""

MIN_INTERVAL, MAX_INTERVAL = 1 / 250, 0.25
"""Seconds between two frames that a velocity is divided by; beyond them a time stamp lies or the picture stood."""

MAX_RATE = 62.0
"""Frames per second that are looked at; of faster video, the frames between are skipped. Slow motion costs no more."""

MAX_HOLD = 0.11
"""Seconds for which a repeated picture is a held one (12 fps in a 24 fps file); longer, the picture stands still."""

HELD_DIFFERENCE = 0.6
"""Grey levels: a picture is a repetition when no block differs by more (compression adds some)."""

SAME_PACE = 0.5
"""A held picture lies between two steps of which the smaller is more than this part of the larger."""

JUMP = 8.0
"""Grey levels by which most of the picture changes between two frames that may belong to two shots."""

MOST = 40
"""Percentile of the blocks' changes that speaks for most of the picture: 60 % of it change by more."""

UNEXPLAINED = 0.33
"""Part of such a change that remains after moving the pixels along the flow, when it was no motion."""

FLASH = 30.0
"""Grey levels by which the whole picture brightens or darkens in one frame of a flash; flickering lamps stay below."""

FADE, SAME_PICTURE, PLAIN = 0.15, 0.97, 2.0
"""A fade changes contrast by this factor (log) in one frame, of a picture that correlates so well with the one before.
A picture whose grey levels deviate less than `PLAIN` shows nothing."""

PARALLAX = 0.2
"""Part of the camera's motion that is seen as motion of things, at most."""

KEYFRAME_EVERY = 0.75


@dataclass(frozen=True, eq=False)
class Motion:
    """What `observe` saw.

    times: (F,) float64, s from the first frame. velocity: (F, h, w, 2) float32, widths/s over the interval that ends at
    that time, x right and y down, relative to the camera; zero for the first frame and where the shot changes.
    keyframe_times: (K,); keyframes: (K, 64, 64, 3) uint8 RGB. duration: s.
    breaks: (F,) bool, True where a frame can't be compared with the one before: the first, a cut, a flash.
    film: where its pictures are, for models that look at more than four small ones; it isn't saved.
    """

    times: np.ndarray
    velocity: np.ndarray
    keyframe_times: np.ndarray
    keyframes: np.ndarray
    duration: float
    breaks: np.ndarray | None = None
    film: Film | None = None

    def __post_init__(self) -> None:
        if self.breaks is None:
            object.__setattr__(self, "breaks", np.arange(len(self.times)) == 0)

    def save(self, path: str | Path) -> None:
        """Write an .npz atomically; velocity is kept as float16. Raises CannotWrite."""
        path, temporary = Path(path), None
        try:
            with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
                temporary = file.name
                kept = {name: vars(self)[name] for name in _SAVED}
                np.savez_compressed(file, **{**kept, "velocity": self.velocity.astype(np.float16)})
            os.replace(temporary, path)
        except OSError as error:
            if temporary:
                Path(temporary).unlink(missing_ok=True)
            raise CannotWrite(f"The motion cannot be written to {path}.") from error

    @classmethod
    def load(cls, path: str | Path) -> Motion:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as data:
            values = {name: data[name] for name in _SAVED}
        values["velocity"] = values["velocity"].astype(np.float32)
        values["duration"] = float(values["duration"])
        return cls(**values)


_SAVED = "times", "velocity", "keyframe_times", "keyframes", "duration", "breaks"


def observe(frames: Iterable[tuple[float, np.ndarray]], duration: float, film: Film | None = None) -> Motion:
    """Look at a video once, in bounded memory.

    frames: (time s, (h, w, 3) uint8 RGB) in order of time, any rate. duration: s. film: kept for later looks.
    """
    times, velocity, breaks, key_times, keys = [], [], [], [], []
    with _single_thread():
        eye = _Eye()
        for time, rgb in frames:
            if not times or time >= len(keys) * KEYFRAME_EVERY + key_times[0]:
                key_times.append(time)
                keys.append(cv2.resize(rgb, (VIDEO.keyframe_size,) * 2, interpolation=cv2.INTER_AREA))
            if times and time - times[-1] < 0.9 / MAX_RATE:
                continue
            seen, broken, held = eye.look(time, rgb)
            for back in range(1, held + 1):  # held frames moved as fast as the step that ends the hold
                velocity[-back] = seen.astype(np.float16)
            times.append(time)
            velocity.append(seen.astype(np.float16))
            breaks.append(broken)
    return Motion(
        times=np.asarray(times, np.float64),
        velocity=_stacked(velocity),
        keyframe_times=np.asarray(key_times, np.float64),
        keyframes=np.stack(keys) if keys else np.zeros((0, VIDEO.keyframe_size, VIDEO.keyframe_size, 3), np.uint8),
        duration=float(duration),
        breaks=np.asarray(breaks, bool),
        film=film,
    )


def _stacked(velocity: list[np.ndarray]) -> np.ndarray:
    """Half-precision fields -> (F, h, w, 2) float32, without ever holding both in full precision."""
    shape = velocity[0].shape if velocity else (9, VIDEO.flow_width // VIDEO.flow_block, 2)
    out = np.empty((len(velocity), *shape), np.float32)
    for index, field in enumerate(velocity):
        out[index] = field
    return out


class _Eye:
    """Compares each picture with the one before."""

    def __init__(self) -> None:
        self.flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self.flow.setVariationalRefinementIterations(0)  # a third of the time, and blocks average its gain away
        self.grey: np.ndarray | None = None
        self.time = self.distinct = self.pace = 0.0
        self.repeats = 0
        self.size = (0, 0)

    def look(self, time: float, rgb: np.ndarray) -> tuple[np.ndarray, bool, int]:
        """-> velocity (h, w, 2) in widths/s, whether it is a break, how many held frames before moved alike."""
        if self.grey is None:
            self.size = _working_size(*rgb.shape[:2])
        grey, before, interval = _grey(rgb, self.size), self.grey, time - self.time
        self.grey, self.time = grey, time
        if before is None or _blocks(cv2.absdiff(grey, before)).max() < HELD_DIFFERENCE:
            self.repeats += before is not None
            return np.zeros(self._shape, np.float32), before is None, 0
        flow = self.flow.calc(before, grey, None)
        if _jumped(before, grey, flow):
            self.repeats, self.pace, self.distinct = 0, 0.0, time
            return np.zeros(self._shape, np.float32), True, 0
        moved = _without_camera(_blocks(flow))
        held = self._held(float(np.abs(moved).max()), time)
        seconds = interval if not held else time - self.distinct
        self.repeats, self.distinct = 0, time
        return moved / (float(np.clip(seconds, MIN_INTERVAL, MAX_INTERVAL)) * self.size[0]), False, held

    def _held(self, pace: float, time: float) -> int:
        """Repetitions that end here and were held pictures of one movement, not a rest before a sudden start."""
        moving = min(pace, self.pace) > SAME_PACE * max(pace, self.pace)
        self.pace = pace
        return self.repeats if moving and time - self.distinct <= MAX_HOLD else 0

    @property
    def _shape(self) -> tuple[int, int, int]:
        return self.size[1] // VIDEO.flow_block, self.size[0] // VIDEO.flow_block, 2


def _working_size(height: int, width: int) -> tuple[int, int]:
    """(width, height) of the grey picture: 192 px wide, fewer where the picture is absurdly tall."""
    w, h = VIDEO.flow_width, VIDEO.flow_width * height / width
    scale = min(1.0, (MAX_PIXELS / (w * h)) ** 0.5)
    least = 2 * VIDEO.flow_block
    return max(least, round(w * scale)), int(np.clip(round(h * scale), least, MAX_PIXELS // least))


def _grey(rgb: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    if rgb.shape[1::-1] != size:
        rgb = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)


def _blocks(field: np.ndarray) -> np.ndarray:
    """Means over whole blocks of 12 px: (H, W[, C]) -> (H // 12, W // 12[, C]) float32."""
    h, w = (side // VIDEO.flow_block for side in field.shape[:2])
    whole = np.ascontiguousarray(field[: h * VIDEO.flow_block, : w * VIDEO.flow_block], np.float32)
    return cv2.resize(whole, (w, h), interpolation=cv2.INTER_AREA)


def _without_camera(moved: np.ndarray) -> np.ndarray:
    """Block flow less the median block's, and less what depth and edges make of the camera's motion in proportion."""
    camera = np.median(moved.reshape(-1, 2), axis=0)
    moved = moved - camera
    speed = np.linalg.norm(moved, axis=-1, keepdims=True)
    return moved * np.maximum(0, 1 - PARALLAX * np.linalg.norm(camera) / np.maximum(speed, 1e-6))


def _jumped(before: np.ndarray, after: np.ndarray, flow: np.ndarray) -> bool:
    """Is the step a cut, a flash, or a fade near darkness? Then the picture changes and no moving pixels explain it."""
    brighter = float(np.median(_blocks(after) - _blocks(before)))
    if abs(brighter) > FLASH or _gain(before, after) > FADE:
        return True
    change = _change(before, after)
    if change < JUMP:
        return False
    rows, columns = np.indices(before.shape, np.float32)
    source = columns + flow[..., 0], rows + flow[..., 1]
    warped = cv2.remap(after, *source, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return _change(before, warped) > UNEXPLAINED * change


def _change(before: np.ndarray, after: np.ndarray) -> float:
    """Grey levels by which most of the picture changes; neither a large fast thing counts nor flickering light."""
    change = _blocks(after) - _blocks(before)
    return float(np.percentile(np.abs(change - np.median(change)), MOST))


def _gain(before: np.ndarray, after: np.ndarray) -> float:
    """|log| of the factor by which contrast changes where the picture stays the same; infinite where there is none."""
    a, b = (picture[::4, ::4].astype(np.float32) for picture in (before, after))
    a, b = a - a.mean(), b - b.mean()
    varies, varied = float((a * a).mean()), float((b * b).mean())
    if min(varies, varied) < PLAIN**2:
        return float("inf")
    alike = float((a * b).mean()) / (varies * varied) ** 0.5
    return abs(float(np.log(varied / varies))) / 2 if alike > SAME_PICTURE else 0.0


@contextmanager
def _single_thread() -> Iterator[None]:
    """At this size OpenCV's threads cost more than they bring; its setting is global, so give it back."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)
