"""The json that comes with HiFi-GAN's weights: what it must say to fit this model's mel."""

from __future__ import annotations

from math import prod

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
UNSAID_BANDS = 80
"""What the authors' generator takes `conv_pre_size` to be where the json doesn't say."""


def hifigan_config(content: dict) -> dict:
    """Arguments of `HiFiGAN`. Raises BadCheckpoint where another mel was meant, or the json makes no generator."""
    if absent := [name for name in SHAPE if name not in content]:
        raise BadCheckpoint(f"HiFi-GAN's json lacks {', '.join(absent)}.")
    bands = content.get("conv_pre_size", UNSAID_BANDS)
    if bands != AUDIO.n_mels:
        raise BadCheckpoint(f"HiFi-GAN's json is for {bands} mel bands (conv_pre_size), not for {AUDIO.n_mels}.")
    if content.get("return_mel"):
        raise BadCheckpoint("HiFi-GAN's json asks for a mel beside the waveform (return_mel); it must not.")
    spec = {"sampling_rate": AUDIO.sample_rate, "hop_size": AUDIO.hop_length, "fmin": AUDIO.fmin, "fmax": AUDIO.fmax}
    for name, value in spec.items():
        if content.get(name, value) != value:
            raise BadCheckpoint(f"HiFi-GAN's json is for another mel: {name} is {content[name]}, not {value:g}.")
    try:
        rates, kernels = content["upsample_rates"], content["upsample_kernel_sizes"]
        paddable = all(kernel >= rate and (kernel - rate) % 2 == 0 for rate, kernel in zip(rates, kernels, strict=True))
        whole = content["upsample_initial_channel"] % 2 ** len(rates) == 0
        samples = prod(rates)
    except (TypeError, ValueError) as error:
        raise BadCheckpoint("HiFi-GAN's json makes no generator.") from error
    if samples != AUDIO.hop_length:
        raise BadCheckpoint(f"HiFi-GAN's json makes {samples} samples of a mel frame, not {AUDIO.hop_length}.")
    if not paddable or not whole:
        raise BadCheckpoint("HiFi-GAN's json makes no generator: its kernels and rates don't go together.")
    return {name: content[name] for name in SHAPE} | {"conv_pre_size": bands}
