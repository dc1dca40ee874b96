"""Windows of unseen worlds with everything that is known about them, and the sound that a model makes for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from a2s.audio.mel import mel_spectrogram, pad_frames
from a2s.audio.onset_scores import Comparison
from a2s.audio.onsets import HOP, SAMPLE_RATE, band_levels, detect_onsets
from a2s.cues import Cue, CueTrack, detect_cues
from a2s.cues.cue_roll import draw_cue_roll
from a2s.datasets.foley_world.plan import Event
from a2s.errors import BadSettings
from a2s.media import Film
from a2s.settings import ACTIONS, AUDIO, MATERIALS
from a2s.training.data import LongVideos
from a2s.vision import Motion

SECONDS = AUDIO.window_seconds
LAST = SECONDS - 0.05
"""Events that begin later in a window leave too little of themselves to be heard."""

AUDIBLE_DB = 3.0
"""Mean over the bands of an onset by which an event stands out of the place that it is heard in."""

TEXTURE = 0.05
"""Grid in s over a sustained sound: bubbles of a pour and catches of a scrape are neither asked for nor wrong."""


@dataclass(frozen=True, eq=False)
class Clip:
    """One window [start, start + 3 s) of one long video.

    events: ground truth with times from the window's start. action, ambient: (48000,) float32 stems. neighbour:
    (48000,) the true mix of another window of the same video. place: (48000,) that window's ambience alone. kind: of
    the ambience.
    """

    motion: Motion
    video: int
    start: float
    events: tuple[Event, ...]
    true_cues: CueTrack
    action: np.ndarray
    ambient: np.ndarray
    neighbour: np.ndarray
    place: np.ndarray
    kind: str

    @property
    def mix(self) -> np.ndarray:
        """(48000,) float32, as it is heard in truth."""
        return (self.action + self.ambient).clip(-1, 1)

    @property
    def onsets(self) -> np.ndarray:
        """Times (s) of the events that begin in the window."""
        return np.array([event.time for event in self.events])

    @cached_property
    def texture(self) -> np.ndarray:
        """Moments (s) within sustained sounds, on a grid, also of those that began before the window."""
        spans = [(c.time - self.start, c.duration) for c in self.true_cues if c.duration > 0]
        grids = [np.arange(t, t + duration + TEXTURE, TEXTURE) for t, duration in spans]
        grid = np.concatenate([np.zeros(0), *grids])
        return grid[(grid >= 0) & (grid < SECONDS)]

    @cached_property
    def audible(self) -> np.ndarray:
        """(len(events),) bool: does the mix stand out of the place by AUDIBLE_DB within 60 ms?"""
        above = np.maximum(0, band_levels(self.mix) - band_levels(self.ambient)).mean(1)
        at = np.round(self.onsets * SAMPLE_RATE / HOP).astype(int)
        return np.array([above[i : i + 7].max() >= AUDIBLE_DB for i in at], bool)

    def compared(self, found: np.ndarray, forgiving: bool = False) -> Comparison:
        """Found onsets against all events; `forgiving` asks for the audible ones and lets texture pass."""
        if not forgiving:
            return Comparison(found, self.onsets, SECONDS)
        optional = np.concatenate([self.onsets[~self.audible], self.texture])
        return Comparison(found, self.onsets[self.audible], SECONDS, optional)

    @cached_property
    def classes(self) -> tuple[np.ndarray, np.ndarray]:
        """Class indices of action and material, one each event."""
        return (
            np.array([ACTIONS.index(e.action) for e in self.events], int),
            np.array([MATERIALS.index(e.material) for e in self.events], int),
        )


class UnseenWorlds:
    """A folder of rendered videos with pictures. Motions are read once."""

    def __init__(self, folder: str | Path):
        self.videos = LongVideos(folder)
        missing = [f.name for f in self.videos.folders if not (f / "motion.npz").is_file()]
        if missing:
            raise BadSettings(f"{folder} was rendered without pictures: there is no motion.npz in {missing[0]}.")
        self.motions = [_motion(folder) for folder in self.videos.folders]

    def __len__(self) -> int:
        return len(self.videos)

    def draw(self, count: int, seed: int = 0, tries: int = 40) -> list[Clip]:
        """`count` windows with at least one event each, as many videos as there are. Same seed, same windows."""
        rng = np.random.default_rng(seed)
        order = np.concatenate([rng.permutation(len(self)) for _ in range(-(-count // len(self)))])
        clips = []
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
        inside = (e for e in self.videos.events[video] if start <= e.time < start + LAST)
        return tuple(replace(e, time=e.time - start) for e in inside)

    def _clip(self, video: int, start: float, rng: np.random.Generator) -> Clip:
        videos, last = self.videos, self.videos.plans[video].seconds - SECONDS
        # Another window that shares no moment with this one: before it or after it, whichever has room.
        room = [(0.0, start - SECONDS), (start + SECONDS, last)]
        low, high = room[int(np.argmax([b - a for a, b in room]))]
        action, ambient = videos.clip(video, start)
        other = videos.clip(video, float(rng.uniform(low, max(low, high))))
        cues = (Cue(e.time, e.strength, e.action, e.material, 1.0, e.duration) for e in videos.events[video])
        return Clip(
            motion=self.motions[video],
            video=video,
            start=start,
            events=self._events(video, start),
            true_cues=CueTrack(tuple(cues), "truth"),
            action=action,
            ambient=ambient,
            neighbour=other.sum(0).clip(-1, 1),
            place=other[1],
            kind=videos.plans[video].ambience,
        )


def _motion(folder: Path) -> Motion:
    """What was seen when a video was rendered, with its pictures where they were kept (`world render --mp4`)."""
    motion = Motion.load(folder / "motion.npz")
    film = folder / "video.mp4"
    return replace(motion, film=Film(film)) if film.is_file() else motion


@dataclass(frozen=True, eq=False)
class Made:
    """What a model made for some clips. mels: (n, 128, 188); waveforms: (n, 48000) float32."""

    mels: np.ndarray
    waveforms: np.ndarray


class Maker:
    """Runs one model over clips in batches. A clip's noise depends on the seed and its place in the list alone."""

    def __init__(self, pipe, steps: int = 12, guidance: float = 2.5, seed: int = 0, batch: int = 8):
        self.pipe, self.steps, self.guidance, self.seed, self.batch = pipe, steps, guidance, seed, batch
        pipe.set_progress_bar_config(disable=True)

    def make(
        self,
        clips: Sequence[Clip],
        cues: Sequence[CueTrack],
        ambiences: Sequence[np.ndarray | None],
        told: Callable[[int], None] = lambda done: None,
    ) -> Made:
        """Sound of each clip with its cue track (times of the long video) and ambient condition (n,) at 16 kHz.

        None for a condition is a latent of zeros.
        """
        from a2s.pipelines.windows import noise_source

        mels = []
        for first in range(0, len(clips), self.batch):
            part = range(first, min(first + self.batch, len(clips)))
            tokens = torch.cat([self.pipe.encode_video(clips[i].motion, clips[i].start) for i in part])
            rolls = torch.from_numpy(np.stack([draw_cue_roll(cues[i].cues, clips[i].start) for i in part]))
            ambient = torch.cat([self._ambient(ambiences[i]) for i in part])
            noise = [noise_source(self.seed, i, 0) for i in part]
            out = self.pipe.sample(tokens, rolls, ambient, self.steps, self.guidance, noise)
            mels.append(out.mels.float().cpu())
            told(len(part))
        return self.sounded(torch.cat(mels))

    def _ambient(self, waveform: np.ndarray | None) -> torch.Tensor:
        if waveform is not None:
            return self.pipe.encode_ambient(waveform)
        return torch.zeros((1, self.pipe.vae.config.latent_channels, AUDIO.latent_bands, AUDIO.latent_frames))

    def resynthesised(self, waveforms: np.ndarray) -> Made:
        """True sounds (n, 48000) through VAE and vocoder: what no denoiser can be better than."""
        mel = pad_frames(mel_spectrogram(torch.from_numpy(waveforms)))
        with torch.inference_mode():
            back = [self.pipe.vae.decode(self.pipe.vae.encode(part)) for part in mel.split(self.batch)]
        return self.sounded(torch.cat(back)[..., : AUDIO.window_frames])

    def sounded(self, mels: torch.Tensor) -> Made:
        """mels (n, 128, 188) -> the same with their waveforms."""
        waves = torch.cat([self.pipe.vocode(part)[:, : AUDIO.window_samples] for part in mels.split(self.batch)])
        return Made(mels.numpy(), waves.float().cpu().numpy())


def automatic_cues(pipe, clips: Sequence[Clip]) -> list[CueTrack]:
    """What the machine sees in each clip's long video, labelled; every video is looked at once."""
    seen: dict[int, CueTrack] = {}
    for clip in clips:
        if clip.video not in seen:
            seen[clip.video] = pipe.label_cues(clip.motion, detect_cues(clip.motion))
    return [seen[clip.video] for clip in clips]


def onsets_of(waveforms: np.ndarray) -> list[np.ndarray]:
    """Detected onsets (s) of each of (n, 48000)."""
    return [detect_onsets(wave) for wave in waveforms]
