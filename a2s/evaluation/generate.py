"""Where the rows' sounds are made: one model folder, one data set, the same windows for every row."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from a2s.audio.mel import griffin_lim
from a2s.cues import CueTrack, detect_cues
from a2s.errors import BadSettings
from a2s.evaluation.clips import Clip, Maker, UnseenWorlds
from a2s.evaluation.experiments import Experiment
from a2s.evaluation.metrics.similarity import window_embeddings
from a2s.evaluation.plan import Recipe, sounds_file
from a2s.evaluation.pool import Pool
from a2s.evaluation.statistics import mean
from a2s.evaluation.suites.coding import GRIFFIN_LIM_ITERATIONS
from a2s.media.files import whole_file
from a2s.settings import AUDIO
from a2s.vision import Motion


@dataclass(frozen=True, eq=False)
class Sounds:
    """waveforms: (n, 48000) float32; seconds: processor time a clip (s) for what was made, 0 for what was found."""

    waveforms: np.ndarray
    seconds: float = 0.0


class SoundGenerator:
    """Makes any row's sounds. The same recipe and row make the same sounds, whatever else is made."""

    def __init__(self, recipe: Recipe):
        from a2s.dubbing.analysis import load_bank
        from a2s.weights import load_model

        self.recipe = recipe
        self.pipe = load_model(recipe.model)
        self.worlds = UnseenWorlds(recipe.data)
        self.clips = self.worlds.draw(recipe.clips, recipe.seed)
        self.bank = load_bank(recipe.bank, self.pipe)
        if self.bank.model_hash != self.pipe.model_hash:
            self.bank = self.bank.embedded(self.pipe.embed_audio, self.pipe.model_hash)
        self._pipes = {"": self.pipe}
        self._seen: dict[tuple, CueTrack] = {}

    @cached_property
    def pool(self) -> Pool:
        """Built once. Raises BadSettings where no data set was given for it."""
        if self.recipe.pool is None:
            raise BadSettings("Retrieval needs a data set to retrieve from: --pool DIR.")
        return Pool.build(self.recipe.pool, self.pipe, self.recipe.seed)

    @cached_property
    def looks(self) -> np.ndarray:
        """(n, E) of each clip's window, by the examined AV-Sim."""
        return window_embeddings(self.pipe, self.clips)

    def sounds(self, row: Experiment) -> Sounds:
        """The row's sound of each clip."""
        if row.source == "truth":
            return Sounds(np.stack([clip.mix for clip in self.clips]))
        if row.source == "action":
            return Sounds(np.stack([clip.action for clip in self.clips]))
        if row.source == "coded":
            return Sounds(self._maker(row).resynthesised(np.stack([clip.mix for clip in self.clips])).waveforms)
        conditions = self.conditions(row)
        if row.source.startswith("pool"):
            found = np.stack(conditions)
            return Sounds(self._maker(row).resynthesised(found).waveforms if row.source == "pool-coded" else found)
        clips = [replace(clip, motion=at_rate(clip.motion, row.fps)) for clip in self.clips]
        cues = self.cues(row, clips)
        begun = time.process_time()
        made = self._maker(row).make(clips, cues, conditions)
        seconds = (time.process_time() - begun) / len(clips)
        if row.vocoder == "griffin-lim":
            mels = torch.from_numpy(made.mels)
            waves = torch.stack([griffin_lim(mel, GRIFFIN_LIM_ITERATIONS) for mel in mels]).float()
            missing = max(0, AUDIO.window_samples - waves.shape[1])  # its last frame is only a half
            return Sounds(F.pad(waves, (0, missing))[:, : AUDIO.window_samples].numpy(), seconds)
        return Sounds(made.waveforms, seconds)

    def conditions(self, row: Experiment) -> list[np.ndarray | None]:
        """(48000,) each: what is heard of the place, None for a latent of zeros."""
        rng = np.random.default_rng([self.recipe.seed, 12])
        if row.condition == "zero":
            return [None] * len(self.clips)
        if row.condition == "neighbour":
            return [clip.neighbour for clip in self.clips]
        if row.condition == "low":
            return [self.bank.waveform(self.bank.low_ambient.id)] * len(self.clips)
        if row.condition == "bank":
            return [self._from_bank(look) for look in self.looks]
        if row.condition == "random":
            return [self.pool.waveform(self.pool.any(rng)) for _ in self.clips]
        return [self.pool.waveform(self.pool.nearest(look, row.pool)) for look in self.looks]

    def _from_bank(self, look: np.ndarray) -> np.ndarray:
        """The nearest ambience as a dub would take it: low-ambient is no place, and its level is that of amount 1/2."""
        from a2s.ambient import full_level, scale_ambience

        matches = self.bank.retrieve(look, 2, self.pipe.model_hash)
        clip = next(match.clip for match in matches if match.clip != self.bank.low_ambient)
        return scale_ambience(self.bank.waveform(clip.id), 0.5, full_db=full_level(clip.level_db, clip.kind))

    def retrieved(self) -> dict:
        """What retrieval brings: how many of the windows it ever takes, and how often of the right kind of place."""
        nearest = [self.pool.nearest(look) for look in self.looks]
        kinds, own = np.array(self.pool.kinds), [clip.kind for clip in self.clips]
        right = mean([kinds[index] == kind for index, kind in zip(nearest, own, strict=True)])
        random = float(np.mean([(kinds == kind).mean() for kind in own]))
        return {"pool": len(self.pool), "distinct": len(set(nearest)), "kind": right | {"random": round(random, 4)}}

    def cues(self, row: Experiment, clips: Sequence[Clip]) -> list[CueTrack]:
        """A cue track a clip, times of the long video; the machine's only from a window before the clip to its end."""
        if row.cues == "true":
            return [clip.true_cues for clip in clips]
        pipe, found = self._pipe(row.model), []
        for clip in clips:
            key = (row.model, row.fps, clip.video, clip.start)
            if key not in self._seen:
                begin, end = clip.start - AUDIO.window_seconds, clip.start + AUDIO.window_seconds
                self._seen[key] = pipe.label_cues(clip.motion, detect_cues(clip.motion).between(begin, end))
            found.append(self._seen[key])
        return found

    def _maker(self, row: Experiment) -> Maker:
        pipe = self._pipe(row.model)
        guidance = pipe.default_guidance_scale if row.guidance_scale is None else row.guidance_scale
        return Maker(pipe, row.steps or pipe.default_steps, guidance, self.recipe.seed)

    def _pipe(self, name: str):
        from a2s.pipelines import AVLDMPipeline

        if name not in self._pipes:
            folder = Path(self.recipe.ablations or "") / name
            if not (folder / "model_index.json").is_file():
                raise BadSettings(f"There is no ablation {name} in {self.recipe.ablations}.")
            self._pipes[name] = AVLDMPipeline.from_pretrained(folder)
        return self._pipes[name]


