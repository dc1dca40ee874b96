"""How fast, how much memory: every stage, whole dubs at several thread counts, a start from nothing, the page."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from a2s.bench.page import measure_page, page_rows
from a2s.bench.random_weights import NAME as RANDOM
from a2s.bench.random_weights import measure_random
from a2s.bench.random_weights import table as random_table
from a2s.bench.stages import time_dub, time_stages
from a2s.dubbing.analysis import load_bank
from a2s.errors import A2SError, BadSettings
from a2s.weights import load_model

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
    page: bool = False,
    repeats: int = 3,
) -> dict:
    """Measure on a clip that is drawn for it.

    seconds: of the clip. threads: thread counts of torch to compare; stages are timed at the first. cold: also dub in a
    fresh process. page: also start the page and dub through it (`measure_page`). Both need `model` by name or folder.
    Stages are medians of `repeats`, warm. Returns a dict: seconds, MB, and `real_time_factor`, seconds of work for a
    second of video. Raises BadSettings, WeightsMissing.
    model "official-random": see `measure_random`, at the most of the thread counts; nothing else is measured.
    """
    threads = [1, 2] if threads is None else threads
    if not 0.1 <= seconds <= MOST_SECONDS:
        raise BadSettings(f"The bench's clip must last from 0.1 to {MOST_SECONDS:g} seconds, not {seconds:g}.")
    if not threads or not all(1 <= count <= MOST_THREADS for count in threads):
        raise BadSettings(f"Thread counts must be from 1 to {MOST_THREADS}, not {threads}.")
    if model == RANDOM:
        return measure_random(max(threads))
    if page and bank is not None:
        raise BadSettings("The page has the bank that comes along: measure either the page or another bank.")
    with TemporaryDirectory() as folder:
        clip = draw_clip(Path(folder) / "clip.mp4", seconds)
        # First, while this process is small: Linux counts what a parent held when it forked as its child's peak.
        start = {"cold": _time_cold(clip, model, bank)} if cold else {}
        began = time.perf_counter()
        pipe, opened = load_model(model), load_bank(bank)
        load = time.perf_counter() - began
        dubs = {str(count): time_dub(clip, pipe, opened, count, repeats) for count in threads}
        found = {
            "clip": {"seconds": seconds, "fps": CLIP_FPS, "size": list(CLIP_SIZE)},
            "load": round(load, 3),
            "stages": time_stages(clip, pipe, opened, threads[0], repeats),
            "dub": dubs,
            "real_time_factor": round(min(dubs.values()) / seconds, 3),
            "fastest_threads": int(min(dubs, key=dubs.get)),
            "peak_rss_mb": peak_mb(resource.RUSAGE_SELF),
            **start,
        }
        # Last: what this process needs to talk to the page is not the model's.
        return found | ({"page": measure_page(clip, model)} if page else {})


def thread_counts(text: str) -> list[int]:
    """Counts as a person writes them, with commas between. Raises BadSettings."""
    try:
        return [int(count) for count in text.split(",")]
    except ValueError:
        raise BadSettings(f"--threads must be numbers with commas between, not {text!r}.") from None


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
    done = subprocess.run(command, cwd=Path(__file__).resolve().parents[2], capture_output=True, text=True)
    if done.returncode == 2:
        raise A2SError(done.stderr.strip().removeprefix("a2s: "))
    if done.returncode:
        raise RuntimeError(f"the cold dub failed: {done.stderr.strip()}")
    return {"seconds": round(time.perf_counter() - began, 3), "peak_rss_mb": peak_mb(resource.RUSAGE_CHILDREN)}


def peak_mb(who: int) -> float:
    """Largest resident size so far; Linux counts in KiB, macOS in bytes."""
    peak = resource.getrusage(who).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10), 1)


def table(found: dict) -> str:
    """The figures for a person."""
    if found.get("model") == RANDOM:
        return random_table(found)
    rows = [(f"stage {name.replace('_', ' ')}", f"{value:.4f} s") for name, value in found["stages"].items()]
    rows += [
        (f"dub, {count} thread{'s' * (count != '1')}, warm", f"{value:.3f} s") for count, value in found["dub"].items()
    ]
    rows += [("load", f"{found['load']:.3f} s"), ("work per second of video", f"{found['real_time_factor']:.3f} s")]
    rows += [("largest memory", f"{found['peak_rss_mb']:.0f} MB")]
    if "cold" in found:
        rows += [("dub from nothing", f"{found['cold']['seconds']:.3f} s, {found['cold']['peak_rss_mb']:.0f} MB")]
    rows += page_rows(found["page"]) if "page" in found else []
    return "\n".join(f"{name:<34}{value:>18}" for name, value in rows)
