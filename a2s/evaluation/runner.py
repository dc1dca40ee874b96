"""One evaluation: a model folder on a folder of test worlds or real clips, suite by suite, resumable.

OUT/report.md, report.json, plots/, sounds/   the report
OUT/cache/                                    audio and results; a repeated evaluation reads them from here
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from a2s.errors import BadSettings, CannotWrite
from a2s.evaluation.cache import ResultCache
from a2s.evaluation.examples import write_examples
from a2s.evaluation.experiments import SWEEPS, Experiment
from a2s.evaluation.generate import SoundGenerator, generate_all, read_audio_file
from a2s.evaluation.plan import EvaluationPlan
from a2s.evaluation.report import write_report
from a2s.evaluation.scoring import Scorer
from a2s.evaluation.statistics import Figures
from a2s.evaluation.suites import SUITES, ambience, coding, faiss_scale, real_clips, real_cues, retrieval, tables
from a2s.resources import checkpoint_folder

SWEEP_CLIPS = 48


def shipped_judges() -> Path:
    """The folder of the shipped judges."""
    return checkpoint_folder("judges")


@dataclass(frozen=True)
class EvaluationRun:
    """An evaluation and its result folder.

    out: folder of the report; its parent must exist. suites: of SUITES, empty for all that the given folders allow,
    without `faiss`. judges: folder with `classes`, `sync` and `place`. recordings: real sounds for the vocoder. real:
    folders of real clips with onsets.json; the suite real takes the first, cues takes all. workers: processes, None for
    one per core. on_message: progress messages.
    """

    plan: EvaluationPlan
    out: Path
    suites: tuple[str, ...] = ()
    judges: Path = field(default_factory=shipped_judges)
    recordings: Path | None = None
    real: tuple[Path, ...] = ()
    workers: int | None = None
    on_message: Callable[[str], object] = field(default=print, compare=False)

    def run(self) -> Figures:
        """Evaluate, write the report, and return its figures. Raises BadSettings, WeightsMissing, CannotWrite."""
        suites = self._wanted_suites()
        if not self.out.parent.is_dir():
            raise CannotWrite(f"The folder {self.out.parent} for the report {self.out.name} does not exist.")
        self.out.mkdir(exist_ok=True)
        plan = self.plan
        report: Figures = {"model": plan.model, "clips": plan.clips, "seed": plan.seed}
        if plan.data:
            report |= {"data": plan.data, "data_digest": plan.data_digest}
            report |= {"videos": len({clip.video for clip in self.generator.clips})}
            report |= {"hash": self.generator.pipe.model_hash}
        for name in suites:
            self.on_message(f"Suite {name}")
            report[name] = getattr(self, f"_evaluate_{name}")()
        examples = []
        if "tables" in report:
            examples = write_examples(report["tables"], self.generator, self._files, self.out)
        write_report(report, self.out, examples)
        return report

    def _wanted_suites(self) -> tuple[str, ...]:
        default = {
            "real": bool(self.real),
            "cues": bool(self.real),
            "faiss": False,
            "sweeps": bool(self.plan.data and self.plan.pool),
        }
        wanted = self.suites or tuple(name for name in SUITES if default.get(name, bool(self.plan.data)))
        for name in wanted:
            if name not in SUITES:
                raise BadSettings(f"There is no suite {name}. The suites are {', '.join(SUITES)}.")
            if name in ("real", "cues") and not self.real:
                raise BadSettings(f"The suite {name} needs a folder of real clips: --real FOLDER.")
            if name not in ("real", "cues", "faiss") and not self.plan.data:
                raise BadSettings(f"The suite {name} needs test worlds of `a2s world render`: --data DIR.")
            if name == "sweeps" and not self.plan.pool:
                raise BadSettings("The suite sweeps needs other worlds to retrieve from: --pool DIR.")
        if not wanted:
            raise BadSettings("An evaluation needs test worlds (--data DIR) or real clips (--real FOLDER).")
        return wanted

    @cached_property
    def generator(self) -> SoundGenerator:
        """The evaluated model and the test clips."""
        return SoundGenerator(self.plan)

    @cached_property
    def cache(self) -> ResultCache:
        """Results in `out/cache`, by model, data, number of clips and seed."""
        plan = self.plan
        key = (plan.model_digest, plan.data_digest, plan.clips, plan.seed)
        return ResultCache(self.out / "cache", key, self.on_message)

    @cached_property
    def scorer(self) -> Scorer:
        """All metrics."""
        cache = ResultCache(self.cache.folder, self.cache.key)  # without a message per metric
        return Scorer(self.generator, self.judges, cache, self.workers, self.on_message)

    @cached_property
    def _files(self) -> dict[str, Path]:
        """Audio files of the experiments generated so far, by name."""
        return {}

    def _score(self, experiments: Sequence[Experiment]) -> dict[str, Figures]:
        """Generate and score experiments. Returns title and figures by name."""
        with _progress_bar(len(experiments)) as on_progress:
            folder = self.out / "cache" / "audio"
            folder.mkdir(parents=True, exist_ok=True)
            self._files.update(generate_all(experiments, self.generator, folder, on_progress, self.workers))
        return self.scorer.score_all(experiments, self._files)

    # ------------------------------------------------------------------ suites

    def _evaluate_tables(self) -> Figures:
        return tables.evaluate_tables(self.generator, self._score)

    def _evaluate_sweeps(self) -> Figures:
        """Each setting alone, on fewer clips. seconds: processor time per clip on this machine."""
        run = replace(self, plan=replace(self.plan, clips=min(SWEEP_CLIPS, self.plan.clips)))
        found: Figures = {}
        for name, sweep in SWEEPS.items():
            found[name] = run._score(sweep)
            for each in sweep:
                found[name][each.name]["seconds"] = round(read_audio_file(run._files[each.name]).seconds, 4)
        return found

    def _evaluate_coding(self) -> Figures:
        pipe, clips = self.generator.pipe, self.generator.clips
        return self.cache.get(
            "coding", coding, lambda: coding.evaluate_coding(pipe, clips, self.recordings), str(self.recordings)
        )

    def _evaluate_ambience(self) -> Figures:
        generator, bank = self.generator, self.plan.bank
        return self.cache.get(
            "ambience",
            ambience,
            lambda: ambience.evaluate_ambience(generator.pipe, generator.clips, generator.bank, self.plan.seed),
            str(bank),
        )

    def _evaluate_retrieval(self) -> Figures:
        generator = self.generator
        return self.cache.get(
            "retrieval", retrieval, lambda: retrieval.evaluate_retrieval(generator.pipe, generator.worlds)
        )

    def _evaluate_faiss(self) -> Figures:
        return self.cache.get("faiss", faiss_scale, faiss_scale.compare_indexes)

    def _evaluate_real(self) -> Figures:
        folder, plan = self.real[0], self.plan
        return self.cache.get(
            "real",
            real_clips,
            lambda: real_clips.evaluate_model(plan.model, plan.bank, folder, plan.seed, self.on_message),
            str(folder.resolve()),
            str(plan.bank),
        )

    def _evaluate_cues(self) -> Figures:
        """Never from the cache: the cues depend on installed parts and on the code of every layer below."""
        return real_cues.evaluate_cues(self.plan.model, self.plan.bank, self.real, self.on_message)


@contextmanager
def _progress_bar(total: int) -> Iterator[Callable[[str], None]]:
    """A progress bar on a terminal. Yields a function that counts one experiment by its name."""
    from tqdm import tqdm

    with tqdm(total=total, desc="generating", disable=None, leave=False) as bar:

        def step(detail: str) -> None:
            bar.set_postfix_str(detail, refresh=False)
            bar.update()

        yield step
