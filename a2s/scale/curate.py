"""Curate long videos: propose clips around sounding actions and leave out those that no model should learn from."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from a2s.audio.levels import level_db
from a2s.datasets.clips import Skipped, find_videos
from a2s.datasets.curation.measures import clipped_share, energy_db, motion_speed
from a2s.datasets.curation.report import Counts, markdown
from a2s.datasets.curation.stages import (
    NO_SOUND,
    SCENARIO,
    Measures,
    Thresholds,
    Verdict,
    is_social,
    judge_picture,
    judge_sound,
)
from a2s.datasets.curation.taggers import Tagger, checked, load_tagger
from a2s.datasets.ego4d_sounds import Row, write_rows
from a2s.datasets.ego4d_sounds.table import own_row
from a2s.errors import BadSettings
from a2s.io import atomic_file, write_json, write_text
from a2s.scale.engine import Run, Summary
from a2s.scale.store import Item, Result, file_identity, key_of
from a2s.settings import Limits

if TYPE_CHECKING:
    from a2s.datasets.curation.candidates import Candidate
    from a2s.evaluation.judges.sync import SyncJudge
    from a2s.vision import Motion

VERSION = 1
"""Part of every key; it grows when the same video and settings give other clips."""

RATE = 16_000
SOURCE = "a2s"
"""`narration_source` of clips that were found by their sound."""

CLIPS, LEFT_OUT, REPORT, REPORT_TEXT = "clips.csv", "left_out.csv", "report.json", "report.md"


@dataclass(frozen=True)
class CurateWork:
    """Settings of a curation. tagger: as in `load_tagger`. judge: folder of a sync judge; None leaves the stage out."""

    thresholds: Thresholds
    tagger: str
    judge: str | None
    limits: Limits

    def open(self) -> Run:
        """Load the tagger and the judge. Raises BadSettings, WeightsMissing."""
        return _Curator(self, load_tagger(self.tagger), _load_sync_judge(self.judge))

    def items(self, videos: dict[str, Path], scenarios: dict[str, list[str]]) -> Iterator[Item]:
        """An item for each video. scenarios: of videos by id."""
        settings = asdict(replace(self, limits=Limits())) | {"limits": None, "version": VERSION}
        for name, path in videos.items():
            social = is_social(scenarios.get(name, []))
            data = {"video": name, "file": str(path), "social": social}
            yield Item(key_of(name, file_identity(path), social, settings), name, data)


class _Curator:
    """The work on a worker: one long video at a time."""

    def __init__(self, work: CurateWork, tagger: Tagger | None, judge: SyncJudge | None) -> None:
        self.work, self.tagger, self.judge = work, tagger, judge

    def __call__(self, item: Item) -> dict[str, Any]:
        """rows: texts of the kept rows. left_out: (start s, stage, value, clips). seconds: length of the video."""
        from a2s.datasets.curation.candidates import propose
        from a2s.vision.video import Video

        name, film = item.data["video"], Video(item.data["file"], limits=self.work.limits)
        duration = film.info.duration
        cells = max(1, int(duration / 3 + 1e-3))
        facts: dict[str, Any] = {"rows": [], "left_out": [], "seconds": round(duration, 3)}
        sound = film.soundtrack(RATE)
        if sound is None or level_db(sound) < self.work.thresholds.silence_db:
            facts["left_out"] = [(0.0, NO_SOUND, "no soundtrack" if sound is None else "silent throughout", cells)]
            return facts
        if item.data["social"]:
            facts["left_out"] = [(0.0, SCENARIO, "mainly social", cells)]
            return facts
        motion = film.motion
        judged = self._judge_all(propose(sound, motion), sound, motion)
        for index, (candidate, measures, verdict) in enumerate(judged):
            if verdict.stage is not None:
                facts["left_out"].append((round(candidate.start, 4), verdict.stage, verdict.value, 1))
                continue
            row = own_row(name, duration, SOURCE, index, candidate.moment, candidate.start)
            tags: dict[str, Any] = {tag: round(value, 6) for tag, value in measures.tags.items()}
            facts["rows"].append(replace(row, **tags).texts())
        return facts

    def _judge_all(
        self, candidates: list[Candidate], sound: np.ndarray, motion: Motion
    ) -> list[tuple[Candidate, Measures, Verdict]]:
        thresholds, judged = self.work.thresholds, []
        for candidate in candidates:
            first = round(candidate.start * RATE)
            wave = sound[first : first + 3 * RATE]
            measures = self._measures(wave)
            verdict = judge_sound(measures, thresholds)
            if verdict.stage is None:
                measures = replace(measures, speed=motion_speed(motion, candidate.start, candidate.end))
                verdict = judge_picture(measures, thresholds)
            judged.append((candidate, measures, verdict))
        waiting = [index for index, (_, _, verdict) in enumerate(judged) if verdict.stage is None]
        for index, value in zip(waiting, self._sync([judged[i][0] for i in waiting], sound, motion)):
            candidate, measures, _ = judged[index]
            measures = replace(measures, sync=value)
            judged[index] = candidate, measures, judge_picture(measures, thresholds)
        return judged

    def _measures(self, wave: np.ndarray) -> Measures:
        """The measures of the sound; the tagger, which takes longest, only for a clip that is not silent."""
        level = level_db(wave)
        quiet = level < self.work.thresholds.silence_db
        tags = checked(self.tagger(wave)) if self.tagger and not quiet else {}
        return Measures(level, tags, energy_db(wave, RATE), clipped_share(wave))

    def _sync(self, candidates: list[Candidate], sound: np.ndarray, motion: Motion) -> list[float]:
        """Probability of each candidate that sound and picture are in sync; nothing without a judge."""
        if self.judge is None or not candidates:
            return []
        from a2s.vision import motion_grid

        found: list[float] = []
        for first in range(0, len(candidates), 32):
            batch = candidates[first : first + 32]
            grids = np.stack([motion_grid(motion, each.start) for each in batch])
            waves = np.zeros((len(batch), 3 * RATE), np.float32)
            for row, each in enumerate(batch):
                start = round(each.start * RATE)
                wave = sound[start : start + 3 * RATE]
                waves[row, : len(wave)] = wave
            found += self.judge.probabilities(grids, waves).tolist()
        return found


def _load_sync_judge(folder: str | None) -> SyncJudge | None:
    if folder is None:
        return None
    try:
        from a2s.evaluation.judges.sync import SyncJudge
        from a2s.evaluation.judges.train import load_judge
    except ImportError as error:
        raise BadSettings(f"The sync judge needs `pip install 'a2s[scale,eval]'` ({error}).") from None
    return load_judge(SyncJudge, folder)


def read_scenarios(file: Path) -> dict[str, list[str]]:
    """Scenarios by the id of a video: Ego4D's ego4d.json, or a tab-separated table of video_uid and scenarios.

    In the table, several scenarios are separated by semicolons. Raises BadSettings.
    """
    try:
        text = file.read_text(encoding="utf-8")
        if file.suffix.lower() == ".json":
            videos = json.loads(text)["videos"]
            return {video["video_uid"]: list(video.get("scenarios") or []) for video in videos}
        rows = csv.DictReader(text.splitlines(), delimiter="\t")
        return {row["video_uid"]: [s for s in row["scenarios"].split(";") if s.strip()] for row in rows}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadSettings(f"{file} is not a list of scenarios: {type(error).__name__} {error}.") from None


def long_videos(folder: Path) -> dict[str, Path]:
    """The long videos of a folder by their id. Raises BadSettings where there is none."""
    videos = find_videos(folder)
    if not videos:
        raise BadSettings(f"There is no video in {folder}.")
    return videos


def write_curation(out: Path, results: list[Result], summary: Summary, work: CurateWork) -> Counts:
    """Write clips.csv, left_out.csv, report.json and report.md from the results of all videos, in their order."""
    counts, skipped = _counts(results)
    write_rows(out / CLIPS, (_row(texts) for result in results for texts in result.facts.get("rows", [])))
    with atomic_file(out / LEFT_OUT) as part, open(part, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(("video_uid", "clip_start", "stage", "value", "clips"))
        writer.writerows((r.name, *entry) for r in results for entry in r.facts.get("left_out", []))
    hours = sum(result.facts.get("seconds", 0.0) for result in results) / 3600
    write_json(
        out / REPORT,
        {
            "videos": len(results),
            "hours": round(hours, 4),
            "worker_seconds": round(sum(result.seconds for result in results), 2),
            "thresholds": asdict(work.thresholds),
            "tagger": work.tagger,
            "sync_judge": work.judge is not None,
            **counts.to_dict(),
            "skipped": dict(skipped.counts),
            "listed": [list(each) for each in skipped.listed],
        },
    )
    write_text(out / REPORT_TEXT, markdown(counts, len(results), skipped.counts.items()))
    return counts


def _counts(results: Iterable[Result]) -> tuple[Counts, Skipped]:
    counts, skipped = Counts(), Skipped()
    for result in results:
        if result.error:
            skipped.add("failed" if result.bug else "unreadable", result.name, result.error)
        for start, stage, value, times in result.facts.get("left_out", []):
            counts.leave_out(stage, result.name, start, value, times)
        for _ in result.facts.get("rows", []):
            counts.keep()
    return counts, skipped


def _row(texts: list[str]) -> Row:
    from a2s.datasets.ego4d_sounds import COLUMNS

    return Row.from_texts(dict(zip(COLUMNS, texts, strict=True)))
