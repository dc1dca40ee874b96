"""Windows of rendered test worlds, with the ground truth of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from a2s.audio.onset_scores import Comparison
from a2s.audio.onsets import HOP, SAMPLE_RATE, band_levels, detect_onsets
from a2s.cues import Cue, CueTrack
from a2s.datasets.foley_world.plan import Event
from a2s.errors import BadSettings
from a2s.media import Film
from a2s.settings import ACTIONS, AUDIO, MATERIALS
from a2s.training.data import LongVideos
from a2s.vision import Motion

SECONDS = AUDIO.window_seconds

LATEST_EVENT = SECONDS - 0.05
"""Seconds from the window's start. The sound of a later event is cut off before it can be detected."""

AUDIBLE_DB = 3.0
"""Mean rise over the bands by which an audible event exceeds the ambience around it."""

TEXTURE_STEP = 0.05
"""Grid in s over a sustained sound. Onsets in it (bubbles of a pour, catches of a scrape) count neither way."""


@dataclass(frozen=True, eq=False)
class Clip:
    """One window [start, start + 3 s) of a long video. All waveforms are (48000,) float32 at 16 kHz.

    video: index of the video. start: s. events: ground truth, times in s from the window's start. true_cues: of the
    whole video, times in s of the video. action, ambient: the stems. neighbour: the true mix of another window of the
    same video. neighbour_ambience: the ambience of that window alone. ambience_kind: its name.
    """

    motion: Motion
    video: int
    start: float
    events: tuple[Event, ...]
    true_cues: CueTrack
    action: np.ndarray
    ambient: np.ndarray
    neighbour: np.ndarray
    neighbour_ambience: np.ndarray
    ambience_kind: str

    @property
    def mix(self) -> np.ndarray:
        """(48000,) float32: the true audio."""
        return (self.action + self.ambient).clip(-1, 1)

    @property
    def onsets(self) -> np.ndarray:
        """Times (s) of the events that begin in the window."""
        return np.array([event.time for event in self.events])

    @cached_property
    def texture(self) -> np.ndarray:
        """A grid of times (s) within sustained sounds, including those that began before the window."""
        spans = [(cue.time - self.start, cue.duration) for cue in self.true_cues if cue.duration > 0]
        grids = [np.arange(t, t + duration + TEXTURE_STEP, TEXTURE_STEP) for t, duration in spans]
        grid = np.concatenate([np.zeros(0), *grids])
        return grid[(grid >= 0) & (grid < SECONDS)]

    @cached_property
    def audible(self) -> np.ndarray:
        """(len(events),) bool: whether the mix exceeds the ambience by AUDIBLE_DB within 60 ms of the event."""
        above = np.maximum(0, band_levels(self.mix) - band_levels(self.ambient)).mean(1)
        frames = np.round(self.onsets * SAMPLE_RATE / HOP).astype(int)
        return np.array([above[i : i + 7].max() >= AUDIBLE_DB for i in frames], bool)

    def comparison(self, found: np.ndarray, audible_only: bool = False) -> Comparison:
        """Found onsets (s) against the true ones. audible_only: inaudible events and texture count neither way."""
        if not audible_only:
            return Comparison(found, self.onsets, SECONDS)
        optional = np.concatenate([self.onsets[~self.audible], self.texture])
        return Comparison(found, self.onsets[self.audible], SECONDS, optional)

    @cached_property
    def classes(self) -> tuple[np.ndarray, np.ndarray]:
        """Class indices of action and material, one per event."""
        return (
            np.array([ACTIONS.index(event.action) for event in self.events], int),
            np.array([MATERIALS.index(event.material) for event in self.events], int),
        )


class HeldOutWorlds:
    """A folder of rendered videos with pictures. Motions are read once. Raises BadSettings."""

    def __init__(self, folder: str | Path):
        self.videos = LongVideos(folder)
        missing = [f.name for f in self.videos.folders if not (f / "motion.npz").is_file()]
        if missing:
            raise BadSettings(f"{folder} was rendered without pictures: {missing[0]} has no motion.npz.")
        self.motions = [_read_motion(folder) for folder in self.videos.folders]

    def __len__(self) -> int:
        return len(self.videos)

    def draw(self, count: int, seed: int = 0, tries: int = 40) -> list[Clip]:
        """`count` windows with at least one event each, spread evenly over the videos. Same seed, same windows."""
        rng = np.random.default_rng(seed)
        order = np.concatenate([rng.permutation(len(self)) for _ in range(-(-count // len(self)))])
        clips: list[Clip] = []
        for video in order:
            for _ in range(tries):
                start = round(self.videos.random_start(int(video), rng), 3)
                if self._events(int(video), start):
                    clips.append(self._clip(int(video), start, rng))
                    break
            if len(clips) == count:
                break
        return clips

    def _events(self, video: int, start: float) -> tuple[Event, ...]:
        inside = (e for e in self.videos.events[video] if start <= e.time < start + LATEST_EVENT)
        return tuple(replace(e, time=e.time - start) for e in inside)

    def _clip(self, video: int, start: float, rng: np.random.Generator) -> Clip:
        videos, last = self.videos, self.videos.plans[video].seconds - SECONDS
        # The neighbour does not overlap this window: it is before or after, on the side with more room.
        room = [(0.0, start - SECONDS), (start + SECONDS, last)]
        low, high = room[int(np.argmax([b - a for a, b in room]))]
        action, ambient = videos.clip(video, start)
        neighbour = videos.clip(video, float(rng.uniform(low, max(low, high))))
        cues = (Cue(e.time, e.strength, e.action, e.material, 1.0, e.duration) for e in videos.events[video])
        return Clip(
            motion=self.motions[video],
            video=video,
            start=start,
            events=self._events(video, start),
            true_cues=CueTrack(tuple(cues), "truth"),
            action=action,
            ambient=ambient,
            neighbour=neighbour.sum(0).clip(-1, 1),
            neighbour_ambience=neighbour[1],
            ambience_kind=videos.plans[video].ambience,
        )


def mixes_of(clips: Sequence[Clip]) -> np.ndarray:
    """(n, 48000) float32: the true audio of each clip."""
    return np.stack([clip.mix for clip in clips])


def onsets_of(waveforms: np.ndarray) -> list[np.ndarray]:
    """Detected onsets (s) of each of (n, 48000)."""
    return [detect_onsets(waveform) for waveform in waveforms]


def windows_of(videos: LongVideos) -> list[tuple[int, float]]:
    """(video, start in s) of all windows of 3 s, side by side."""
    length = AUDIO.window_seconds
    return [
        (video, float(start))
        for video, plan in enumerate(videos.plans)
        for start in np.arange(0, plan.seconds - length + 1e-6, length)
    ]


def _read_motion(folder: Path) -> Motion:
    """The motion stored with a rendered video, with its pictures where they were stored (`a2s world render --mp4`)."""
    motion = Motion.load(folder / "motion.npz")
    film = folder / "video.mp4"
    return replace(motion, film=Film(film)) if film.is_file() else motion
