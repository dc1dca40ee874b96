"""VGGish (Hershey et al., "CNN architectures for large-scale audio classification", ICASSP 2017): its embeddings.

The published front end and architecture, with the weights of the PyTorch port "torchvggish", a state dict of
`features.*` and `embeddings.*`. An embedding is the 128 numbers before the last ReLU, without PCA, as in
frechet-audio-distance 0.2.0 with use_pca=False and use_activation=False, which measured the paper's FAD. Tests prove
that the port's keys and shapes load; without the published weights they do not prove its figures.

Our own implementation, because the port downloads its weights and is not maintained.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import nn

from a2s.errors import WeightsMissing
from a2s.weights.unpickle import open_checkpoint

SAMPLE_RATE, WINDOW, HOP, N_FFT = 16_000, 400, 160, 512
BANDS, LOWEST, HIGHEST, OFFSET = 64, 125.0, 7_500.0, 0.01
FRAMES = 96
"""Mel frames of 10 ms in one embedding: 0.96 s."""


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
        # The weights come from TensorFlow, where channels are the last dimension.
        return self.embeddings(self.features(examples[:, None]).permute(0, 2, 3, 1).flatten(1))


def load_vggish(file: str | Path) -> VGGish:
    """Read the published weights. Raises BadCheckpoint (unsafe or damaged file), WeightsMissing (other weights)."""
    # Initialising 72 million random weights first would take longer than reading the file.
    with torch.device("meta"):
        model = VGGish()
    found = {k: v for k, v in open_checkpoint(file).items() if k.split(".")[0] in ("features", "embeddings")}
    try:
        model.load_state_dict(found, assign=True)
    except RuntimeError as error:
        raise WeightsMissing(f"{file} holds no VGGish weights of torchvggish.") from error
    return model.float().eval()


def vggish_frames() -> Callable[[np.ndarray], np.ndarray]:
    """A function (n, samples) float32 at 16 kHz -> (n, F, 128). Weights from A2S_VGGISH. Raises WeightsMissing."""
    file = os.environ.get("A2S_VGGISH", "")
    if not Path(file).is_file():
        raise WeightsMissing(
            "The VGGish weights are missing: set A2S_VGGISH to the path of torchvggish's vggish-10086976.pth."
        )
    model = load_vggish(file)

    def frames(waves: np.ndarray) -> np.ndarray:
        examples = examples_of(torch.from_numpy(waves))
        return model(examples.flatten(0, 1)).unflatten(0, examples.shape[:2]).numpy()

    return frames


def log_mel(waves: torch.Tensor) -> torch.Tensor:
    """(n, samples) float32 in [-1, 1] at 16 kHz -> (n, frames, 64): log of mel magnitude + 0.01, 10 ms per frame."""
    windows = waves.unfold(-1, WINDOW, HOP) * torch.hann_window(WINDOW)
    return torch.log(torch.fft.rfft(windows, N_FFT).abs() @ _mel_basis() + OFFSET)


def examples_of(waves: torch.Tensor) -> torch.Tensor:
    """(n, samples) -> (n, F, 96, 64): examples of 0.96 s side by side. The remainder is dropped."""
    frames = log_mel(waves)
    count = frames.shape[1] // FRAMES
    return frames[:, : count * FRAMES].unflatten(1, (count, FRAMES))


@lru_cache(maxsize=1)
def _mel_basis() -> torch.Tensor:
    """(257, 64): triangles on the HTK mel scale, unit height, linear in mel rather than in Hz; no DC."""

    def mel(hertz: np.ndarray | float) -> np.ndarray:
        return 1127.0 * np.log1p(np.asarray(hertz) / 700.0)

    bins = mel(np.linspace(0, SAMPLE_RATE / 2, N_FFT // 2 + 1))[:, None]
    edges = np.linspace(mel(LOWEST), mel(HIGHEST), BANDS + 2)
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    weights = np.maximum(0, np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre)))
    weights[0] = 0
    return torch.from_numpy(weights.astype(np.float32))
