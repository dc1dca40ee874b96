"""Assign the weights of a checkpoint to those of a2s's classes. Every name is accounted for before a weight is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from a2s.errors import BadCheckpoint
from a2s.weights.names import ast_names, unet_name, vae_name
from a2s.weights.release import Checkpoint

SCHEDULE = (
    "betas",
    "alphas_cumprod",
    "alphas_cumprod_prev",
    "sqrt_alphas_cumprod",
    "sqrt_one_minus_alphas_cumprod",
    "log_one_minus_alphas_cumprod",
    "sqrt_recip_alphas_cumprod",
    "sqrt_recipm1_alphas_cumprod",
    "posterior_variance",
    "posterior_log_variance_clipped",
    "posterior_mean_coef1",
    "posterior_mean_coef2",
)
"""Tables of the noise schedule. They follow from the first one, so none is imported (see `check_schedule`)."""
MAX_LISTED = 20
"""Names of one fault that an error lists."""


@dataclass(frozen=True)
class Source:
    """Where a weight is in a checkpoint.

    part, parts: the weight is one of `parts` equal shares of the rows. gain: name of the weight norm's `weight_g`; then
    `name` is its `weight_v`.
    """

    name: str
    gain: str | None = None
    part: int = 0
    parts: int = 1

    def shape(self, shapes: dict[str, tuple[int, ...]]) -> tuple[int, ...]:
        """Return the weight's shape, given the shapes in the checkpoint."""
        first, *rest = shapes[self.name] or (0,)
        return (first // self.parts, *rest) if first % self.parts == 0 else shapes[self.name]

    def read(self, tensors: dict[str, torch.Tensor], shape: tuple[int, ...]) -> torch.Tensor:
        """Return the weight in its own precision. A 1x1 convolution is reshaped for a linear layer."""
        weight = tensors[self.name].detach()
        if self.gain:  # Salimans & Kingma 2016: w = g v / |v|, the norm over all but the first axis
            weight = weight.float()
            norm = weight.flatten(1).norm(dim=1).view(-1, *[1] * (weight.ndim - 1))
            weight = tensors[self.gain].detach().float() * (weight / norm)
        return weight.chunk(self.parts)[self.part].reshape(shape)


Target = tuple[str, list[str]]
"""A component and the names of its weights that one weight of a checkpoint becomes; several names share its rows."""


def latent_diffusion_target(name: str) -> Target | None:
    """Target of a name in the latent diffusion checkpoint; None for a name that the model does not have."""
    if name in SCHEDULE:
        return "scheduler", []
    if name.startswith(("cond_stage_model.", "audio_cond_encoder.")) or name == "audio_zero_embed":
        return "conditioner", [name]
    for prefix, component, rename, ours in (
        ("model.diffusion_model.", "unet", unet_name, ""),
        ("first_stage_model.", "vae", vae_name, "autoencoder."),
    ):
        if name.startswith(prefix) and (renamed := rename(name.removeprefix(prefix))):
            return component, [ours + renamed]
    return None


def av_sim_target(name: str) -> Target | None:
    """Target of a name in AV-Sim's checkpoint, which DataParallel wrote."""
    name = name.removeprefix("module.")
    if name.startswith("audio_model."):
        ours = ast_names(name.removeprefix("audio_model."))
        return None if ours is None else ("av_sim", [f"audio_model.{one}" for one in ours])
    return ("av_sim", [name]) if name.startswith(("video_model.", "vid_proj.")) else None


def vocoder_target(name: str) -> Target | None:
    """Target of a name in HiFi-GAN's generator. The names stay."""
    return "vocoder", [name]


Plan = dict[str, dict[str, Source]]
"""component -> name of a weight -> its source."""


def plan_weights(
    checkpoint: Checkpoint,
    target: Callable[[str], Target | None],
    components: dict[str, nn.Module],
    beside: tuple[str, ...] = (),
) -> Plan:
    """Assign every name of a checkpoint. Raises BadCheckpoint that lists missing, unexpected and mis-shaped weights.

    components: those that take their weights from this checkpoint, still empty. beside: names that must exist too.
    """
    found: Plan = {component: {} for component in components}
    missing = [name for name in beside if name not in checkpoint.shapes]
    unexpected, shapes = [], []
    for name in checkpoint.shapes:
        if name.endswith(".weight_g") and name[:-1] + "v" in checkpoint.shapes:
            continue  # read together with its weight_v
        gain = name[:-1] + "g" if name.endswith(".weight_v") and name[:-1] + "g" in checkpoint.shapes else None
        component, ours = target(name.removesuffix("_v") if gain else name) or (None, [])
        if component is None or any(one in found.get(component, {}) for one in ours):
            unexpected.append(name)
            continue
        for part, one in enumerate(ours):
            found[component][one] = Source(name, gain, part, len(ours))
    for component, module in components.items():
        sources, expected = found[component], {name: tuple(v.shape) for name, v in module.state_dict().items()}
        missing += [f"{component} {name}" for name in expected if name not in sources]
        unexpected += [source.name for name, source in sources.items() if name not in expected]
        shapes += [
            f"{source.name} {checkpoint.shapes[source.name]} for {expected[name]}"
            for name, source in sources.items()
            if name in expected and not _fits(source, expected[name], checkpoint.shapes)
        ]
    faults = (("missing", missing), ("unexpected", unexpected), ("of another shape", shapes))
    if listed := [f"{len(names)} {what}: {_list(names)}" for what, names in faults if names]:
        raise BadCheckpoint(f"{checkpoint.path.name} does not match the released model: {'; '.join(listed)}.")
    return found


def _fits(source: Source, expected: tuple[int, ...], shapes: dict[str, tuple[int, ...]]) -> bool:
    shape = source.shape(shapes)
    if source.gain and shapes[source.gain] != (shape[0], *[1] * (len(shape) - 1)):
        return False
    return shape == expected or (len(expected) == 2 and shape == (*expected, 1, 1))


def _list(names: list[str]) -> str:
    more = f" and {len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else ""
    return ", ".join(names[:MAX_LISTED]) + more


def check_schedule(checkpoint: Checkpoint, alphas_cumprod: torch.Tensor) -> None:
    """Compare the checkpoint's noise schedule with the sampler's. Raises BadCheckpoint."""
    theirs = checkpoint.tensors()["alphas_cumprod"].float()
    if theirs.shape != alphas_cumprod.shape or not torch.allclose(theirs, alphas_cumprod.float(), rtol=1e-5, atol=0):
        raise BadCheckpoint(f"{checkpoint.path.name} has another noise schedule than the released model.")
