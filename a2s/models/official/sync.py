"""The released AV-Sync classifier: is a sound the picture's own, in time? A metric, no part of any pipeline."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from a2s.models.official.av_sim import OfficialAVSim
from a2s.models.official.fbank import fbank


class OfficialSync(nn.Module):
    """An AV-Sim of its own and a head on both embeddings, which are not normalised here.

    The authors' code cuts a clip in halves and lets its filter bank cut each half again, so that 0.5 s of either is
    heard. That is kept, for figures that compare; `a2s.evaluation.judges.sync` judges whole windows.
    """

    def __init__(self, av_sim: OfficialAVSim):
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
        """pictures (32, S, S, 3) uint8 spread over the window, waveform (n,) float32 at 16 kHz -> (2,), one a half."""
        halves = pictures.unflatten(0, (2, -1))
        seen = self.av_sim.vid_proj(self.av_sim.encode(halves)[:, 0])
        middle = len(waveform) // 2
        rows = torch.stack([fbank(waveform[:middle]), fbank(waveform[middle:])])
        heard = self.av_sim.audio_model(rows).logits
        return self.mlp(torch.cat([heard, seen], 1)).sigmoid()[:, 0].numpy()

    def in_sync(self, pictures: torch.Tensor, waveform: np.ndarray) -> bool:
        """Whether either half is; the published AV-Sync is the share of clips of which this is true."""
        return bool((self.probabilities(pictures, waveform) >= 0.5).any())
