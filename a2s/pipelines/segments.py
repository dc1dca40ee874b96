"""A video with several places: windows are sampled in the ambience of each place, and the mels are crossfaded.

A segment is the part of a video that lies in one acoustic place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from a2s.pipelines.windows import Window

CROSS_FRAMES = 8
"""Mel frames of a crossfade, centred at the change: one latent column, 0.128 s. Shorter is a click, longer a fade."""


@dataclass(frozen=True)
class Segment:
    """One place of a video. change: mel frame at which its ambience begins. windows: those that must be sampled."""

    change: int
    windows: tuple[Window, ...]

    @property
    def first_frame(self) -> int:
        """First mel frame of its first window."""
        return self.windows[0].first_frame


def plan_segments(windows: Sequence[Window], changes: Sequence[float]) -> tuple[Segment, ...]:
    """The segments of a video whose place changes at these times (seconds, ascending, within the video).

    windows: `plan_windows` of the whole video. A segment has every window that it overlaps, crossfades included, so a
    window that contains a change is sampled once for each side. The first window of a segment holds no columns, since
    the window before it is in another place.
    """
    spec = windows[0].spec
    frames = [0, *(round(time / spec.frame_seconds) for time in changes)]
    last_frame = windows[-1].first_frame + spec.window_frames
    ends = [*(min(frame + CROSS_FRAMES // 2, last_frame) for frame in frames[1:]), last_frame]
    segments = []
    for frame, end in zip(frames, ends, strict=True):
        begin = max(0, frame - CROSS_FRAMES // 2)
        first = max(k for k, window in enumerate(windows) if window.first_frame <= begin)
        last = next(k for k, window in enumerate(windows) if window.first_frame + spec.window_frames >= end)
        own = windows[first : max(first, last) + 1]
        segments.append(Segment(frame, (replace(own[0], held_columns=0), *own[1:])))
    return tuple(segments)


def cross(mels: Sequence[np.ndarray], segments: Sequence[Segment]) -> np.ndarray:
    """Join the mels (takes, 128, n) of the segments; an equal-power crossfade blends them around each change.

    The weights sum to one in power, so noise of equal level keeps its level, and so does an impact that both sides
    contain. Returns (takes, 128, T) from the first frame of the video.
    """
    joined = mels[0]
    for mel, segment in zip(mels[1:], segments[1:], strict=True):
        begin = segment.change - CROSS_FRAMES // 2
        end = min(begin + CROSS_FRAMES, joined.shape[-1])
        own = begin - segment.first_frame
        share = (np.arange(end - begin) + 0.5) / CROSS_FRAMES
        crossing = _mixed(joined[..., begin:end], mel[..., own : own + end - begin], share)
        joined = np.concatenate([joined[..., :begin], crossing, mel[..., own + end - begin :]], -1)
    return joined


def _mixed(old: np.ndarray, new: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Mels mixed in power. A mel is a level in dB, 100 of them from 0 to 1 (`a2s.audio.mel`)."""
    power = (1 - share) * 10 ** (10 * old.astype(np.float64)) + share * 10 ** (10 * new.astype(np.float64))
    return (np.log10(power) / 10).astype(old.dtype)
