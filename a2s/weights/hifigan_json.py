"""The JSON file beside HiFi-GAN's weights: its architecture, which must fit the model's mel."""

from __future__ import annotations

from math import prod
from typing import Any

from a2s.errors import BadCheckpoint
from a2s.settings import AUDIO

SHAPE = (
    "resblock",
    "upsample_rates",
    "upsample_kernel_sizes",
    "upsample_initial_channel",
    "resblock_kernel_sizes",
    "resblock_dilation_sizes",
)
DEFAULT_BANDS = 80
"""`conv_pre_size` of the authors' generator if the file has none."""


def hifigan_config(content: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of `HiFiGAN`. Raises BadCheckpoint for another mel or an impossible architecture."""
    if absent := [name for name in SHAPE if name not in content]:
        raise BadCheckpoint(f"HiFi-GAN's JSON file lacks {', '.join(absent)}.")
    bands = content.get("conv_pre_size", DEFAULT_BANDS)
    if bands != AUDIO.n_mels:
        raise BadCheckpoint(f"HiFi-GAN's JSON file is for {bands} mel bands (conv_pre_size), not for {AUDIO.n_mels}.")
    if content.get("return_mel"):
        raise BadCheckpoint("HiFi-GAN's JSON file sets return_mel; it must be false or absent.")
    spec = {"sampling_rate": AUDIO.sample_rate, "hop_size": AUDIO.hop_length, "fmin": AUDIO.fmin, "fmax": AUDIO.fmax}
    for name, value in spec.items():
        if content.get(name, value) != value:
            raise BadCheckpoint(f"HiFi-GAN's JSON file is for another mel: {name} is {content[name]}, not {value:g}.")
    try:
        rates, kernels = content["upsample_rates"], content["upsample_kernel_sizes"]
        paddable = all(kernel >= rate and (kernel - rate) % 2 == 0 for rate, kernel in zip(rates, kernels, strict=True))
        whole = content["upsample_initial_channel"] % 2 ** len(rates) == 0
        samples = prod(rates)
    except (TypeError, ValueError) as error:
        raise BadCheckpoint("HiFi-GAN's JSON file describes no generator.") from error
    if samples != AUDIO.hop_length:
        raise BadCheckpoint(f"HiFi-GAN's JSON file describes {samples} samples per mel frame, not {AUDIO.hop_length}.")
    if not paddable or not whole:
        raise BadCheckpoint("HiFi-GAN's JSON file describes no generator: its kernel sizes do not fit its rates.")
    return {name: content[name] for name in SHAPE} | {"conv_pre_size": bands}
