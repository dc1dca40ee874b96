"""The released model at full size with random weights: the speed of this machine, without the weights."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from a2s.bench.clip import draw_clip
from a2s.bench.process import peak_mb
from a2s.settings import DubSettings

if TYPE_CHECKING:
    from a2s.ambient import AmbientBank
    from a2s.pipelines import AVLDMPipeline

NAME = "official-random"
GEMM_SIDE = 2048
SECONDS = 3.0


def measure_random(threads: int | None = None) -> dict[str, Any]:
    """Dub a drawn clip of one window (3 s) with the model's default steps and guidance.

    Returns seconds of building the model, of the whole dub, of each part, and of a UNet step on both branches of
    guidance; the UNet's rate as a share of the rate of a float32 matrix product with the same threads, by wall clock
    and by processor time, which other programs disturb less; and peak memory in MB.
    """
    from a2s.dubbing.analysis import load_bank
    from a2s.pipelines.devices import place, torch_threads

    began = time.perf_counter()
    pipe = place(random_pipeline())
    threads, bank = threads or pipe.threads, load_bank()
    found: dict[str, Any] = {"model": NAME, "threads": threads, "build": round(time.perf_counter() - began, 2)}
    with TemporaryDirectory() as folder, torch_threads(threads):
        clip = draw_clip(Path(folder) / "clip.mp4", SECONDS)
        gemm = [gemm_seconds()]
        found |= _time_window(clip, pipe, bank, threads)
        gemm.append(gemm_seconds())
        found["parts"] = _time_parts(clip, pipe, bank)
    work, product = unet_flop(), 2 * GEMM_SIDE**3
    wall, processor = (sum(each) / len(gemm) for each in zip(*gemm, strict=True))
    return found | {
        "gemm_gflops": round(product / wall / 1e9, 1),
        "unet_gflop": round(work / 1e9, 1),
        "unet_share_of_gemm": round(work / found["unet_step"] / (product / wall), 3),
        "unet_share_of_gemm_by_processor": round(work / found["unet_step_processor"] / (product / processor), 3),
        "peak_rss_mb": peak_mb(resource.RUSAGE_SELF),
    }


def random_pipeline() -> AVLDMPipeline:
    """A pipeline of the released size, with weights scaled like freshly initialised layers and HiFi-GAN V1."""
    import torch

    from a2s.models.official import HiFiGAN
    from a2s.pipelines.official_size import official_parts, official_pipeline

    with torch.device("meta"):
        parts = official_parts() | {"vocoder": HiFiGAN()}
    vocoder = parts.pop("vocoder")
    for part in (*parts.values(), vocoder):
        part.to_empty(device="cpu").eval().requires_grad_(False)
        for name, weight in part.named_parameters():
            if weight.ndim > 1:
                weight.normal_(std=weight[0].numel() ** -0.5)
            else:
                weight.fill_(float("norm" in name and name.endswith("weight")))
    pipe = official_pipeline(parts, vocoder)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def unet_flop() -> int:
    """Floating point operations of one call on both branches of guidance, counted on the meta device."""
    import torch
    from diffusers import UNet2DConditionModel
    from torch.utils.flop_counter import FlopCounterMode

    from a2s.pipelines.official_size import UNET

    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        unet = UNet2DConditionModel(**UNET)
        shape = (2, unet.config.in_channels, *unet.config.sample_size)
        unet(torch.empty(shape), 999, encoder_hidden_states=torch.empty(2, 40, unet.config.cross_attention_dim))
    return counter.get_total_flops()


def gemm_seconds(repeats: int = 5) -> tuple[float, float]:
    """Seconds, by wall clock and by processor time, of a product of two square float32 matrices."""
    import torch

    a, b = torch.randn(2, GEMM_SIDE, GEMM_SIDE)
    return _seconds(lambda: a @ b, repeats)


def _time_window(clip: Path, pipe: AVLDMPipeline, bank: AmbientBank, threads: int) -> dict[str, Any]:
    """Seconds of a dub and of a sampler step, from the times of its progress reports."""
    from a2s.dubbing.job import dub
    from a2s.dubbing.progress import Watcher

    stamps: list[tuple[float, float]] = []

    def on_progress(stage: str, _done: float, detail: str) -> None:
        if stage == "generating" and "step" in detail:
            stamps.append(_now())

    began = time.perf_counter()
    settings = DubSettings(ambient_clip=bank.clips[0].id)
    take = dub(clip, settings, pipe, bank, threads=threads, watcher=Watcher(on_progress))
    whole = time.perf_counter() - began
    wall, processor = (_median_gap(times) for times in zip(*stamps, strict=True))
    return {
        "whole_window": round(whole, 2),
        "steps": take.recipe.settings.steps,
        "unet_step": round(wall, 4),
        "unet_step_processor": round(processor, 4),
    }


def _time_parts(clip: Path, pipe: AVLDMPipeline, bank: AmbientBank) -> dict[str, float]:
    import torch

    from a2s.dubbing.analysis import analyze_motion
    from a2s.settings import AUDIO

    motions = iter([analyze_motion(clip) for _ in range(2)])  # the pipeline caches the tokens of a motion
    latents = torch.randn(1, 4, AUDIO.latent_bands, AUDIO.latent_frames)
    mel = pipe.decode(latents)
    parts: dict[str, Callable[[], object]] = {
        "video_encoder": lambda: pipe.encode_video(next(motions)),
        "ambient_encoder": lambda: pipe.encode_ambient(bank.waveform(bank.clips[0].id)),
        "vae_decoder": lambda: pipe.decode(latents),
        "vocoder": lambda: pipe.vocode(mel),
    }
    return {name: round(_seconds(run, 1)[0], 2) for name, run in parts.items()}


def _seconds(run: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Median seconds, by wall clock and by processor time, after one warm-up run."""
    run()
    stamps = [_now()]
    for _ in range(repeats):
        run()
        stamps.append(_now())
    wall, processor = (_median_gap(times) for times in zip(*stamps, strict=True))
    return wall, processor


def _now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _median_gap(times: Sequence[float]) -> float:
    return median(after - before for before, after in zip(times, times[1:], strict=False))


def table(found: dict[str, Any]) -> str:
    """The result of `measure_random` as text."""
    rows = [("model built", f"{found['build']:.1f} s")]
    rows += [(f"a UNet step, {found['threads']} threads", f"{found['unet_step']:.3f} s")]
    rows += [("matrix product 2048^3 float32", f"{found['gemm_gflops']:.1f} GFLOP/s")]
    rows += [("the UNet's share of that rate", f"{100 * found['unet_share_of_gemm']:.0f} %")]
    rows += [("  by processor time", f"{100 * found['unet_share_of_gemm_by_processor']:.0f} %")]
    rows += [(name.replace("_", " "), f"{seconds:.2f} s") for name, seconds in found["parts"].items()]
    rows += [(f"whole window of 3 s, {found['steps']} steps", f"{found['whole_window']:.1f} s")]
    rows += [("peak memory", f"{found['peak_rss_mb']:.0f} MB")]
    return "\n".join(f"{name:<34}{value:>18}" for name, value in rows)
