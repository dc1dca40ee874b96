"""Long procedural videos, written as a data set: one folder a video.

000042/plan.json      what happens when (a2s.datasets.foley_world.plan)
000042/stems.npy      (2, n) int16: action, ambience at 16 kHz
000042/motion.npz     what a2s.cues sees of the picture; absent when only sound was asked for
000042/video.mp4      the picture with its true sound; only when asked for, it is for people
"""

from __future__ import annotations

import json
import os
import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from a2s.datasets.foley_world.ambience import ambience
from a2s.datasets.foley_world.plan import Activity, Contact, Gesture, Plan, make_plan
from a2s.datasets.foley_world.sound import action_stem
from a2s.errors import BadSettings

SAMPLE_RATE = 16_000


def ambient_stem(plan: Plan) -> np.ndarray:
    """The place, heard throughout. (n,) float32 at `plan.ambient_db` dBFS RMS."""
    rng = np.random.default_rng([plan.seed, 2])
    return ambience(plan.ambience, plan.seconds, rng, SAMPLE_RATE) * np.float32(10 ** (plan.ambient_db / 20))


def render_stems(plan: Plan) -> np.ndarray:
    """(2, n) int16: action, ambience; scaled together where their sum would clip."""
    stems = np.stack([action_stem(plan), ambient_stem(plan)])
    peak = np.abs(stems.sum(0)).max()
    return np.round(stems * (32_000 / max(1.0, peak))).astype(np.int16)


def render_video(
    seed: int, folder: Path, seconds: float = 24.0, picture: bool = True, mp4: bool = False, fps: float | None = None
) -> None:
    """Render one long video into `folder`, which appears whole or not at all.

    fps: frames a second, else what the seed says. At a few of them the motion is worthless and the keyframes are not.
    """
    folder = Path(folder)
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    plan = make_plan(seed, seconds)
    stems = render_stems(plan)
    np.save(part / "stems.npy", stems)
    (part / "plan.json").write_text(json.dumps(asdict(plan)))
    if picture or mp4:
        from a2s.datasets.foley_world.picture import render_frames
        from a2s.vision import observe

        drawn = render_frames(plan)
        drawn = replace(drawn, fps=fps) if fps else drawn
        frames = list(drawn.frames())
        if picture:
            observe(iter(frames), seconds).save(part / "motion.npz")
        if mp4:
            write_mp4(part / "video.mp4", frames, drawn.fps, stems.sum(0) / 32768.0)
    os.replace(part, folder)


def write_mp4(path: Path, frames, fps: float, waveform: np.ndarray) -> None:
    """Frames [(time, rgb)] and their sound as an mp4 that anybody can play."""
    from a2s.media import encode_frames, mux_soundtrack

    silent = path.with_suffix(".silent.mp4")
    encode_frames(silent, frames, fps)
    mux_soundtrack(silent, waveform.astype(np.float32), SAMPLE_RATE, path)
    silent.unlink()


def _render(job: tuple) -> None:
    render_video(*job)


def render_dataset(
    out: Path,
    minutes: float,
    seed: int = 0,
    picture: bool = True,
    mp4: bool = False,
    workers: int | None = None,
    fps: float | None = None,
) -> list[Path]:
    """Render at least `minutes` of long videos into `out`; what is there already is kept, so a stopped run goes on.

    Video k of a data set has seed `seed * 1_000_000 + k`: two data sets share no video unless they share a seed.
    """
    if fps is not None and not 0.5 <= fps <= 60:
        raise BadSettings("Frames a second must lie between 0.5 and 60.")
    if not 0 < minutes <= 100_000:
        raise BadSettings("Minutes must lie between 0 and 100 000.")
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    seconds = 24.0
    folders = [out / f"{k:06d}" for k in range(int(np.ceil(minutes * 60 / seconds)))]
    jobs = [
        (seed * 1_000_000 + k, folder, seconds, picture, mp4, fps)
        for k, folder in enumerate(folders)
        if not folder.is_dir()
    ]
    with ProcessPoolExecutor(workers or os.cpu_count()) as pool:
        for done, _ in enumerate(pool.map(_render, jobs, chunksize=1), 1):
            if done % 50 == 0 or done == len(jobs):
                print(f"{done} of {len(jobs)} videos", flush=True)
    return folders


def read_plan(folder: Path) -> Plan:
    """The plan of a rendered video."""
    values = json.loads((Path(folder) / "plan.json").read_text())
    activities = tuple(
        Activity(
            **{
                **a,
                "gestures": tuple(
                    Gesture(**{**g, "contacts": tuple(Contact(**c) for c in g["contacts"])}) for g in a["gestures"]
                ),
            }
        )
        for a in values.pop("activities")
    )
    return Plan(**values, activities=activities)
