"""The exam: any model folder on any data set folder, suite by suite, to be gone on with where it stopped.

OUT/report.md, report.json, plots/, sounds/   what a person reads, looks at and listens to
OUT/kept/                                     what was made and scored so far; the same exam again takes it from there
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from a2s.errors import BadSettings, CannotWrite
from a2s.evaluation.experiments import ABLATION_EXPERIMENTS, MAIN_EXPERIMENTS, SUITES, SWEEPS, TRUE_CUES, Experiment
from a2s.evaluation.generate import SoundGenerator, make_all, read_sounds
from a2s.evaluation.plan import Recipe, needs_pool, short
from a2s.media.files import whole_file
from a2s.resources import checkpoint_folder

JUDGES = checkpoint_folder("judges")
SWEEP_CLIPS = 48


@dataclass(frozen=True)
class EvaluationRun:
    """What is to be examined on what. recipe: of the rows. judges: folder with `classes`, `sync` and `place`.

    recordings: real sounds for the vocoder, of which names that start with `3-` weren't trained on. real: a folder of
    real clips with onsets.json. suites: of SUITES; without any, all that the given folders allow but for `faiss`.
    """

    recipe: Recipe
    out: Path
    suites: tuple[str, ...] = ()
    judges: Path = JUDGES
    recordings: Path | None = None
    real: Path | None = None
    workers: int | None = None
    told: Callable[[str], None] = field(default=print, compare=False)

    def run(self) -> dict:
        """Examine, write the report, and return it. Raises BadSettings, WeightsMissing, CannotWrite."""
        from a2s.evaluation.report import write_report

        wanted = self._wanted()
        if not self.out.parent.is_dir():
            raise CannotWrite(f"There is no folder {self.out.parent} to make {self.out.name} in.")
        (self.out / "kept").mkdir(parents=True, exist_ok=True)
        report = {"model": self.recipe.model, "clips": self.recipe.clips, "seed": self.recipe.seed}
        if self.recipe.data:
            report |= {"videos": len({clip.video for clip in self.kitchen.clips}), "hash": self.kitchen.pipe.model_hash}
        for name in wanted:
            self.told(f"suite {name}")
            report[name] = getattr(self, f"_{name}")()
        write_report(report, self)
        return report

    def _wanted(self) -> tuple[str, ...]:
        given = {"real": bool(self.real), "faiss": False}
        wanted = self.suites or tuple(name for name in SUITES if given.get(name, bool(self.recipe.data)))
        for name in wanted:
            if name not in SUITES:
                raise BadSettings(f"There is no suite {name}; there are {', '.join(SUITES)}.")
            if name == "real" and not self.real:
                raise BadSettings("Real clips are in a folder of yours: --real FOLDER.")
            if name not in ("real", "faiss") and not self.recipe.data:
                raise BadSettings(f"The suite {name} needs unseen worlds: --data DIR, made by `world render`.")
        if not wanted:
            raise BadSettings("Say what to examine on: --data DIR, or --real FOLDER.")
        return wanted

    @cached_property
    def kitchen(self) -> SoundGenerator:
        return SoundGenerator(self.recipe)

    @cached_property
    def ears(self):
        """Judges and embeddings. Those whose weights aren't at hand are left out; the classes' judge must be there."""
        from a2s.errors import WeightsMissing
        from a2s.evaluation.judges.events import Judge
        from a2s.evaluation.judges.place import PlaceJudge
        from a2s.evaluation.judges.sync import SyncJudge
        from a2s.evaluation.judges.train import load_judge
        from a2s.evaluation.metrics.embeddings import NAMES, Clap, embedding
        from a2s.evaluation.suites.tables import JudgeSet

        judge, found = load_judge(Judge, self.judges / "classes"), {}
        for name in NAMES:
            try:
                found[name] = embedding(name, self.kitchen.pipe, judge)
            except WeightsMissing as absent:
                self.told(str(absent))
        sync, place = (
            load_judge(kind, self.judges / name) if (self.judges / name).is_dir() else None
            for name, kind in (("sync", SyncJudge), ("place", PlaceJudge))
        )
        return JudgeSet(judge, found, sync, place, Clap.load() if "clap" in found else None)

    # ------------------------------------------------------------------ suites

    def _tables(self) -> dict:
        """The paper's tables, and those of a creator who writes the cues."""
        from a2s.evaluation.suites.tables import cue_row

        rows = [row for row in (*MAIN_EXPERIMENTS, *ABLATION_EXPERIMENTS, *TRUE_CUES) if self._possible(row)]
        files = self.cook(rows)
        scored = self._scores(rows, files)
        clips = self.kitchen.clips
        scored["cues-alone"] = {"title": "the machine's cue times as clicks"} | cue_row(
            clips, self.kitchen.cues(Experiment("", "", cues="machine"), clips)
        )
        return scored | ({"retrieved": self.kitchen.retrieved()} if self.recipe.pool else {})

    def _sweeps(self) -> dict:
        """Steps, guidance and frame rate, each varied alone, on fewer clips; seconds are of this machine."""
        smaller = EvaluationRun(
            replace(self.recipe, clips=min(SWEEP_CLIPS, self.recipe.clips)),
            **{name: getattr(self, name) for name in ("out", "judges", "workers", "told")},
        )
        found = {}
        for name, rows in SWEEPS.items():
            rows = [row for row in rows if self._possible(row)]
            files = smaller.cook(rows)
            found[name] = smaller._scores(rows, files)
            for row in rows:
                found[name][row.name]["seconds"] = round(read_sounds(files[row.name]).seconds, 4)
        return found

    def _coding(self) -> dict:
        from a2s.evaluation.clips import Maker
        from a2s.evaluation.suites.coding import examine_vae, examine_vocoder

        pipe, clips = self.kitchen.pipe, self.kitchen.clips
        return self._kept(
            "coding",
            lambda: {
                "vae": examine_vae(Maker(pipe), clips),
                "vocoder": examine_vocoder(pipe, clips, self.recordings),
            },
            str(self.recordings),
        )

    def _ambience(self) -> dict:
        from a2s.evaluation.clips import Maker
        from a2s.evaluation.suites.ambience import examine_slider, examine_swap

        kitchen = self.kitchen
        maker = Maker(kitchen.pipe, kitchen.pipe.default_steps, kitchen.pipe.default_guidance_scale, self.recipe.seed)
        return self._kept(
            "ambience",
            lambda: {
                "swap": examine_swap(maker, kitchen.clips),
                "slider": examine_slider(maker, kitchen.clips, kitchen.bank),
            },
            str(self.recipe.bank),
        )

    def _retrieval(self) -> dict:
        from a2s.evaluation.suites.retrieval import examine_retrieval

        return self._kept("retrieval", lambda: examine_retrieval(self.kitchen.pipe, self.kitchen.worlds))

    def _faiss(self) -> dict:
        from a2s.evaluation.suites.faiss_scale import compare_indexes

        return self._kept("faiss", compare_indexes)

    def _real(self) -> dict:
        from a2s.ambient import AmbientBank
        from a2s.dubbing.analysis import load_bank
        from a2s.evaluation.suites.real_clips import examine_real
        from a2s.settings import DubSettings
        from a2s.weights import load_model

        pipe = load_model(self.recipe.model)
        bank: AmbientBank = load_bank(self.recipe.bank, pipe)
        if bank.model_hash != pipe.model_hash:
            bank = bank.embedded(pipe.embed_audio, pipe.model_hash)
        settings = DubSettings(seed=self.recipe.seed)
        return self._kept("real", lambda: examine_real(pipe, bank, self.real, settings), str(self.real.resolve()))

    # ------------------------------------------------------------------ what is kept

    def cook(self, rows: list[Experiment]) -> dict[str, Path]:
        """Make the rows' sounds, on every core; name -> file."""
        with _bar(len(rows), "making") as step:
            folder = self.out / "kept" / "sounds"
            return make_all(rows, self.kitchen, folder, step, self.workers)

    def _possible(self, row: Experiment) -> bool:
        """Whether the folders that the row needs were given; a folder that is wrong is told, not passed over."""
        return not (needs_pool(row) and not self.recipe.pool) and not (row.model and not self.recipe.ablations)

    def _scores(self, rows: list[Experiment], files: dict[str, Path]) -> dict[str, dict]:
        """Row name -> title and figures, a thread a core."""
        _ = self.kitchen.looks, self._reference, self.ears  # now, for the threads would all ask for them at once
        with ThreadPoolExecutor(self.workers or os.cpu_count()) as pool:
            figures = pool.map(lambda row: self._scored(files[row.name]), rows)
            return {row.name: {"title": row.title} | found for row, found in zip(rows, figures, strict=True)}

    def _scored(self, file: Path) -> dict:
        from a2s.evaluation.suites.tables import score

        kitchen = self.kitchen
        return self._kept(
            f"score-{file.stem}",
            lambda: score(read_sounds(file).waveforms, kitchen.clips, kitchen.looks, self._reference, self.ears),
            self.ears.fingerprint,
        )

    @cached_property
    def _reference(self) -> dict[str, np.ndarray]:
        from a2s.evaluation.suites.tables import reference

        waves = reference(self.kitchen.worlds, self.kitchen.clips, seed=self.recipe.seed)
        return {name: embed(waves) for name, embed in self.ears.embeddings.items()}

    def _kept(self, name: str, make: Callable[[], dict], *key: str) -> dict:
        """What `make` returns, from disk where that was asked before. key: what it hangs on beside clips and model."""
        recipe = self.recipe
        asked = [recipe.model_digest, recipe.data_digest, recipe.clips, recipe.seed, *key]
        file = self.out / "kept" / f"{name}-{short(asked)}.json"
        if not file.is_file():
            self.told(f"  {name}")
            with whole_file(file) as part:
                part.write_text(json.dumps(make(), indent=1, default=plain) + "\n", "utf-8")
        return json.loads(file.read_text("utf-8"))


def plain(value):
    """numpy scalars and arrays as JSON."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is not JSON")


@contextmanager
def _bar(total: int, name: str):
    """A progress bar where a person is looking; hands out a function that counts one."""
    from tqdm import tqdm

    with tqdm(total=total, desc=name, disable=None, leave=False) as bar:

        def step(detail: str) -> None:
            bar.set_postfix_str(detail, refresh=False)
            bar.update()

        yield step
