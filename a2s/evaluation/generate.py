"""Generates the audio of experiments: one model folder, one data set, the same windows for every experiment."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional as F

from a2s.ambient import full_level, scale_ambience
from a2s.audio.mel import griffin_lim
from a2s.cues import CueTrack, detect_cues
from a2s.dubbing.analysis import load_bank
from a2s.errors import BadSettings
from a2s.evaluation.experiments import Experiment
from a2s.evaluation.plan import EvaluationPlan
from a2s.evaluation.pool import RetrievalPool
from a2s.evaluation.sampler import ClipSampler, GeneratedAudio
from a2s.evaluation.statistics import Figures, mean
from a2s.evaluation.worlds import Clip, HeldOutWorlds, mixes_of
from a2s.io import atomic_file
from a2s.settings import AUDIO
from a2s.vision import Motion
from a2s.weights import load_model

if TYPE_CHECKING:
    from a2s.pipelines import AVLDMPipeline

GRIFFIN_LIM_ITERATIONS = 60


@dataclass(frozen=True, eq=False)
class ExperimentAudio:
    """waveforms: (n, 48000) float32 at 16 kHz. seconds: processor time per clip in s, 0 for audio not generated."""

    waveforms: np.ndarray
    seconds: float = 0.0


class SoundGenerator:
    """Generates the audio of any experiment. The same plan and experiment give the same audio.

    clips: the test windows. pipe: the evaluated model. bank: embedded by its AV-Sim. Raises
    WeightsMissing, BadSettings.
    """

    def __init__(self, plan: EvaluationPlan):
        self.plan = plan
        self.pipe = load_model(plan.model)
        self.worlds = HeldOutWorlds(plan.data)
        self.clips = self.worlds.draw(plan.clips, plan.seed)
        self.bank = load_bank(plan.bank, self.pipe)
        if self.bank.model_hash != self.pipe.model_hash:
            self.bank = self.bank.embedded(self.pipe.embed_audio, self.pipe.model_hash)
        self._pipes = {"": self.pipe}
        self._cues: dict[tuple[object, ...], CueTrack] = {}

    @cached_property
    def pool(self) -> RetrievalPool:
        """The retrieval pool. Raises BadSettings without a data set for it."""
        if self.plan.pool is None:
            raise BadSettings("Retrieval needs a data set for its pool: --pool DIR.")
        return RetrievalPool.build(self.plan.pool, self.pipe, self.plan.seed)

    @cached_property
    def video_embeddings(self) -> np.ndarray:
        """(n, E) float32, unit length: the picture of each clip's window, by the evaluated AV-Sim."""
        return embed_windows(self.pipe, self.clips)

    def audio(self, experiment: Experiment) -> ExperimentAudio:
        """The audio of every clip. Raises BadSettings where the experiment needs a folder that was not given."""
        if experiment.source == "truth":
            return ExperimentAudio(mixes_of(self.clips))
        if experiment.source == "action":
            return ExperimentAudio(np.stack([clip.action for clip in self.clips]))
        if experiment.source == "coded":
            return ExperimentAudio(self._sampler(experiment).reconstruct(mixes_of(self.clips)).waveforms)
        conditions = self.conditions(experiment)
        if experiment.source == "pool":
            return ExperimentAudio(_stacked(conditions))
        if experiment.source == "pool-coded":
            return ExperimentAudio(self._sampler(experiment).reconstruct(_stacked(conditions)).waveforms)
        return self._generated(experiment, conditions)

    def _generated(self, experiment: Experiment, conditions: Sequence[np.ndarray | None]) -> ExperimentAudio:
        clips = [replace(clip, motion=resample_motion(clip.motion, experiment.fps)) for clip in self.clips]
        cues = self.cues(experiment, clips)
        started = time.process_time()
        generated = self._sampler(experiment).sample(clips, cues, conditions)
        seconds = (time.process_time() - started) / len(clips)
        if experiment.vocoder == "griffin-lim":
            return ExperimentAudio(_griffin_lim(generated), seconds)
        return ExperimentAudio(generated.waveforms, seconds)

    def conditions(self, experiment: Experiment) -> list[np.ndarray | None]:
        """The ambient condition of each clip: (48000,) float32 at 16 kHz, or None for a latent of zeros."""
        rng = np.random.default_rng([self.plan.seed, 12])
        match experiment.condition:
            case "zero":
                return [None] * len(self.clips)
            case "neighbour":
                return [clip.neighbour for clip in self.clips]
            case "low":
                return [self.bank.waveform(self.bank.low_ambient.id)] * len(self.clips)
            case "bank":
                return [self._bank_ambience(embedding) for embedding in self.video_embeddings]
            case "random":
                return [self.pool.waveform(self.pool.random(rng)) for _ in self.clips]
        nearest = (self.pool.nearest(embedding, experiment.pool) for embedding in self.video_embeddings)
        return [self.pool.waveform(index) for index in nearest]

    def _bank_ambience(self, embedding: np.ndarray) -> np.ndarray:
        """The ambience that a dub would retrieve, at amount 1/2. The low-ambient clip is never retrieved."""
        matches = self.bank.retrieve(embedding, 2, self.pipe.model_hash)
        clip = next(match.clip for match in matches if match.clip != self.bank.low_ambient)
        return scale_ambience(self.bank.waveform(clip.id), 0.5, full_db=full_level(clip.level_db, clip.kind))

    def retrieval_statistics(self) -> Figures:
        """pool: its size. distinct: how many of its windows are ever retrieved. kind: share with the right ambience."""
        nearest = [self.pool.nearest(embedding) for embedding in self.video_embeddings]
        kinds, true = np.array(self.pool.kinds), [clip.ambience_kind for clip in self.clips]
        right = mean([kinds[index] == kind for index, kind in zip(nearest, true, strict=True)])
        random = float(np.mean([(kinds == kind).mean() for kind in true]))
        return {"pool": len(self.pool), "distinct": len(set(nearest)), "kind": right | {"random": round(random, 4)}}

    def cues(self, experiment: Experiment, clips: Sequence[Clip]) -> list[CueTrack]:
        """A cue track per clip, times in s of the long video. Automatic cues span the clip and 3 s before it."""
        if experiment.cues == "true":
            return [clip.true_cues for clip in clips]
        pipe, tracks = self._pipe(experiment.model), []
        for clip in clips:
            key = (experiment.model, experiment.fps, clip.video, clip.start)
            if key not in self._cues:
                begin, end = clip.start - AUDIO.window_seconds, clip.start + AUDIO.window_seconds
                self._cues[key] = pipe.label_cues(clip.motion, detect_cues(clip.motion).between(begin, end))
            tracks.append(self._cues[key])
        return tracks

    def _sampler(self, experiment: Experiment) -> ClipSampler:
        pipe = self._pipe(experiment.model)
        scale = pipe.default_guidance_scale if experiment.guidance_scale is None else experiment.guidance_scale
        return ClipSampler(pipe, experiment.steps or pipe.default_steps, scale, self.plan.seed)

    def _pipe(self, name: str) -> AVLDMPipeline:
        from a2s.pipelines import AVLDMPipeline

        if name not in self._pipes:
            folder = Path(self.plan.ablations or "") / name
            if not (folder / "model_index.json").is_file():
                raise BadSettings(f"The ablation {name} is not in {self.plan.ablations}.")
            self._pipes[name] = AVLDMPipeline.from_pretrained(folder)
        return self._pipes[name]


