"""The released AV-Sync classifier: whether a sound is in sync with a video. A metric, not part of a pipeline."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from a2s.models.official.av_sim import OfficialAVSim
from a2s.models.official.fbank import fbank


class OfficialSync(nn.Module):
    """An AV-Sim of its own and a head on its two embeddings, without normalisation.

    The authors' code cuts a clip into halves, of which its filter bank uses 0.5 s each. That is reproduced, so that
    figures are comparable; `a2s.evaluation.judges.sync` uses whole windows.
    """

    def __init__(self, av_sim: OfficialAVSim) -> None:
        super().__init__()
        self.av_sim = av_sim
        embedding = av_sim.config.embedding
        self.mlp = nn.Sequential(
            nn.Linear(2 * embedding, 4 * embedding),
            nn.ReLU(),
            nn.Linear(4 * embedding, 2 * embedding),
            nn.ReLU(),
            nn.Linear(2 * embedding, 1),
        )

    @torch.inference_mode()
    def probabilities(self, pictures: torch.Tensor, waveform: np.ndarray) -> np.ndarray:
        """Return the probabilities (2,) of both halves.

        pictures: (32, S, S, 3) uint8, spread over the window. waveform: (n,) float32 at 16 kHz.
        """
        halves = pictures.unflatten(0, (2, -1))
        video = self.av_sim.vid_proj(self.av_sim.encode(halves)[:, 0])
        middle = len(waveform) // 2
        rows = torch.stack([fbank(waveform[:middle]), fbank(waveform[middle:])])
        audio = self.av_sim.audio_model(rows).logits
        return self.mlp(torch.cat([audio, video], 1)).sigmoid()[:, 0].numpy()

    def in_sync(self, pictures: torch.Tensor, waveform: np.ndarray) -> bool:
        """Return whether one of the halves is in sync. The published AV-Sync is the share of such clips."""
        return bool((self.probabilities(pictures, waveform) >= 0.5).any())
