"""Training pairs of the sync judge: windows with their own audio, their audio moved in time, and other audio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from a2s.audio.levels import db_to_amplitude
from a2s.evaluation.worlds import HeldOutWorlds
from a2s.settings import AUDIO, VIDEO
from a2s.vision import motion_grid

NEAREST, FURTHEST = 0.25, 2.0
"""Range (s) of the shift of audio that counts as out of sync."""

ACCEPTED = 0.04
"""Largest shift (s) of audio that counts as in sync; it is below the visible threshold (ITU-R BT.1359)."""

SLOT = 1 / (2 * VIDEO.tokens_per_second)
"""Seconds of one slot of the onset curves."""

LATEST = 0.05
"""Events closer than this (s) to a window's end are cut off before they can be detected."""


@dataclass(frozen=True, eq=False)
class PairBatch:
    """B windows of S slots of the motion grid.

    motion: (B, S, 12, 12, 6) in widths/s. sounds: (B, 3, n) at 16 kHz: own, shifted, of another video. motion_onsets:
    (B, 2 S) and audio_onsets: (B, 3, 2 S), in [0, 1]. windows: (video, start in s) of each.
    """

    motion: torch.Tensor
    sounds: torch.Tensor
    motion_onsets: torch.Tensor
    audio_onsets: torch.Tensor
    windows: list[tuple[int, float]]


class SyncPairs:
    """A folder of rendered videos with pictures. Motions are read once. Raises BadSettings."""

    def __init__(self, folder: str | Path):
        worlds = HeldOutWorlds(folder)
        self.videos, self.motions = worlds.videos, worlds.motions
        self.times = [np.array([e.time for e in events]) for events in self.videos.events]

    def __len__(self) -> int:
        return len(self.videos)

    def draw(self, rng: np.random.Generator, size: int, seconds: float, augment: bool = True) -> PairBatch:
        """`size` windows of `seconds`, spread over the videos.

        augment: random levels and ambiences, own audio moved by up to ACCEPTED, mirrored and scaled motion.
        """
        spec = replace(VIDEO, window_seconds=seconds)
        motion, sounds, motion_onsets, audio_onsets = [], [], [], []
        windows = []
        for video in rng.choice(len(self), size, replace=size > len(self)):
            video = int(video)
            start = self._busy_start(video, seconds, rng)
            other = int((video + rng.integers(1, max(2, len(self)))) % len(self))
            off = float(np.clip(ACCEPTED / 2 * rng.standard_normal(), -ACCEPTED, ACCEPTED)) if augment else 0.0
            moments = [
                (video, start + off),
                (video, self._moved_start(video, start, seconds, rng)),
                (other, self._busy_start(other, seconds, rng)),
            ]
            grid = motion_grid(self.motions[video], start, spec)
            motion.append(augment_motion(grid, rng) if augment else grid)
            sounds.append([self._mix(*moment, seconds, rng if augment else None) for moment in moments])
            motion_onsets.append(self._onset_curve(video, start, seconds))
            audio_onsets.append([self._onset_curve(*moment, seconds) for moment in moments])
            windows.append((video, start))
        return PairBatch(_tensor(motion), _tensor(sounds), _tensor(motion_onsets), _tensor(audio_onsets), windows)

    def moved(self, windows: list[tuple[int, float]], seconds: float) -> torch.Tensor:
        """(B, 48000): the true mixes of windows, `seconds` late (early if negative)."""
        sounds = [self._mix(video, start - seconds, AUDIO.window_seconds, None) for video, start in windows]
        return torch.from_numpy(np.stack(sounds))

    def _busy_start(self, video: int, seconds: float, rng: np.random.Generator, tries: int = 40) -> float:
        """Start of a window that holds an event, if `tries` draws find one."""
        start = 0.0
        for _ in range(tries):
            start = float(rng.uniform(0, self.videos.plans[video].seconds - seconds))
            if np.any((self.times[video] >= start) & (self.times[video] < start + seconds - LATEST)):
                break
        return start

    def _moved_start(self, video: int, start: float, seconds: float, rng: np.random.Generator) -> float:
        """A start NEAREST to FURTHEST s away, within the video; the distance is log-uniform."""
        move = float(np.exp(rng.uniform(np.log(NEAREST), np.log(FURTHEST)))) * (1 if rng.random() < 0.5 else -1)
        last = self.videos.plans[video].seconds - seconds
        return start + (move if 0 <= start + move <= last else -move)

    def _mix(self, video: int, start: float, seconds: float, rng: np.random.Generator | None) -> np.ndarray:
        """(n,) float32: the mix of one window; with a generator, at a random level over a random ambience."""
        action, ambient = self.videos.clip(video, start, seconds)
        if rng is None:
            return (action + ambient).clip(-1, 1)
        if rng.random() < 0.5:
            other = int(rng.integers(len(self)))
            ambient = self.videos.clip(other, self.videos.random_start(other, rng), seconds)[1]
        mix = action + ambient * np.float32(db_to_amplitude(rng.uniform(-30, 3)))
        noise = rng.standard_normal(len(mix)).astype(np.float32) * np.float32(db_to_amplitude(rng.uniform(-90, -50)))
        return (mix * np.float32(db_to_amplitude(rng.uniform(-16, 6))) + noise).clip(-1, 1)

    def _onset_curve(self, video: int, start: float, seconds: float) -> np.ndarray:
        """(2 S,) in [0, 1]: Gaussians with a standard deviation of 28 ms at the true events."""
        slots = (np.arange(round(seconds / SLOT)) + 0.5) * SLOT
        bumps = np.exp(-0.5 * ((slots - (self.times[video][:, None] - start)) / 0.028) ** 2)
        return bumps.max(0, initial=0).astype(np.float32)


def _tensor(arrays: Sequence) -> torch.Tensor:
    return torch.from_numpy(np.array(arrays, np.float32))


def augment_motion(grid: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A motion grid mirrored, moved by cells and scaled in speed. The times of events stay the same."""
    if rng.random() < 0.5:
        grid = grid[:, :, ::-1].copy()
        grid[..., 0] *= -1
    return np.roll(grid, rng.integers(-2, 3, 2), (1, 2)) * np.float32(np.exp(0.3 * rng.standard_normal()))
