"""The motion of a video, frame by frame, with a few keyframes, in one streaming pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from a2s.io import atomic_file
from a2s.settings import VIDEO
from a2s.vision.flow import FlowTracker
from a2s.vision.hands.tracks import HandTracks

if TYPE_CHECKING:
    from a2s.media import Film

MAX_RATE = 62.0
"""Largest frame rate that is analysed; of faster video, frames are skipped."""

KEYFRAME_EVERY = 0.75
"""Seconds between two keyframes."""

_SAVED = "times", "velocity", "keyframe_times", "keyframes", "duration", "breaks"


@dataclass(frozen=True, eq=False)
class Motion:
    """The motion of a video.

    times: (F,) float64, s from the first frame.
    velocity: (F, h, w, 2) float32, picture widths per second over the interval that ends at that time, x right and y
    down, relative to the camera; zero for the first frame and where the shot changes.
    keyframe_times: (K,) float64, s. keyframes: (K, 64, 64, 3) uint8 RGB.
    duration: s.
    breaks: (F,) bool, True where a frame cannot be compared with the one before: the first, a cut, a flash.
    film: access to the pictures, for models that use more than the keyframes; it is not saved.
    hands: the tracked hands; None where they were not looked for.
    """

    times: np.ndarray
    velocity: np.ndarray
    keyframe_times: np.ndarray
    keyframes: np.ndarray
    duration: float
    breaks: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))
    film: Film | None = None
    hands: HandTracks | None = None

    def __post_init__(self) -> None:
        if not len(self.breaks):
            object.__setattr__(self, "breaks", np.arange(len(self.times)) == 0)

    def save(self, path: str | Path) -> None:
        """Write an .npz, atomically; velocity is stored as float16. Raises CannotWrite."""
        arrays = {name: np.asarray(vars(self)[name]) for name in _SAVED}
        arrays["velocity"] = arrays["velocity"].astype(np.float16)
        arrays |= self.hands.to_arrays() if self.hands else {}
        with atomic_file(path) as part, open(part, "wb") as file:
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]  # its stub takes the names for options

    @classmethod
    def load(cls, path: str | Path) -> Motion:
        """Read a file that `save` wrote."""
        with np.load(path, allow_pickle=False) as data:
            values = {name: data[name] for name in _SAVED}
            arrays = {name: data[name] for name in data.files if name.startswith("hand_")}
        velocity, duration = values["velocity"].astype(np.float32), float(values["duration"])
        hands = HandTracks.from_arrays(arrays) if arrays else None
        return cls(**values | {"velocity": velocity, "duration": duration, "hands": hands})


def observe(frames: Iterable[tuple[float, np.ndarray]], duration: float, film: Film | None = None) -> Motion:
    """Measure the motion of a video in one pass; the pictures are not kept.

    frames: (time s, (h, w, 3) uint8 RGB) in order of time, at any rate. duration: s. film: becomes `Motion.film`.
    """
    times: list[float] = []
    velocity: list[np.ndarray] = []
    breaks: list[bool] = []
    key_times: list[float] = []
    keys: list[np.ndarray] = []
    with _single_thread():
        tracker = FlowTracker()
        for time, rgb in frames:
            if not times or time >= len(keys) * KEYFRAME_EVERY + key_times[0]:
                key_times.append(time)
                keys.append(cv2.resize(rgb, (VIDEO.keyframe_size,) * 2, interpolation=cv2.INTER_AREA))
            if times and time - times[-1] < 0.9 / MAX_RATE:
                continue
            step = tracker.step(time, rgb)
            for back in range(1, step.repeats + 1):  # repeated frames move as fast as the step that ends them
                velocity[-back] = step.velocity.astype(np.float16)
            times.append(time)
            velocity.append(step.velocity.astype(np.float16))
            breaks.append(step.is_break)
    return Motion(
        times=np.asarray(times, np.float64),
        velocity=_stack(velocity),
        keyframe_times=np.asarray(key_times, np.float64),
        keyframes=np.stack(keys) if keys else np.zeros((0, VIDEO.keyframe_size, VIDEO.keyframe_size, 3), np.uint8),
        duration=float(duration),
        breaks=np.asarray(breaks, bool),
        film=film,
    )


_DROPPED = np.zeros(0, np.float16)


def _stack(velocity: list[np.ndarray]) -> np.ndarray:
    """Half-precision fields to (F, h, w, 2) float32; each is dropped from the list once it is converted."""
    shape = velocity[0].shape if velocity else (9, VIDEO.flow_width // VIDEO.flow_block, 2)
    out = np.empty((len(velocity), *shape), np.float32)
    for index, blocks in enumerate(velocity):
        out[index] = blocks
        velocity[index] = _DROPPED
    return out


@contextmanager
def _single_thread() -> Iterator[None]:
    """Run OpenCV on one thread, which is faster at this size; its setting is global, so it is restored."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)
