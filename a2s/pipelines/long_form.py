"""The mel of a whole film: its places as stretches, their windows sampled one after the other, joined and crossed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from a2s.cues.cue_roll import draw_cue_roll
from a2s.dubbing.progress import Preview, Previews
from a2s.pipelines.segments import cross, plan_segments
from a2s.pipelines.windows import frames_of, join, plan_windows, sample_windows
from a2s.settings import DubSettings

if TYPE_CHECKING:
    from a2s.cues import CueTrack
    from a2s.dubbing.checkpoints import WindowCheckpoints
    from a2s.vision import Motion


def film_mel(
    pipe,
    motion: Motion,
    track: CueTrack,
    conditions: Sequence[np.ndarray],
    settings: DubSettings,
    *,
    look: Callable[[float], object],
    report: Callable[[float, str], None],
    previews: Previews,
    kept: WindowCheckpoints | None = None,
    name: str = "mix",
) -> np.ndarray:
    """Mels of all takes, (takes, 128, T) float32, T at least to the video's end.

    conditions: (n,) float32 at 16 kHz, the ambience of each place of `settings`. look: video tokens by a window's start
    in s. report(done 0..1, detail) may raise to stop. kept, name: where finished windows go, and what they are called.
    """
    import torch

    windows = plan_windows(motion.duration, overlap_seconds=settings.overlap_seconds)
    stretches = plan_segments(windows, [change.time for change in settings.ambient_changes])
    count, told, mels = sum(len(stretch.windows) for stretch in stretches), 0, []
    for number, (stretch, condition) in enumerate(zip(stretches, conditions, strict=True)):
        ambient = pipe.encode_ambient(condition, torch.Generator().manual_seed(settings.seed))
        place = told - stretch.windows[0].index  # a window's place among all that are sampled

        def inputs(window, ambient=ambient) -> tuple:
            roll = torch.from_numpy(draw_cue_roll(track.cues, window.start))[None]
            return look(window.start), roll, ambient

        def on_step(window: int, step: int, place=place) -> None:
            done = (place + window + step / settings.steps) / count
            report(done, f"window {place + window + 1} of {count}, step {step} of {settings.steps}")

        def on_estimate(window, step: int, mel, place=place) -> None:
            left = frames_of(motion.duration) - window.first_frame
            where = step, settings.steps, place + window.index + 1, count
            previews.offer(lambda: Preview(window.start, mel()[:, :left].clip(0, 1), *where))

        pieces = sample_windows(
            pipe, stretch.windows, inputs,
            range(settings.first_take, settings.first_take + settings.takes),
            seed=settings.seed, steps=settings.steps, guidance_scale=settings.guidance_scale,
            on_step=on_step, on_estimate=on_estimate, kept=kept, name=f"{name}-{number}",
        )  # fmt: skip
        mels.append(join(pieces, [window.first_frame - stretch.first_frame for window in stretch.windows]))
        told += len(stretch.windows)
    return cross(mels, stretches)
