"""A film in several places: from each change on, windows are sampled anew in another ambience, and the mels cross."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from a2s.pipelines.windows import Window

CROSS_FRAMES = 8
"""Mel frames of a crossing, its middle at the change: one latent column, 0.128 s. Shorter is a click, longer a fade."""


@dataclass(frozen=True)
class Segment:
    """One place's part of a film. change: mel frame at which it begins to be heard. windows: what must be sampled."""

    change: int
    windows: tuple[Window, ...]

    @property
    def first_frame(self) -> int:
        return self.windows[0].first_frame


def plan_segments(windows: Sequence[Window], changes: Sequence[float]) -> tuple[Segment, ...]:
    """The stretches of a film whose place changes at these times (s, ascending, within the film).

    windows: of `plan_windows` for the whole film. A stretch has those in which it is heard, its crossings included, so
    one that a change falls into is sampled for either side. The first of a stretch holds on to nothing: what came
    before was another place.
    """
    spec = windows[0].spec
    frames = [0, *(round(time / spec.frame_seconds) for time in changes)]
    film = windows[-1].first_frame + spec.window_frames
    ends = [*(min(frame + CROSS_FRAMES // 2, film) for frame in frames[1:]), film]
    stretches = []
    for frame, end in zip(frames, ends, strict=True):
        begin = max(0, frame - CROSS_FRAMES // 2)
        first = max(k for k, window in enumerate(windows) if window.first_frame <= begin)
        last = next(k for k, window in enumerate(windows) if window.first_frame + spec.window_frames >= end)
        own = windows[first : max(first, last) + 1]
        stretches.append(Segment(frame, (replace(own[0], held_columns=0), *own[1:])))
    return tuple(stretches)


def cross(mels: Sequence[np.ndarray], stretches: Sequence[Segment]) -> np.ndarray:
    """Lay the joined mels (takes, 128, n) of the stretches one behind the other; around a change they share the power.

    The shares sum to one, an equal-power crossfade: noise keeps its level where both sides have the same, and an impact
    that sounds on both sides keeps its own. Returns (takes, 128, T) from the film's first frame on.
    """
    laid = mels[0]
    for mel, stretch in zip(mels[1:], stretches[1:], strict=True):
        begin = stretch.change - CROSS_FRAMES // 2
        end = min(begin + CROSS_FRAMES, laid.shape[-1])
        own = begin - stretch.first_frame
        share = (np.arange(end - begin) + 0.5) / CROSS_FRAMES
        crossing = _mixed(laid[..., begin:end], mel[..., own : own + end - begin], share)
        laid = np.concatenate([laid[..., :begin], crossing, mel[..., own + end - begin :]], -1)
    return laid


def _mixed(old: np.ndarray, new: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Mels mixed in power; a mel is a level in dB, 100 of them from 0 to 1 (`a2s.audio.mel`)."""
    power = (1 - share) * 10 ** (10 * old.astype(np.float64)) + share * 10 ** (10 * new.astype(np.float64))
    return (np.log10(power) / 10).astype(old.dtype)
