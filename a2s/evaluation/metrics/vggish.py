"""VGGish (Hershey et al., "CNN architectures for large-scale audio classification", ICASSP 2017), embeddings alone.

The published front-end and architecture; weights are those of the PyTorch port "torchvggish", a state dict of
`features.*` and `embeddings.*`. As frechet-audio-distance 0.2.0 does with use_pca=False and use_activation=False, which
the paper's FAD was measured with, a frame is the 128 numbers before the last ReLU, without PCA. The published weights
could not be had where this was written: that the port's keys and shapes are met is tested, that its figures are is not.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import nn

from a2s.errors import WeightsMissing
from a2s.weights.unpickle import open_checkpoint

SAMPLE_RATE, WINDOW, HOP, N_FFT = 16_000, 400, 160, 512
BANDS, LOWEST, HIGHEST, OFFSET = 64, 125.0, 7_500.0, 0.01
ROWS = 96
"""Frames of 10 ms that one embedding is of: 0.96 s."""


class VGGish(nn.Module):
    """Log-mel (B, 96, 64) -> (B, 128)."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 1
        for block in ((64,), (128,), (256, 256), (512, 512)):
            for channels in block:
                layers += [nn.Conv2d(before, channels, 3, padding=1), nn.ReLU()]
                before = channels
            layers.append(nn.MaxPool2d(2, 2))
        self.features = nn.Sequential(*layers)
        self.embeddings = nn.Sequential(
            nn.Linear(512 * 6 * 4, 4096), nn.ReLU(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 128)
        )

    def forward(self, examples: torch.Tensor) -> torch.Tensor:
        # The weights were TensorFlow's, where channels come last.
        return self.embeddings(self.features(examples[:, None]).permute(0, 2, 3, 1).flatten(1))


def load_vggish(file: str | Path) -> VGGish:
    """The published weights from a state dict. Raises BadCheckpoint (unsafe, damaged) or WeightsMissing (another's)."""
    # Building 72 million random weights first would take longer than reading them.
    with torch.device("meta"):
        model = VGGish()
    found = {k: v for k, v in open_checkpoint(file).items() if k.split(".")[0] in ("features", "embeddings")}
    try:
        model.load_state_dict(found, assign=True)
    except RuntimeError as error:
        raise WeightsMissing(f"{file} holds no VGGish weights of torchvggish.") from error
    return model.float().eval()


def log_mel(waves: torch.Tensor) -> torch.Tensor:
    """(n, samples) float32 in [-1, 1] at 16 kHz -> (n, frames, 64): log of mel magnitude + 0.01, 10 ms a frame."""
    windows = waves.unfold(-1, WINDOW, HOP) * torch.hann_window(WINDOW)
    return torch.log(torch.fft.rfft(windows, N_FFT).abs() @ _mel_basis() + OFFSET)


def examples_of(waves: torch.Tensor) -> torch.Tensor:
    """(n, samples) -> (n, F, 96, 64), examples of 0.96 s side by side; what is left at the end is dropped."""
    frames = log_mel(waves)
    count = frames.shape[1] // ROWS
    return frames[:, : count * ROWS].unflatten(1, (count, ROWS))


@lru_cache(maxsize=1)
def _mel_basis() -> torch.Tensor:
    """(257, 64): triangles on HTK's mel scale, unit height, straight in mel and not in Hz; nothing of DC."""

    def mel(hertz):
        return 1127.0 * np.log1p(np.asarray(hertz) / 700.0)

    bins = mel(np.linspace(0, SAMPLE_RATE / 2, N_FFT // 2 + 1))[:, None]
    edges = np.linspace(mel(LOWEST), mel(HIGHEST), BANDS + 2)
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    weights = np.maximum(0, np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre)))
    weights[0] = 0
    return torch.from_numpy(weights.astype(np.float32))
