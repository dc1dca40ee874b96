"""How fast, how much memory: every stage on its own, whole dubs at several thread counts, and a start from nothing."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np

from a2s.dub import dub, torch_threads
from a2s.errors import A2SError, BadSettings
from a2s.scene import load_bank, retrieve, see
from a2s.settings import AUDIO, DubSettings
from a2s.weights.registry import load_model

MOST_SECONDS = 600.0
MOST_THREADS = 64
CLIP_FPS = 30
CLIP_SIZE = (1280, 720)


def measure(
    model="compact",
    bank=None,
    *,
    seconds: float = 3.0,
    threads: list[int] | None = None,
    cold: bool = True,
    repeats: int = 3,
) -> dict:
    """Measure on a clip that is drawn for it.

    seconds: of the clip. threads: thread counts of torch to compare; stages are timed at the first. cold: also dub in a
    fresh process, which needs `model` by name or folder. Stages are medians of `repeats`, warm. Returns a dict:
    seconds, MB, and `real_time_factor`, seconds of work for a second of video. Raises BadSettings, WeightsMissing.
    """
    threads = [1, 2] if threads is None else threads
    if not 0.1 <= seconds <= MOST_SECONDS:
        raise BadSettings(f"The bench's clip must last from 0.1 to {MOST_SECONDS:g} seconds, not {seconds:g}.")
    if not threads or not all(1 <= count <= MOST_THREADS for count in threads):
        raise BadSettings(f"Thread counts must be from 1 to {MOST_THREADS}, not {threads}.")
    with TemporaryDirectory() as folder:
        clip = draw_clip(Path(folder) / "clip.mp4", seconds)
        # First, while this process is small: Linux counts what a parent held when it forked as its child's peak.
        start = {"cold": _time_cold(clip, model, bank)} if cold else {}
        began = time.perf_counter()
        pipe, opened = load_model(model), load_bank(bank)
        load = time.perf_counter() - began
        dubs = {str(count): _time_dub(clip, pipe, opened, count, repeats) for count in threads}
        return {
            "clip": {"seconds": seconds, "fps": CLIP_FPS, "size": list(CLIP_SIZE)},
            "load": round(load, 3),
            "stages": _time_stages(clip, pipe, opened, threads[0], repeats),
            "dub": dubs,
            "real_time_factor": round(min(dubs.values()) / seconds, 3),
            "fastest_threads": int(min(dubs, key=dubs.get)),
            "peak_rss_mb": _peak_mb(resource.RUSAGE_SELF),
            **start,
        }


def draw_clip(path: Path, seconds: float) -> Path:
    """An h264 clip of a bar that strikes twice a second before a still, grainy background."""
    import av

    width, height = CLIP_SIZE
    ground = np.random.default_rng(0).integers(70, 110, (height, width, 3), np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", CLIP_FPS, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for index in range(max(2, round(seconds * CLIP_FPS))):
            picture = ground.copy()
            top = int(height * (0.65 - abs((2 * index / CLIP_FPS) % 1 - 0.5)))
            picture[top : top + height // 5, width // 3 : width // 2] = (210, 170, 90)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


def _time_dub(clip: Path, pipe, bank, threads: int, repeats: int) -> float:
    """Seconds of a whole warm dub, file in to file out."""

    def once() -> None:
        dub(clip, DubSettings(), pipe, bank, threads=threads).save(clip.with_name("dubbed.mp4"))

    once()
    return _median_seconds(once, repeats)


def _time_stages(clip: Path, pipe, bank, threads: int, repeats: int) -> dict[str, float]:
    """Seconds of each stage for the clip's first window (decode, observe and mux: for the whole clip)."""
    import torch

    from a2s.media import mux, probe, read_frames
    from a2s.pipelines.roll import cue_roll
    from a2s.pipelines.windows import vocode

    motion, steps = see(clip), DubSettings().steps
    samples = round(motion.duration * AUDIO.sample_rate)
    stamps: list[float] = []

    def stamp(_pipe, _step, _time, tensors: dict) -> dict:
        stamps.append(time.perf_counter())
        return tensors

    with torch_threads(threads):
        place = bank.waveform(bank.clips[0].id)
        tokens, ambient = pipe.encode_motion(motion, 0.0), pipe.encode_ambient(place)
        roll = torch.from_numpy(cue_roll((), 0.0))[None]

        def sample():
            generator = [torch.Generator().manual_seed(0)]
            return pipe(
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
            "decode_and_observe": _median_seconds(lambda: see(clip, probe(clip)), repeats),
            "encode_video": _median_seconds(lambda: pipe.encode_motion(motion, 0.0), repeats),
            "encode_ambient": _median_seconds(lambda: pipe.encode_ambient(place), repeats),
            "retrieve": _median_seconds(lambda: retrieve(motion, 1, pipe, bank), repeats),
            "unet_step": round(step, 4),
            "conditions_and_vae_decode": round(max(0.0, generating - steps * step), 4),
            "vocoder": _median_seconds(lambda: vocode(pipe, mel.numpy(), AUDIO.window_samples), repeats),
            "mux": _median_seconds(
                lambda: mux(clip, np.zeros(samples, np.float32), AUDIO.sample_rate, clip.with_name("muxed.mp4")),
                repeats,
            ),
        }


def _time_cold(clip: Path, model, bank) -> dict[str, float]:
    """A dub in a fresh process: seconds from the command to its end, and its largest memory."""
    command = [
        sys.executable,
        "-m",
        "a2s",
        "dub",
        str(clip),
        "-o",
        str(clip.with_name("cold.mp4")),
        "--model",
        str(model),
    ]
    command += ["--bank", str(bank)] if bank is not None else []
    began = time.perf_counter()
    done = subprocess.run(command, cwd=Path(__file__).resolve().parents[1], capture_output=True, text=True)
    if done.returncode == 2:
        raise A2SError(done.stderr.strip().removeprefix("a2s: "))
    if done.returncode:
        raise RuntimeError(f"the cold dub failed: {done.stderr.strip()}")
    return {"seconds": round(time.perf_counter() - began, 3), "peak_rss_mb": _peak_mb(resource.RUSAGE_CHILDREN)}


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


def _peak_mb(who: int) -> float:
    """Largest resident size so far; Linux counts in KiB, macOS in bytes."""
    peak = resource.getrusage(who).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10), 1)


def table(found: dict) -> str:
    """The figures for a person."""
    rows = [(f"stage {name.replace('_', ' ')}", f"{value:.4f} s") for name, value in found["stages"].items()]
    rows += [
        (f"dub, {count} thread{'s' * (count != '1')}, warm", f"{value:.3f} s") for count, value in found["dub"].items()
    ]
    rows += [("load", f"{found['load']:.3f} s"), ("work per second of video", f"{found['real_time_factor']:.3f} s")]
    rows += [("largest memory", f"{found['peak_rss_mb']:.0f} MB")]
    if "cold" in found:
        rows += [("dub from nothing", f"{found['cold']['seconds']:.3f} s, {found['cold']['peak_rss_mb']:.0f} MB")]
    return "\n".join(f"{name:<34}{value:>18}" for name, value in rows)
