"""The ablations of AV-LDM (Action2Sound, table 3): what a model is trained without."""

from __future__ import annotations

from a2s.training.config import StrictModel


class Ablation(StrictModel):
    """Which conditions a model has, in training and in inference.

    neighbour: another clip of the same long video as ambient condition. denoised: the target sound is denoised.
    cues: the cue roll beside the video tokens. aligned: the conditions also on the time grid of the latent.
    contrastive: video tokens of an encoder trained with InfoNCE alone, without onsets and classes.
    """

    neighbour: bool = True
    denoised: bool = False
    cues: bool = True
    aligned: bool = True
    contrastive: bool = False


FULL = Ablation()

ABLATIONS = {
    "full": FULL,
    "no-neighbour": Ablation(neighbour=False),
    "denoised": Ablation(neighbour=False, denoised=True),
    "diff-foley": Ablation(neighbour=False, cues=False, aligned=False, contrastive=True),
}
"""`diff-foley`: contrastive video features by cross-attention and guidance alone, as in Luo et al. (2023)."""
