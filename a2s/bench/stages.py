"""Warm: seconds of every stage on its own, and of whole dubs, in this process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import numpy as np

from a2s.dubbing.analysis import analyze_motion, retrieve
from a2s.dubbing.job import dub
from a2s.pipelines.devices import torch_threads
from a2s.settings import AUDIO, DubSettings


def time_dub(clip: Path, pipe, bank, threads: int, repeats: int) -> float:
    """Seconds of a whole warm dub, file in to file out."""

    def once() -> None:
        dub(clip, DubSettings(), pipe, bank, threads=threads).save(clip.with_name("dubbed.mp4"))

    once()
    return _median_seconds(once, repeats)


def time_stages(clip: Path, pipe, bank, threads: int, repeats: int) -> dict[str, float]:
    """Seconds of each stage for the clip's first window (decode, observe and mux: for the whole clip)."""
    import torch

    from a2s.cues.cue_roll import draw_cue_roll
    from a2s.media import mux_soundtrack, read_frames
    from a2s.pipelines.windows import vocode

    motion, steps = analyze_motion(clip), pipe.default_steps
    samples = round(motion.duration * AUDIO.sample_rate)
    stamps: list[float] = []

    def stamp(_pipe, _step, _time, tensors: dict) -> dict:
        stamps.append(time.perf_counter())
        return tensors

    with torch_threads(threads):
        place = bank.waveform(bank.clips[0].id)
        tokens, ambient = pipe.encode_video(motion, 0.0), pipe.encode_ambient(place)
        roll = torch.from_numpy(draw_cue_roll((), 0.0))[None]

        def sample():
            generator = [torch.Generator().manual_seed(0)]
            return pipe.sample(
                tokens, roll, ambient, num_inference_steps=steps, generator=generator, callback_on_step_end=stamp
            )

        mel = sample().mels
        stamps.clear()
        generating = _median_seconds(sample, repeats)
        gaps = [
            after - before for k, (before, after) in enumerate(zip(stamps, stamps[1:], strict=False)) if (k + 1) % steps
        ]
        step = median(gaps) if gaps else generating
        return {
            "decode": _median_seconds(lambda: sum(1 for _ in read_frames(clip)), repeats),
            "decode_and_observe": _median_seconds(lambda: analyze_motion(clip), repeats),
            "encode_video": _median_seconds(lambda: pipe.encode_video(motion, 0.0), repeats),
            "encode_ambient": _median_seconds(lambda: pipe.encode_ambient(place), repeats),
            "retrieve": _median_seconds(lambda: retrieve(motion, 1, pipe, bank), repeats),
            "unet_step": round(step, 4),
            "conditions_and_vae_decode": round(max(0.0, generating - steps * step), 4),
            "vocoder": _median_seconds(lambda: vocode(pipe, mel.numpy(), AUDIO.window_samples), repeats),
            "mux": _median_seconds(
                lambda: mux_soundtrack(
                    clip, np.zeros(samples, np.float32), AUDIO.sample_rate, clip.with_name("muxed.mp4")
                ),
                repeats,
            ),
        }


def _median_seconds(run: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        with _timed(times):
            run()
    return round(median(times), 4)


@contextmanager
def _timed(times: list[float]) -> Iterator[None]:
    began = time.perf_counter()
    yield
    times.append(time.perf_counter() - began)
