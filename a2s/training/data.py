"""Training data: rendered long videos (`a2s.datasets.foley_world.world`) and recordings of real sounds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
import torch
from scipy.signal import resample_poly

from a2s.audio.levels import db_to_amplitude
from a2s.datasets.foley_world.plan import Event
from a2s.datasets.foley_world.world import read_plan
from a2s.errors import BadSettings
from a2s.settings import AUDIO

AUDIO_SUFFIXES = {".ogg", ".wav", ".flac", ".mp3"}
HELD_OUT_PREFIXES = ("3-",)
"""Recordings whose file name begins so are not trained on: fold 3 of ESC-10."""


class LongVideos:
    """A folder of rendered long videos, from which any clip can be cut.

    stems: memory-mapped (2, n) int16 per video (action, ambience). events: the true events per video.
    """

    def __init__(self, folder: str | Path, part: slice = slice(None)) -> None:
        self.folders = [
            f for f in sorted(Path(folder).iterdir()) if f.suffix != ".part" and (f / "plan.json").is_file()
        ][part]
        if not self.folders:
            raise BadSettings(f"{folder} holds no rendered videos; `a2s world render` makes some.")
        self.plans = [read_plan(f) for f in self.folders]
        self.stems = [np.load(f / "stems.npy", mmap_mode="r") for f in self.folders]
        self.events: list[tuple[Event, ...]] = [plan.events for plan in self.plans]

    def __len__(self) -> int:
        return len(self.folders)

    def clip(self, video: int, start: float, seconds: float = AUDIO.window_seconds) -> np.ndarray:
        """(2, n) float32: action and ambience of [start, start + seconds), zeros outside the video."""
        i, n = round(start * AUDIO.sample_rate), round(seconds * AUDIO.sample_rate)
        out = np.zeros((2, n), np.float32)
        stems = self.stems[video]
        a, b = max(i, 0), min(i + n, stems.shape[1])
        out[:, a - i : b - i] = stems[:, a:b] / np.float32(32768)
        return out

    def random_start(self, video: int, rng: np.random.Generator) -> float:
        """A start in s from which a whole window fits into the video."""
        return float(rng.uniform(0, self.plans[video].seconds - AUDIO.window_seconds))


class Recordings:
    """Recordings of real sounds, held in memory at 16 kHz. Each is drawn with the same probability."""

    def __init__(self, files: list[Path]) -> None:
        self.sounds = []
        for file in files:
            sound, rate = soundfile.read(file, dtype="float32", always_2d=True)
            sound = resample_poly(sound.mean(1), AUDIO.sample_rate, rate)
            if len(sound) > 800 and np.abs(sound).max() > 1e-3:
                self.sounds.append(np.round(sound * 32767).astype(np.int16))

    def clip(self, rng: np.random.Generator, samples: int) -> np.ndarray:
        """(samples,) float32: a random piece of a random recording at a random gain, padded where it is short."""
        sound = self.sounds[rng.integers(len(self.sounds))]
        out = np.zeros(samples, np.float32)
        if len(sound) > samples:
            i = rng.integers(0, len(sound) - samples)
            out[:] = sound[i : i + samples] / np.float32(32768)
        else:
            i = rng.integers(0, samples - len(sound) + 1)
            out[i : i + len(sound)] = sound / np.float32(32768)
        peak = np.abs(out).max() + 1e-6
        return out * np.float32(min(0.98 / peak, db_to_amplitude(rng.uniform(-24, 6))))


def sound_batch(
    videos: LongVideos,
    recordings: Recordings | None,
    size: int,
    samples: int,
    rng: np.random.Generator,
    real: float = 0.2,
) -> torch.Tensor:
    """(size, samples) float32 of mixes. A share `real` comes from the recordings; one mix in ten is ambience alone."""
    batch = []
    for _ in range(size):
        if recordings and rng.random() < real:
            batch.append(recordings.clip(rng, samples))
            continue
        video = int(rng.integers(len(videos)))
        start = rng.uniform(0, videos.plans[video].seconds - samples / AUDIO.sample_rate)
        action, ambient = videos.clip(video, start, samples / AUDIO.sample_rate)[:, :samples]
        mix = ambient if rng.random() < 0.1 else action + ambient
        batch.append(mix * np.float32(db_to_amplitude(rng.uniform(-20, 3))) if rng.random() < 0.4 else mix)
    return torch.from_numpy(np.stack(batch).clip(-1, 1))


def held_out_folder(data: str | Path) -> Path | None:
    """The folder `DATA-held-out` beside a data set, or None where there is none."""
    beside = Path(str(data).rstrip("/") + "-held-out")
    return beside if beside.is_dir() else None


def held_out_videos(data: str | Path) -> LongVideos:
    """The videos in `DATA-held-out`, or the last eight of the data set where there is no such folder."""
    folder = held_out_folder(data)
    return LongVideos(folder) if folder else LongVideos(data, slice(-8, None))


def held_out_mixes(data: str | Path, clips: int, rng: np.random.Generator) -> list[np.ndarray]:
    """`clips` windows (48000,) float32, taken in turn from the videos of `held_out_videos`."""
    videos = held_out_videos(data)
    chosen = [k % len(videos) for k in range(clips)]
    return [videos.clip(video, videos.random_start(video, rng)).sum(0).clip(-1, 1) for video in chosen]


def recordings_in(folder: str | Path | None, without: tuple[str, ...] = HELD_OUT_PREFIXES) -> list[Path]:
    """Audio files under a folder whose names do not begin with one of the prefixes `without`."""
    if folder is None:
        return []
    files = sorted(Path(folder).rglob("*"))
    return [f for f in files if f.suffix.lower() in AUDIO_SUFFIXES and not f.name.startswith(without)]