@torch.inference_mode()
def embed_windows(pipe: AVLDMPipeline, clips: Sequence[Clip]) -> np.ndarray:
    """(n, E) float32, unit length: the AV-Sim embedding of each clip's picture."""
    found = [
        pipe.av_sim.embed_window(pipe.encode_video(clip.motion, clip.start), clip.motion, clip.start) for clip in clips
    ]
    return torch.cat(found).float().cpu().numpy()


def resample_motion(motion: Motion, fps: float | None) -> Motion:
    """The motion of a video at `fps` frames per second: displacements of dropped frames are added up.

    An approximation: real optical flow over a longer step is less reliable than the sum of short steps.
    """
    if fps is None or len(motion.times) < 2:
        return motion
    slot = np.floor(motion.times * fps + 1e-6).astype(int)
    last = np.append(np.flatnonzero(np.diff(slot)), len(slot) - 1)
    intervals = np.diff(motion.times, prepend=motion.times[0])
    displacement = np.cumsum(motion.velocity * intervals[:, None, None, None], axis=0)
    times = motion.times[last]
    spans = np.diff(times, prepend=motion.times[0])
    spans[0] = max(spans[0], 1e-6)
    start = np.zeros_like(displacement[:1])
    velocity = np.diff(displacement[last], axis=0, prepend=start) / spans[:, None, None, None]
    assert motion.breaks is not None  # `Motion` sets it
    breaks = np.diff(np.cumsum(motion.breaks)[last], prepend=0) > 0
    velocity[breaks] = 0
    return replace(motion, times=times, velocity=velocity.astype(np.float32), breaks=breaks)


