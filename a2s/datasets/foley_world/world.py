"""Long procedural videos as a data set: one folder per video.

000042/plan.json      the plan (a2s.datasets.foley_world.plan)
000042/stems.npy      (2, n) int16: action, ambience at 16 kHz
000042/motion.npz     the motion that a2s.vision measures in the picture; absent in a data set of sound alone
000042/video.mp4      the picture with its true sound, for viewing; on request
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from a2s.audio.levels import db_to_amplitude
from a2s.datasets.foley_world.ambience import make_ambience
from a2s.datasets.foley_world.picture import render_frames
from a2s.datasets.foley_world.plan import Activity, Contact, Gesture, Plan, make_plan
from a2s.datasets.foley_world.sound import action_stem
from a2s.errors import BadSettings
from a2s.io import atomic_folder
from a2s.media import Soundtrack, encode_frames, mux_soundtrack
from a2s.vision import observe

SAMPLE_RATE = 16_000
VIDEO_SECONDS = 24.0
SEEDS_PER_DATASET = 1_000_000


def ambient_stem(plan: Plan) -> np.ndarray:
    """(n,) float32: the ambience throughout the video, at `plan.ambient_db` dBFS RMS."""
    rng = np.random.default_rng([plan.seed, 2])
    return make_ambience(plan.ambience, plan.seconds, rng, SAMPLE_RATE) * np.float32(db_to_amplitude(plan.ambient_db))


def render_stems(plan: Plan) -> np.ndarray:
    """(2, n) int16: action, ambience; scaled together where their sum would clip."""
    stems = np.stack([action_stem(plan), ambient_stem(plan)])
    peak = np.abs(stems.sum(0)).max()
    return np.round(stems * (32_000 / max(1.0, peak))).astype(np.int16)


def render_video(
    seed: int,
    folder: Path,
    seconds: float = VIDEO_SECONDS,
    picture: bool = True,
    mp4: bool = False,
    fps: float | None = None,
) -> None:
    """Render one long video into `folder`, which is complete or absent.

    picture: draw the picture and store its motion. mp4: also write a video for viewing. fps: frame rate; None takes
    the one of the seed. At a few frames per second the keyframes are useful and the motion is not.
    """
    plan = make_plan(seed, seconds)
    stems = render_stems(plan)
    with atomic_folder(folder) as part:
        np.save(part / "stems.npy", stems)
        (part / "plan.json").write_text(json.dumps(asdict(plan)))
        if picture or mp4:
            drawn = render_frames(plan)
            drawn = replace(drawn, fps=fps) if fps else drawn
            frames = list(drawn.frames())
            if picture:
                observe(iter(frames), seconds).save(part / "motion.npz")
            if mp4:
                write_mp4(part / "video.mp4", frames, drawn.fps, stems.sum(0) / 32768.0)


def write_mp4(path: Path, frames: Iterable[tuple[float, np.ndarray]], fps: float, waveform: np.ndarray) -> None:
    """Write frames (time s, rgb (h, w, 3) uint8) and their sound (n,) as an mp4."""
    silent = path.with_suffix(".silent.mp4")
    encode_frames(silent, frames, fps)
    mux_soundtrack(silent, Soundtrack(waveform.astype(np.float32), SAMPLE_RATE), path)
    silent.unlink()


@dataclass(frozen=True)
class _Job:
    """The arguments of `render_video`, for a worker process."""

    seed: int
    folder: Path
    picture: bool
    mp4: bool
    fps: float | None

    def run(self) -> None:
        """Render the video."""
        render_video(self.seed, self.folder, VIDEO_SECONDS, self.picture, self.mp4, self.fps)


def render_dataset(
    out: Path,
    minutes: float,
    seed: int = 0,
    picture: bool = True,
    mp4: bool = False,
    workers: int | None = None,
    fps: float | None = None,
) -> list[Path]:
    """Render at least `minutes` of long videos into `out`. Existing videos are kept, so an interrupted run resumes.

    Video k has the seed `seed * 1_000_000 + k`, so data sets with different seeds share no video. workers: processes;
    None takes one per core. Raises BadSettings.
    """
    if fps is not None and not 0.5 <= fps <= 60:
        raise BadSettings(f"The frame rate must lie between 0.5 and 60 frames per second, not {fps:g}.")
    if not 0 < minutes <= 100_000:
        raise BadSettings(f"The length must lie between 0 and 100 000 minutes, not {minutes:g}.")
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    folders = [out / f"{k:06d}" for k in range(int(np.ceil(minutes * 60 / VIDEO_SECONDS)))]
    jobs = [
        _Job(seed * SEEDS_PER_DATASET + k, folder, picture, mp4, fps)
        for k, folder in enumerate(folders)
        if not folder.is_dir()
    ]
    with ProcessPoolExecutor(workers or os.cpu_count()) as pool:
        for done, _ in enumerate(pool.map(_Job.run, jobs, chunksize=1), 1):
            if done % 50 == 0 or done == len(jobs):
                print(f"{done} of {len(jobs)} videos", flush=True)
    return folders


def read_plan(folder: Path) -> Plan:
    """The plan of a rendered video."""
    values = json.loads((Path(folder) / "plan.json").read_text())
    return Plan(**values | {"activities": tuple(_activity(each) for each in values["activities"])})


def _activity(values: dict[str, Any]) -> Activity:
    return Activity(**values | {"gestures": tuple(_gesture(each) for each in values["gestures"])})


def _gesture(values: dict[str, Any]) -> Gesture:
    return Gesture(**values | {"contacts": tuple(Contact(**each) for each in values["contacts"])})
