"""How long a dub will take on this machine: measured when the model is warm, corrected by every dub that is made."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from a2s.settings import AUDIO

TRUST = 0.3
"""How much the newest dub says against those before it."""

EACH = 0.2
"""Seconds that a take costs beside the model: reading, loudness, pictures, files."""


@dataclass
class DubEstimator:
    """Seconds for one sampler step of one window with guidance, for what else a window needs, for a second of sound.

    correction: what dubs really took, as a multiple of what was said.
    """

    step: float
    window: float
    sound: float
    correction: float = 1.0

    @classmethod
    def of(cls, seconds: float, steps: int, took: float) -> DubEstimator:
        """From one dub of a clip of `seconds` that took `took`: as if all of it had been sampler steps."""
        from a2s.pipelines.windows import plan_windows

        return cls(max(0.0, took - EACH) / (steps * len(plan_windows(max(seconds, 0.01)))), 0.0, 0.0)

    def estimate(self, seconds: float, steps: int, guidance_scale: float = 2.5, takes: int = 1) -> float:
        """Seconds that `takes` takes of a clip this long will take."""
        from a2s.pipelines.windows import plan_windows

        windows = len(plan_windows(max(seconds, 0.01)))
        each = self.step * (0.5 if guidance_scale == 1 else 1.0) * steps + self.window
        return self.correction * takes * (windows * each + self.sound * seconds + EACH)

    def learn(self, said: float, took: float) -> None:
        """A dub that was said to take `said` seconds took `took`; a stray one counts little."""
        if said > 0:
            seen = float(np.clip(self.correction * took / said, 0.2, 20.0))
            self.correction += TRUST * (seen - self.correction)


def measure_dub_speed(pipe) -> DubEstimator:
    """Two short runs of the model, about half a second on two cores. pipe: an AVLDMPipeline."""
    import torch

    from a2s.cues.cue_roll import draw_cue_roll
    from a2s.pipelines.devices import torch_threads

    silence = np.zeros(AUDIO.window_samples, np.float32)
    with torch_threads(pipe.threads):
        ambient = pipe.encode_ambient(silence)
        tokens = pipe.encode_video(_still(), 0.0)
        roll = torch.from_numpy(draw_cue_roll((), 0.0))[None]

        def run(steps: int) -> tuple[float, object]:
            began = time.perf_counter()
            made = pipe.sample(
                tokens, roll, ambient, num_inference_steps=steps, generator=[torch.Generator().manual_seed(0)]
            )
            return time.perf_counter() - began, made.mels

        few, many = (1, 2) if pipe.is_large else (2, 6)
        run(1)
        (short, _), (longer, mels) = run(few), run(many)
        began = time.perf_counter()
        pipe.vocode(mels)
        sound = (time.perf_counter() - began) / AUDIO.window_seconds
    step = max(1e-4, (longer - short) / (many - few))
    return DubEstimator(step, max(0.0, short - few * step), sound)


def _still():
    """The motion of a grey second in which nothing moves."""
    from a2s.vision import observe

    frame = np.full((72, 128, 3), 90, np.uint8)
    return observe(((index / 12, frame) for index in range(12)), 1.0)
