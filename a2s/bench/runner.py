"""`a2s bench`: seconds of each stage and of whole dubs, memory, a cold start, the page."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from a2s.bench.clip import CLIP_FPS, CLIP_SIZE, draw_clip
from a2s.bench.page import measure_page, page_rows
from a2s.bench.process import peak_mb
from a2s.bench.random_weights import NAME as RANDOM
from a2s.bench.random_weights import measure_random
from a2s.bench.random_weights import table as random_table
from a2s.bench.stages import time_dub, time_stages
from a2s.dubbing.analysis import load_bank
from a2s.errors import A2SError, BadSettings
from a2s.weights import load_model

if TYPE_CHECKING:
    from a2s.ambient import AmbientBank
    from a2s.pipelines import AVLDMPipeline

MIN_SECONDS, MAX_SECONDS = 0.1, 600.0
MAX_THREADS = 64


def measure(
    model: str | Path | AVLDMPipeline = "compact",
    bank: str | Path | AmbientBank | None = None,
    *,
    seconds: float = 3.0,
    threads: Sequence[int] = (1, 2),
    cold: bool = True,
    page: bool = False,
    repeats: int = 3,
) -> dict[str, Any]:
    """Measure dubs of a drawn test clip.

    model: with "official-random", see `measure_random`; it uses the largest of the thread counts and measures nothing
    else. seconds: length of the clip, 0.1 to 600. threads: thread counts of torch to compare; stages are timed with the
    first. cold: also time a dub in a fresh process. page: also start the page and dub through it (`measure_page`). cold
    and page need a model by name or folder. repeats: runs of each stage; the median counts.

    Returns seconds, MB and `real_time_factor`: seconds of work per second of video. Raises BadSettings, WeightsMissing.
    """
    if not MIN_SECONDS <= seconds <= MAX_SECONDS:
        raise BadSettings(f"--seconds must be from {MIN_SECONDS:g} to {MAX_SECONDS:g}, not {seconds:g}.")
    if not threads or not all(1 <= count <= MAX_THREADS for count in threads):
        raise BadSettings(f"Thread counts must be from 1 to {MAX_THREADS}, not {list(threads)}.")
    if model == RANDOM:
        return measure_random(max(threads))
    if page and bank is not None:
        raise BadSettings("The page uses the shipped bank; give either --page or --bank.")
    with TemporaryDirectory() as folder:
        clip = draw_clip(Path(folder) / "clip.mp4", seconds)
        # The cold start comes first: Linux counts the memory of a parent when it forks as the peak of its child.
        start = {"cold": _time_cold(clip, model, bank)} if cold else {}
        began = time.perf_counter()
        pipe, loaded_bank = load_model(model), load_bank(bank)
        load = time.perf_counter() - began
        dubs = {count: time_dub(clip, pipe, loaded_bank, count, repeats) for count in threads}
        found = {
            "clip": {"seconds": seconds, "fps": CLIP_FPS, "size": list(CLIP_SIZE)},
            "load": round(load, 3),
            "stages": time_stages(clip, pipe, loaded_bank, threads[0], repeats),
            "dub": {str(count): value for count, value in dubs.items()},
            "real_time_factor": round(min(dubs.values()) / seconds, 3),
            "fastest_threads": min(dubs, key=lambda count: dubs[count]),
            "peak_rss_mb": peak_mb(resource.RUSAGE_SELF),
            **start,
        }
        # The page comes last: the client libraries would add to the peak memory of this process.
        return found | ({"page": measure_page(clip, str(model))} if page else {})


def thread_counts(text: str) -> list[int]:
    """Parse thread counts separated by commas. Raises BadSettings."""
    try:
        return [int(count) for count in text.split(",")]
    except ValueError:
        raise BadSettings(f"--threads must be numbers separated by commas, not {text!r}.") from None


def _time_cold(clip: Path, model: object, bank: object) -> dict[str, float]:
    """A dub in a fresh process: seconds from the command to its end, and its peak memory."""
    command = [sys.executable, "-m", "a2s", "dub", str(clip), "-o", str(clip.with_name("cold.mp4"))]
    command += ["--model", str(model), *(["--bank", str(bank)] if bank is not None else [])]
    began = time.perf_counter()
    done = subprocess.run(command, cwd=Path(__file__).resolve().parents[2], capture_output=True, text=True)
    if done.returncode == 2:
        raise A2SError(done.stderr.strip().removeprefix("a2s: "))
    if done.returncode:
        raise RuntimeError(f"the cold dub failed: {done.stderr.strip()}")
    return {"seconds": round(time.perf_counter() - began, 3), "peak_rss_mb": peak_mb(resource.RUSAGE_CHILDREN)}


def table(found: dict[str, Any]) -> str:
    """The result of `measure` as text."""
    if found.get("model") == RANDOM:
        return random_table(found)
    rows = [(f"stage {name.replace('_', ' ')}", f"{value:.4f} s") for name, value in found["stages"].items()]
    for count, value in found["dub"].items():
        rows.append((f"warm dub, {count} thread{'s' * (count != '1')}", f"{value:.3f} s"))
    rows.append(("load", f"{found['load']:.3f} s"))
    rows.append(("work per second of video", f"{found['real_time_factor']:.3f} s"))
    rows.append(("peak memory", f"{found['peak_rss_mb']:.0f} MB"))
    if "cold" in found:
        rows.append(("cold dub", f"{found['cold']['seconds']:.3f} s, {found['cold']['peak_rss_mb']:.0f} MB"))
    rows += page_rows(found["page"]) if "page" in found else []
    return "\n".join(f"{name:<34}{value:>18}" for name, value in rows)