def at_rate(motion: Motion, fps: float | None) -> Motion:
    """The motion as it would be seen at `fps`: displacements of the frames that are left out are added up.

    An approximation: flow over a longer step is harder to see than the sum of its parts.
    """
    if fps is None or len(motion.times) < 2:
        return motion
    slot = np.floor(motion.times * fps + 1e-6).astype(int)
    last = np.append(np.flatnonzero(np.diff(slot)), len(slot) - 1)
    intervals = np.diff(motion.times, prepend=motion.times[0])
    moved = np.cumsum(motion.velocity * intervals[:, None, None, None], axis=0)
    times = motion.times[last]
    spans = np.diff(times, prepend=motion.times[0])
    spans[0] = max(spans[0], 1e-6)
    velocity = np.diff(moved[last], axis=0, prepend=np.zeros_like(moved[:1])) / spans[:, None, None, None]
    breaks = np.diff(np.cumsum(motion.breaks)[last], prepend=0) > 0
    velocity[breaks] = 0
    return replace(motion, times=times, velocity=velocity.astype(np.float32), breaks=breaks)


_kitchen: SoundGenerator | None = None


def _open(recipe: Recipe) -> None:
    global _kitchen
    torch.set_num_threads(1)
    _kitchen = SoundGenerator(recipe)


def _cook(row: Experiment, file: Path) -> str:
    save_sounds(_kitchen.sounds(row), file)
    return row.name


def save_sounds(sounds: Sounds, file: Path) -> None:
    """Write them whole or not at all."""
    with whole_file(file) as part, open(part, "wb") as out:
        np.savez(out, waveforms=sounds.waveforms.astype(np.float32), seconds=sounds.seconds)


def read_sounds(file: Path) -> Sounds:
    with np.load(file) as kept:
        return Sounds(kept["waveforms"], float(kept["seconds"]))


def make_all(
    rows: Iterable[Experiment],
    kitchen: SoundGenerator,
    folder: Path,
    told: Callable[[str], None],
    workers: int | None = None,
) -> dict[str, Path]:
    """Make what `folder` does not hold yet, a process a core; name -> file. `told` hears each row's name."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {row.name: sounds_file(folder, kitchen.recipe, row) for row in rows}
    missing = []
    for row in rows:
        if files[row.name].is_file():
            told(row.name)
        else:
            missing.append(row)
    workers = min(workers or os.cpu_count() or 1, len(missing))
    if workers > 1:
        _in_processes(missing, kitchen.recipe, files, told, workers)
    else:
        for row in missing:
            save_sounds(kitchen.sounds(row), files[row.name])
            told(row.name)
    return files


def _in_processes(rows, recipe: Recipe, files: dict[str, Path], told: Callable[[str], None], workers: int) -> None:
    context = multiprocessing.get_context("spawn")  # torch's threads don't survive a fork
    with ProcessPoolExecutor(workers, context, _open, (recipe,)) as pool:
        jobs = [pool.submit(_cook, row, files[row.name]) for row in rows]
        try:
            for job in as_completed(jobs):
                told(job.result())
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