def _stacked(conditions: Sequence[np.ndarray | None]) -> np.ndarray:
    return np.stack([condition for condition in conditions if condition is not None])


def _griffin_lim(generated: GeneratedAudio) -> np.ndarray:
    """(n, 48000) float32 of the generated mels."""
    mels = torch.from_numpy(generated.mels)
    waves = torch.stack([griffin_lim(mel, GRIFFIN_LIM_ITERATIONS) for mel in mels]).float()
    missing = max(0, AUDIO.window_samples - waves.shape[1])  # the last mel frame covers half a hop
    return F.pad(waves, (0, missing))[:, : AUDIO.window_samples].numpy()


# ---------------------------------------------------------------------- all experiments, one process per core


def save_audio(audio: ExperimentAudio, file: Path) -> None:
    """Write a .npz file, completely or not at all. Raises CannotWrite."""
    with atomic_file(file) as part, open(part, "wb") as out:
        np.savez(out, waveforms=audio.waveforms.astype(np.float32), seconds=audio.seconds)


def read_audio_file(file: Path) -> ExperimentAudio:
    """What `save_audio` wrote."""
    with np.load(file) as stored:
        return ExperimentAudio(stored["waveforms"], float(stored["seconds"]))


def generate_all(
    experiments: Iterable[Experiment],
    generator: SoundGenerator,
    folder: Path,
    on_progress: Callable[[str], object],
    workers: int | None = None,
) -> dict[str, Path]:
    """Generate the audio that `folder` lacks. Returns the file of each experiment by name.

    on_progress: receives the name of each finished experiment. workers: processes, None for one per core.
    """
    experiments = list(experiments)
    folder.mkdir(parents=True, exist_ok=True)
    files = {each.name: generator.plan.audio_file(folder, each) for each in experiments}
    missing = []
    for each in experiments:
        if files[each.name].is_file():
            on_progress(each.name)
        else:
            missing.append(each)
    workers = min(workers or os.cpu_count() or 1, len(missing))
    if workers > 1:
        _generate_in_processes(missing, generator.plan, files, on_progress, workers)
    else:
        for each in missing:
            save_audio(generator.audio(each), files[each.name])
            on_progress(each.name)
    return files


_generator: SoundGenerator | None = None
"""Of a worker process, built once by its initializer."""


def _start_worker(plan: EvaluationPlan) -> None:
    global _generator
    torch.set_num_threads(1)
    _generator = SoundGenerator(plan)


def _generate(experiment: Experiment, file: Path) -> str:
    assert _generator is not None
    save_audio(_generator.audio(experiment), file)
    return experiment.name


def _generate_in_processes(
    experiments: Sequence[Experiment],
    plan: EvaluationPlan,
    files: dict[str, Path],
    on_progress: Callable[[str], object],
    workers: int,
) -> None:
    context = multiprocessing.get_context("spawn")  # torch's thread pools do not survive a fork
    with ProcessPoolExecutor(workers, context, _start_worker, (plan,)) as pool:
        jobs = [pool.submit(_generate, each, files[each.name]) for each in experiments]
        try:
            for job in as_completed(jobs):
                on_progress(job.result())
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
