"""Windows of a folder of rendered scenes (`a2s world render-scenes`), as sound and as mels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from a2s.audio.levels import db_to_amplitude
from a2s.audio.mel import mel_spectrogram, pad_frames
from a2s.errors import BadSettings
from a2s.settings import AudioSpec
from a2s.training.data import held_out_folder

_MOVED = 0.35
"""Share of the windows whose level is moved."""

_DB_RANGE = 100
"""dB between 0 and 1 in a mel."""


class Corpus:
    """Scenes as (n,) int16 npy files at `spec.sample_rate`, mapped into memory. Raises BadSettings without any."""

    def __init__(self, folder: Path, spec: AudioSpec) -> None:
        self.spec = spec
        files = sorted(f for f in folder.glob("*.npy") if f.stem.isdigit())
        if not files:
            raise BadSettings(f"{folder} holds no rendered scenes; `a2s world render-scenes` makes some.")
        self.scenes = [np.load(f, mmap_mode="r") for f in files]

    def batch(self, size: int, rng: np.random.Generator, samples: int | None = None) -> torch.Tensor:
        """(size, samples) float32 in [-1, 1]; by default whole model windows."""
        length = samples or self.spec.window_samples
        return torch.from_numpy(np.stack([self._window(rng, length) for _ in range(size)]))

    def _window(self, rng: np.random.Generator, samples: int) -> np.ndarray:
        scene = self.scenes[rng.integers(len(self.scenes))]
        first = int(rng.integers(0, len(scene) - samples + 1))
        out = scene[first : first + samples].astype(np.float32) / 32768
        if rng.random() < _MOVED:
            peak = np.abs(out).max() + 1e-6
            out = out * np.float32(min(0.99 / peak, db_to_amplitude(rng.uniform(-18, 12))))
        return out


class Mels(Corpus):
    """The same scenes as mels. Each is computed once and kept in memory as float16."""

    def __init__(self, folder: Path, spec: AudioSpec) -> None:
        super().__init__(folder, spec)
        self._computed: dict[int, torch.Tensor] = {}

    def draw(self, size: int, rng: np.random.Generator) -> torch.Tensor:
        """(size, n_mels, padded_frames) in [0, 1]: windows with silence appended."""
        rows = []
        for _ in range(size):
            mel = self._scene(int(rng.integers(len(self.scenes))))
            first = int(rng.integers(0, mel.shape[-1] - self.spec.window_frames + 1))
            row = mel[:, first : first + self.spec.window_frames].float()
            if rng.random() < _MOVED:
                headroom = _DB_RANGE * (0.98 - float(row.max()))
                row = (row + rng.uniform(-18, max(-17.0, min(12.0, headroom))) / _DB_RANGE).clamp(0, 1)
            rows.append(pad_frames(row, self.spec))
        return torch.stack(rows)

    def _scene(self, index: int) -> torch.Tensor:
        if index not in self._computed:
            wave = torch.from_numpy(self.scenes[index].astype(np.float32) / 32768)
            self._computed[index] = mel_spectrogram(wave, self.spec).half()
        return self._computed[index]


def held_out_waves(data: Path, spec: AudioSpec, clips: int, seed: int) -> torch.Tensor:
    """(clips, window_samples) of the scenes in `DATA-held-out`, or of the data set where there is no such folder."""
    return Corpus(held_out_folder(data) or data, spec).batch(clips, np.random.default_rng(seed))
