"""What the pipeline returns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from diffusers.utils import BaseOutput

from a2s.cues import CueTrack
from a2s.pipelines.ambience import AmbienceSource


@dataclass
class AVLDMWindowOutput(BaseOutput):
    """The result of `AVLDMPipeline.sample`: one window of 3 s for each row.

    mels: (B, 128, 188) float32 in [0, 1]. latents: (B, C, 16, 24), normalised as the UNet takes them.
    """

    mels: torch.Tensor
    latents: torch.Tensor


@dataclass
class AVLDMPipelineOutput(BaseOutput):
    """The result of `AVLDMPipeline.__call__` for one video.

    audios: (takes, channels, samples) float32 in [-1, 1] at `pipe.sample_rate`, as long as the picture; a NumPy array
    for output_type "np", a tensor for "pt". For "mel" it is the mel (takes, 128, T) float32 in [0, 1], a NumPy array;
    for "latent" the latents of all windows in a row, a tensor (takes, C, 16, columns).
    cues: the cue track that was used. ambience: the source and the level of the ambient condition.
    """

    audios: np.ndarray | torch.Tensor
    cues: CueTrack
    ambience: AmbienceSource
