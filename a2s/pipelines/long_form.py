"""The mel of a whole video: one segment per place, the windows of each sampled in order, joined and crossfaded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from a2s.cues.cue_roll import draw_cue_roll
from a2s.pipelines.segments import Segment, cross, plan_segments
from a2s.pipelines.windows import (
    OnStep,
    Sampling,
    Window,
    WindowRun,
    WindowStore,
    join,
    plan_windows,
    sample_windows,
)
from a2s.settings import DubSettings

if TYPE_CHECKING:
    import torch

    from a2s.cues import CueTrack
    from a2s.pipelines.avldm import AVLDMPipeline
    from a2s.vision import Motion


class VideoGenerator:
    """Generates the sound of one video, in one or more passes that share the video tokens.

    settings: without open values (`DubSettings.suited_to`).
    """

    def __init__(self, pipe: AVLDMPipeline, motion: Motion, cues: CueTrack, settings: DubSettings):
        self.pipe, self.motion, self.cues, self.settings = pipe, motion, cues, settings
        self.windows = plan_windows(motion.duration, pipe.spec, settings.overlap_seconds)
        self.segments = plan_segments(self.windows, [change.time for change in settings.ambient_changes])
        self._tokens: Callable[[float], torch.Tensor] = lru_cache(maxsize=None)(
            lambda start: pipe.encode_video(motion, start)
        )

    @property
    def count(self) -> int:
        """Number of windows that one pass samples; a window that contains a change of place counts twice."""
        return sum(len(segment.windows) for segment in self.segments)

    def generate(
        self,
        conditions: Sequence[np.ndarray],
        on_step: OnStep | None = None,
        store: WindowStore | None = None,
        name: str = "mix",
        interrupted: Callable[[], bool] = lambda: False,
    ) -> np.ndarray:
        """One pass: the mels of all takes, (takes, 128, T) float32. T covers at least the video.

        conditions: one (n,) float32 at `pipe.sample_rate` for each segment, the ambient condition of its place. on_step
        may raise to stop. store, name: the storage of finished windows, and the prefix of their names. interrupted:
        once it returns True, the remaining sampler steps are skipped.
        """
        run = WindowRun(name, 0, self.count, store, interrupted)
        return cross([joined.mel for joined in self._segments(conditions, on_step, run)], self.segments)

    def generate_latents(
        self,
        condition: np.ndarray,
        on_step: OnStep | None = None,
        interrupted: Callable[[], bool] = lambda: False,
    ) -> torch.Tensor:
        """The latents of a video in one place, windows joined: (takes, C, 16, columns), a column for 0.128 s."""
        import torch

        run = WindowRun("mix", 0, self.count, None, interrupted)
        (joined,) = self._segments([condition], on_step, run)
        return torch.from_numpy(joined.latents)

    def _segments(self, conditions: Sequence[np.ndarray], on_step: OnStep | None, run: WindowRun) -> list[_Joined]:
        done, found = 0, []
        sampling = Sampling.of(self.settings)
        for number, (segment, waveform) in enumerate(zip(self.segments, conditions, strict=True)):
            part = replace(run, name=f"{run.name}-{number}", number=done)
            inputs = self._condition(waveform)
            pieces = sample_windows(self.pipe, segment.windows, inputs, sampling, on_step, part)
            found.append(_join_segment(list(pieces), segment))
            done += len(segment.windows)
        return found

    def _condition(self, waveform: np.ndarray) -> Callable[[Window], tuple]:
        """The inputs of a window of one segment."""
        import torch

        ambient = self.pipe.encode_ambient(waveform, torch.Generator().manual_seed(self.settings.seed))

        def inputs(window: Window) -> tuple:
            roll = torch.from_numpy(draw_cue_roll(self.cues.cues, window.start, window.spec))[None]
            return self._tokens(window.start), roll, ambient

        return inputs


@dataclass(frozen=True)
class _Joined:
    """The windows of one segment in a row. mel: (takes, 128, n). latents: (takes, C, 16, columns)."""

    mel: np.ndarray
    latents: np.ndarray


def _join_segment(pieces: list[tuple[np.ndarray, np.ndarray]], segment: Segment) -> _Joined:
    starts = [window.first_frame - segment.first_frame for window in segment.windows]
    column = segment.windows[0].spec.latent_downsampling
    ends = [start // column for start in starts[1:]] + [None]
    latents = [
        latent[..., : None if end is None else end - start // column]
        for (_, latent), start, end in zip(pieces, starts, ends, strict=True)
    ]
    return _Joined(join((mel for mel, _ in pieces), starts), np.concatenate(latents, -1))
