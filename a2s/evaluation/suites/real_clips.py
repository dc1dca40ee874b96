"""Real clips with annotated onsets: does a dub hit when the picture hits?

A folder holds `onsets.json`, {name: {"file", "tier", "duration", "onsets": [s], "optional": [s]}}, the clips, and maybe
`sync_score.py` with `load`, `detect`, `score` and `corpus`, which then does the listening; else a2s does it itself.
Real clips are for measuring only: nothing is trained on them and no setting is tuned to them.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from a2s.audio.onsets import ONSET_TOLERANCE, Comparison, chance_f1, detect_onsets, onset_f1
from a2s.cues import CueTrack
from a2s.dubbing.analysis import analyze_motion, find_cues
from a2s.dubbing.job import dub
from a2s.errors import BadSettings
from a2s.evaluation.statistics import mean, onset_figures
from a2s.media import probe_video
from a2s.settings import DubSettings

ROWS = ("automatic_cues", "annotated_cues", "cue_times_alone")


@dataclass(frozen=True)
class RealClip:
    """name; file; tier "A" (sharp, on screen) or "B"; duration s; onsets and optional: s in the true soundtrack."""

    name: str
    file: Path
    tier: str
    duration: float
    onsets: tuple[float, ...]
    optional: tuple[float, ...]


def read_clips(folder: str | Path) -> list[RealClip]:
    """Raises BadSettings where the folder has no readable onsets.json."""
    folder = Path(folder)
    try:
        values = json.loads((folder / "onsets.json").read_text("utf-8"))
        values = {c["name"]: c for c in values["clips"]} if "clips" in values else values
        return [
            RealClip(
                name,
                folder / clip["file"],
                clip.get("tier", "A"),
                float(clip["duration"]),
                tuple(map(float, clip["onsets"])),
                tuple(map(float, clip.get("optional", ()))),
            )
            for name, clip in values.items()
        ]
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise BadSettings(f"{folder} has no onsets.json that says what is heard when in its clips.") from fault


class Ear:
    """Hears onsets and scores them: by the folder's own scorer if it has one, else by `a2s.audio.onsets`."""

    def __init__(self, folder: str | Path):
        script = Path(folder) / "sync_score.py"
        self.scorer = _imported(script) if script.is_file() else None

    def hear(self, take, duration: float) -> np.ndarray:
        """Onset times (s) of a take's waveform."""
        if self.scorer is None:
            return detect_onsets(take.waveform, take.sample_rate)
        with tempfile.TemporaryDirectory() as folder:
            file = take.save(Path(folder) / "dub.wav")
            return self.scorer.detect(self.scorer.load(str(file), duration))

    def score(self, found: Sequence[float], clip: RealClip) -> dict:
        """F1 at 100 ms with its chance level, mean, sd and z."""
        found = np.sort(np.asarray(found, float))
        if self.scorer is not None:
            full = self.scorer.score(found, clip.onsets, clip.optional, clip.duration)
            return full["100ms"] | {"lag_ms": full["lag_ms"], "best_lag_f1": full["best_lag_f1"], "_full": full}
        score = onset_f1(found, clip.onsets, ONSET_TOLERANCE, clip.optional)
        chance = chance_f1(found, clip.onsets, clip.duration, ONSET_TOLERANCE, clip.optional)
        return score.to_dict() | {"chance": chance.mean, "chance_sd": chance.sd, "z": chance.z}

    def corpus(self, clips: Sequence[RealClip], found: Sequence[np.ndarray], scores: Sequence[dict]) -> dict:
        """Mean F1 over clips with its interval, pooled figures, and by the folder's scorer the corpus' chance and z."""
        pooled = [Comparison(f, c.onsets, c.duration, c.optional) for f, c in zip(found, clips, strict=True)]
        figures = {"clips": len(clips), "mean_f1": mean([s["f1"] for s in scores]), "pooled": onset_figures(pooled)}
        if self.scorer is not None:
            figures |= self.scorer.corpus([s["_full"] for s in scores], ONSET_TOLERANCE)
        return figures


def examine_real(
    pipe,
    bank,
    folder: str | Path,
    settings: DubSettings | None = None,
    *,
    told: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True),
) -> dict:
    """Dub every clip twice, with the machine's cues and with the annotated onsets as cues, and score the waveforms.

    `cue_times_alone` scores the machine's cues as if each were a click. Headline: tier A at 100 ms.
    """
    clips, ear, settings = read_clips(folder), Ear(folder), settings or DubSettings()
    found: dict[str, list[np.ndarray]] = {row: [] for row in ROWS}
    report: dict = {"clips": {}, "settings": settings.to_dict(), "scorer": "own" if ear.scorer else "a2s"}
    scores: dict[str, list[dict]] = {row: [] for row in ROWS}
    for clip in clips:
        told(f"{clip.name}: dubbing twice")
        motion = analyze_motion(clip.file)
        seen = find_cues(motion, pipe)
        tracks = {"automatic_cues": seen, "annotated_cues": CueTrack.at(clip.onsets, "annotated")}
        takes = {row: dub(clip.file, settings, pipe, bank, cues=track, motion=motion) for row, track in tracks.items()}
        heard = {row: ear.hear(take, clip.duration) for row, take in takes.items()}
        heard["cue_times_alone"] = np.array([cue.time for cue in seen])
        for row in ROWS:
            found[row].append(heard[row])
            scores[row].append(ear.score(heard[row], clip))
        picture = probe_video(clip.file).duration
        report["clips"][clip.name] = {
            "tier": clip.tier,
            "onsets": len(clip.onsets),
            "cues": len(seen),
            "seconds_off": round(max(abs(take.duration - picture) for take in takes.values()), 4),
            **{row: _shown(scores[row][-1]) for row in ROWS},
        }
    tiers = {"all": range(len(clips))}
    tiers |= {f"tier_{t}": [i for i, c in enumerate(clips) if c.tier == t] for t in sorted({c.tier for c in clips})}
    report["corpus"] = {
        row: {
            tier: ear.corpus([clips[i] for i in which], [found[row][i] for i in which], [scores[row][i] for i in which])
            for tier, which in tiers.items()
        }
        for row in ROWS
    }
    return report


def _shown(score: dict) -> dict:
    return {name: value for name, value in score.items() if not name.startswith("_")}


def _imported(script: Path):
    """A Python file as a module. It is run, so the folder must be one that the caller trusts."""
    spec = importlib.util.spec_from_file_location("a2s_folder_scorer", script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
