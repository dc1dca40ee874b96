"""Windows of rendered videos with their own sound, their sound at a wrong time, and another video's sound."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from a2s.evaluation.clips import UnseenWorlds
from a2s.settings import AUDIO, VIDEO
from a2s.vision import motion_grid

NEAREST, FURTHEST = 0.25, 2.0
"""Seconds by which a sound is moved to be out of sync."""

ACCEPTED = 0.04
"""Seconds by which a sound is moved at most where it counts as in sync: nobody sees that (ITU-R BT.1359)."""

SLOT = 1 / (2 * VIDEO.tokens_per_second)
"""Seconds of one slot of the onsets."""

LATEST = 0.05
"""Events that begin later than so many seconds before a window's end can't be heard in it."""


class SyncPairs:
    """A folder of rendered videos with pictures. Motions are read once."""

    def __init__(self, folder: str | Path):
        worlds = UnseenWorlds(folder)
        self.videos, self.motions = worlds.videos, worlds.motions
        self.times = [np.array([e.time for e in events]) for events in self.videos.events]

    def __len__(self) -> int:
        return len(self.videos)

    def draw(self, rng: np.random.Generator, size: int, seconds: float, vary: bool = True) -> dict:
        """`size` windows of `seconds`, from as many videos as there are; S slots of the motion grid each.

        motion (B, S, 12, 12, 6); sounds (B, 3, n): own, shifted, another video's; seen_onsets (B, 2 S) and
        heard_onsets (B, 3, 2 S) in [0, 1]; windows: (video, start) of each. vary: other levels and ambiences, own
        sounds up to ACCEPTED off, mirrored pictures.
        """
        spec = replace(VIDEO, window_seconds=seconds)
        rows = {"motion": [], "sounds": [], "seen_onsets": [], "heard_onsets": []}
        windows = []
        for video in rng.choice(len(self), size, replace=size > len(self)):
            video = int(video)
            start = self._busy_start(video, seconds, rng)
            other = int((video + rng.integers(1, max(2, len(self)))) % len(self))
            off = float(np.clip(ACCEPTED / 2 * rng.standard_normal(), -ACCEPTED, ACCEPTED)) if vary else 0.0
            moments = [
                (video, start + off),
                (video, self._moved_start(video, start, seconds, rng)),
                (other, self._busy_start(other, seconds, rng)),
            ]
            grid = motion_grid(self.motions[video], start, spec)
            rows["motion"].append(varied_grid(grid, rng) if vary else grid)
            rows["sounds"].append([self._sound(*moment, seconds, rng if vary else None) for moment in moments])
            rows["seen_onsets"].append(self._onsets(video, start, seconds))
            rows["heard_onsets"].append([self._onsets(*moment, seconds) for moment in moments])
            windows.append((video, start))
        return {name: torch.from_numpy(np.array(row, np.float32)) for name, row in rows.items()} | {"windows": windows}

    def moved(self, windows: list[tuple[int, float]], seconds: float) -> torch.Tensor:
        """(B, 48000): the true mixes of windows, heard `seconds` too late (too early below 0)."""
        sounds = [self._sound(video, start - seconds, AUDIO.window_seconds, None) for video, start in windows]
        return torch.from_numpy(np.stack(sounds))

    def _busy_start(self, video: int, seconds: float, rng: np.random.Generator, tries: int = 40) -> float:
        """Start of a window with an event in it, where one is found."""
        for _ in range(tries):
            start = float(rng.uniform(0, self.videos.plans[video].seconds - seconds))
            if np.any((self.times[video] >= start) & (self.times[video] < start + seconds - LATEST)):
                break
        return start

    def _moved_start(self, video: int, start: float, seconds: float, rng: np.random.Generator) -> float:
        """Another moment NEAREST to FURTHEST away, small moves as often as large ones (log-uniform)."""
        move = float(np.exp(rng.uniform(np.log(NEAREST), np.log(FURTHEST)))) * (1 if rng.random() < 0.5 else -1)
        last = self.videos.plans[video].seconds - seconds
        return start + (move if 0 <= start + move <= last else -move)

    def _sound(self, video: int, start: float, seconds: float, rng: np.random.Generator | None) -> np.ndarray:
        """(n,) the mix of one moment; with a generator at another level, over more or less of any ambience."""
        action, ambient = self.videos.clip(video, start, seconds)
        if rng is None:
            return (action + ambient).clip(-1, 1)
        if rng.random() < 0.5:
            other = int(rng.integers(len(self)))
            ambient = self.videos.clip(other, self.videos.random_start(other, rng), seconds)[1]
        mix = action + ambient * np.float32(10 ** (rng.uniform(-30, 3) / 20))
        hiss = rng.standard_normal(len(mix)).astype(np.float32) * np.float32(10 ** (rng.uniform(-90, -50) / 20))
        return (mix * np.float32(10 ** (rng.uniform(-16, 6) / 20)) + hiss).clip(-1, 1)

    def _onsets(self, video: int, start: float, seconds: float) -> np.ndarray:
        """(2 S,) bumps of 28 ms at the true events."""
        slots = (np.arange(round(seconds / SLOT)) + 0.5) * SLOT
        bumps = np.exp(-0.5 * ((slots - (self.times[video][:, None] - start)) / 0.028) ** 2)
        return bumps.max(0, initial=0).astype(np.float32)


def varied_grid(grid: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A motion grid mirrored, with its cells moved and its speeds scaled: nothing of it changes when a thing sounds."""
    if rng.random() < 0.5:
        grid = grid[:, :, ::-1].copy()
        grid[..., 0] *= -1
    return np.roll(grid, rng.integers(-2, 3, 2), (1, 2)) * np.float32(np.exp(0.3 * rng.standard_normal()))
