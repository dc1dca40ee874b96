"""A learned correction of physics: a network trained in the foley world says which pushes are heard and which are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from a2s.cues.curves import RATE, curves
from a2s.cues.detector import LATENCY, THRESHOLD, prominence, running
from a2s.cues.novelty import step_frames

if TYPE_CHECKING:
    from a2s.cues.motion import Motion
    from a2s.models.cue_net import CueNet

TRUST = 1.0
"""What the correction counts; 0 is physics alone. The only number that real clips had a say in."""

WEAKEST = 0.02
"""Physics never says less than this (as a part of a strong push), so that the network can still object."""

STRETCH = 10.0
"""Seconds over which a speed counts as fast, as in the physics detector."""


def log_odds(relative: np.ndarray) -> np.ndarray:
    """Physics' log-odds that something strikes: 0 where the relative height is at the threshold."""
    return np.log(np.maximum(relative, WEAKEST) / THRESHOLD)


def inputs(motion: Motion, relative: np.ndarray) -> np.ndarray:
    """(T, CHANNELS) float32: what the network sees. relative: (F,) physics' relative height (`prominence`)."""
    speed = np.linalg.norm(motion.velocity, axis=-1).reshape(len(motion.times), -1)
    count = max(1, speed.shape[1] // 6)
    fast = np.partition(speed, -count, axis=1)[:, -count:].mean(1)
    return curves(motion, log_odds(relative), running(fast, motion.times, STRETCH, 98))


def corrected(motion: Motion, relative: np.ndarray, net: CueNet, trust: float = TRUST) -> np.ndarray:
    """(F,) relative heights with the network's say in them: the log-odds of both are added."""
    import torch

    with torch.inference_mode():
        correction = net(torch.from_numpy(inputs(motion, relative))[None])[0].numpy()
    times = motion.times
    interval = float(np.median(np.diff(times)))
    contact = times - times[0] - (step_frames(motion) + 1) / 2 * interval + LATENCY
    say = np.interp(contact, np.arange(len(correction)) / RATE, correction)
    return THRESHOLD * np.exp(log_odds(relative) + trust * say)
