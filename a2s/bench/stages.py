"""Warm timings in this process: seconds of whole dubs and of each stage."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

from a2s.dubbing.analysis import analyze_motion, retrieve
from a2s.dubbing.job import dub
from a2s.pipelines.devices import torch_threads
from a2s.settings import DubSettings

if TYPE_CHECKING:
    from a2s.ambient import AmbientBank
    from a2s.pipelines import AVLDMPipeline


def time_dub(clip: Path, pipe: AVLDMPipeline, bank: AmbientBank, threads: int, repeats: int) -> float:
    """Seconds of a whole warm dub, from the input file to the output file."""

    def once() -> None:
        dub(clip, DubSettings(), pipe, bank, threads=threads).save(clip.with_name("dubbed.mp4"))

    once()
    return _median_seconds(once, repeats)


def time_stages(clip: Path, pipe: AVLDMPipeline, bank: AmbientBank, threads: int, repeats: int) -> dict[str, float]:
    """Seconds of each stage. Decoding, observing and muxing: the whole clip; the other stages: its first window."""
    from a2s.media import Soundtrack, mux_soundtrack, read_frames
    from a2s.pipelines.windows import vocode

    motion = analyze_motion(clip)
    silence = Soundtrack(np.zeros(round(motion.duration * pipe.sample_rate), np.float32), pipe.sample_rate)
    muxed = clip.with_name("muxed.mp4")

    def seconds(run: Callable[[], object]) -> float:
        return _median_seconds(run, repeats)

    with torch_threads(threads):
        ambience = bank.waveform(bank.clips[0].id, pipe.sample_rate)
        sampler = _Sampler(pipe, motion, ambience)
        mel = sampler.run().mels
        generating, step = sampler.time(repeats)
        return {
            "decode": seconds(lambda: sum(1 for _ in read_frames(clip))),
            "decode_and_observe": seconds(lambda: analyze_motion(clip)),
            "encode_video": seconds(lambda: pipe.encode_video(motion, 0.0)),
            "encode_ambient": seconds(lambda: pipe.encode_ambient(ambience)),
            "retrieve": seconds(lambda: retrieve(motion, 1, pipe, bank)),
            "unet_step": round(step, 4),
            "conditions_and_vae_decode": round(max(0.0, generating - pipe.default_steps * step), 4),
            "vocoder": seconds(lambda: vocode(pipe, mel.numpy(), pipe.spec.window_samples)),
            "mux": seconds(lambda: mux_soundtrack(clip, silence, muxed)),
        }


class _Sampler:
    """The sampler of one window without cues, with a time stamp after each step."""

    def __init__(self, pipe: AVLDMPipeline, motion: Any, ambience: np.ndarray) -> None:
        import torch

        from a2s.cues.cue_roll import draw_cue_roll

        self.pipe, self.stamps = pipe, list[float]()
        self._conditions = (
            pipe.encode_video(motion, 0.0),
            torch.from_numpy(draw_cue_roll((), 0.0, pipe.spec))[None],
            pipe.encode_ambient(ambience),
        )

    def run(self) -> Any:
        """Generate the window; returns the sampler's output."""
        import torch

        return self.pipe.sample(
            *self._conditions,
            num_inference_steps=self.pipe.default_steps,
            generator=[torch.Generator().manual_seed(0)],
            callback_on_step_end=self._stamp,
        )

    def time(self, repeats: int) -> tuple[float, float]:
        """Median seconds of a whole run and of one step."""
        self.stamps.clear()
        whole, steps = _median_seconds(self.run, repeats), self.pipe.default_steps
        pairs = zip(self.stamps, self.stamps[1:], strict=False)
        gaps = [after - before for number, (before, after) in enumerate(pairs, 1) if number % steps]  # within a run
        return whole, median(gaps) if gaps else whole

    def _stamp(self, _pipe: object, _step: int, _time: object, tensors: dict[str, Any]) -> dict[str, Any]:
        self.stamps.append(time.perf_counter())
        return tensors


def _median_seconds(run: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return round(median(times), 4)
