"""The first weights of a vocoder at a higher rate, from those of a vocoder at a lower rate."""

from __future__ import annotations

import numpy as np
import torch

from a2s.audio.mel import mel_basis
from a2s.errors import BadSettings
from a2s.models.vocoder import Vocoder
from a2s.settings import AudioSpec


def widened(given: Vocoder, spec: AudioSpec, rounds: int) -> Vocoder:
    """A vocoder for `spec` with the weights of `given`. rounds: of Griffin-Lim, which may differ.

    Bins of the same frequency keep their rows of the head; those above start at the prior magnitude. The stem reads
    the bands of `given` from those of `spec` by interpolation. Raises BadSettings where windows or hops last a
    different time, or the rate is lower.
    """
    old = given.spec
    same = old.n_fft * spec.sample_rate == spec.n_fft * old.sample_rate and old.frame_seconds == spec.frame_seconds
    if not same or spec.sample_rate < old.sample_rate:
        raise BadSettings(
            f"A vocoder at {old.sample_rate} Hz can only be widened to a higher rate with windows and hops that last "
            f"as long, not to {spec.sample_rate} Hz with {spec.n_fft} and {spec.hop_length} samples."
        )
    config = {name: getattr(spec, name) for name in ("sample_rate", "n_fft", "hop_length", "n_mels", "fmin", "fmax")}
    model = Vocoder.from_config(given.config, rounds=rounds, **config)
    weights = {name: value.clone() for name, value in given.state_dict().items()}
    weights["stem.weight"] = torch.einsum("cot,on->cnt", weights["stem.weight"], _bands(old, spec))
    for name in ("head.weight", "head.bias"):
        weights[name] = _head(weights[name], old, spec)
    momentum = weights.pop("momentum", None)
    if model.momentum is not None:
        weights["momentum"] = model.momentum.detach().clone()
        if momentum is not None:
            kept = min(rounds, len(momentum))
            weights["momentum"][:kept] = momentum[:kept]
    model.load_state_dict(weights)
    return model


def _head(rows: torch.Tensor, old: AudioSpec, new: AudioSpec) -> torch.Tensor:
    """(2 * old bins, ...) -> (2 * new bins, ...): first the gains, then the phases."""
    bins, shared = new.n_fft // 2 + 1, old.n_fft // 2 + 1
    grown = rows.new_zeros((2 * bins, *rows.shape[1:]))
    grown[:shared], grown[bins : bins + shared] = rows[:shared], rows[shared:]
    # Outside the old bands the prior was wrong, and these gains made up for it.
    hz = torch.linspace(0, old.sample_rate / 2, shared)
    grown[:shared][(hz < 1.3 * old.fmin) | (hz > 0.98 * old.fmax)] = 0
    # Bins above take the phases of different bins below. With equal phases every frame would begin with a click.
    above = torch.arange(shared, bins)
    grown[bins + above] = rows[shared + shared // 2 + (above * 7) % (shared // 2)]
    return grown


def _bands(old: AudioSpec, new: AudioSpec) -> torch.Tensor:
    """(old bands, new bands): each old band as a mean of the two new ones around its centre."""
    centres = [_centres(spec) for spec in (old, new)]
    out = np.zeros((old.n_mels, new.n_mels), np.float32)
    for row, hz in enumerate(centres[0]):
        place = np.interp(hz, centres[1], np.arange(new.n_mels))
        low = min(int(place), new.n_mels - 2)
        out[row, low], out[row, low + 1] = 1 - (place - low), place - low
    return torch.from_numpy(out)


def _centres(spec: AudioSpec) -> np.ndarray:
    """(n_mels,) Hz of the middle of each band."""
    basis = mel_basis(spec).numpy()
    hz = np.linspace(0, spec.sample_rate / 2, basis.shape[1])
    return (basis * hz).sum(1) / basis.sum(1)
