"""How long a dub will take on this machine: measured on the loaded model, corrected by every dub that is made."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from a2s.settings import AUDIO

if TYPE_CHECKING:
    import torch

    from a2s.pipelines import AVLDMPipeline
    from a2s.vision import Motion

CORRECTION_RATE = 0.3
"""Weight of the newest dub against all before it."""

OVERHEAD_SECONDS = 0.2
"""Of a take beside the model: reading, loudness, pictures, files."""


@dataclass
class DubEstimator:
    """step: seconds for one sampler step of one window with guidance; window: for the rest of a window; sound: for a
    second of sound. correction: how long dubs took, as a multiple of the estimate."""

    step: float
    window: float
    sound: float
    correction: float = 1.0

    @classmethod
    def from_dub(cls, clip_seconds: float, steps: int, took: float) -> DubEstimator:
        """From one dub of a clip that took `took` s, as if all of it had been sampler steps."""
        return cls(max(0.0, took - OVERHEAD_SECONDS) / (steps * _windows(clip_seconds)), 0.0, 0.0)

    def estimate(self, clip_seconds: float, steps: int, guidance_scale: float = 2.5, takes: int = 1) -> float:
        """Seconds that `takes` takes of a clip will take."""
        per_window = self.step * (0.5 if guidance_scale == 1 else 1.0) * steps + self.window
        per_take = _windows(clip_seconds) * per_window + self.sound * clip_seconds + OVERHEAD_SECONDS
        return self.correction * takes * per_take

    def correct(self, estimated: float, took: float) -> None:
        """A dub that was estimated at `estimated` s took `took` s. A single outlier changes little."""
        if estimated > 0:
            measured = float(np.clip(self.correction * took / estimated, 0.2, 20.0))
            self.correction += CORRECTION_RATE * (measured - self.correction)


def _windows(clip_seconds: float) -> int:
    from a2s.pipelines.windows import plan_windows

    return len(plan_windows(max(clip_seconds, 0.01), AUDIO))


def measure_dub_speed(pipe: AVLDMPipeline) -> DubEstimator:
    """Three short runs of the model, about half a second on two cores."""
    import torch

    from a2s.cues.cue_roll import draw_cue_roll
    from a2s.pipelines.devices import torch_threads

    silence = np.zeros(pipe.spec.window_samples, np.float32)
    with torch_threads(pipe.threads):
        ambient = pipe.encode_ambient(silence)
        tokens = pipe.encode_video(_still_motion(), 0.0)
        roll = torch.from_numpy(draw_cue_roll((), 0.0, pipe.spec))[None]

        def run(steps: int) -> tuple[float, torch.Tensor]:
            began = time.perf_counter()
            generators = [torch.Generator().manual_seed(0)]
            made = pipe.sample(tokens, roll, ambient, num_inference_steps=steps, generator=generators)
            return time.perf_counter() - began, made.mels

        few, many = (1, 2) if pipe.is_large else (2, 6)
        run(1)
        (short, _), (longer, mels) = run(few), run(many)
        began = time.perf_counter()
        pipe.vocode(mels)
        sound = (time.perf_counter() - began) / pipe.spec.window_seconds
    step = max(1e-4, (longer - short) / (many - few))
    return DubEstimator(step, max(0.0, short - few * step), sound)


def _still_motion() -> Motion:
    """The motion of a grey second in which nothing moves."""
    from a2s.vision import observe

    frame = np.full((72, 128, 3), 90, np.uint8)
    return observe(((index / 12, frame) for index in range(12)), 1.0)
