"""Real clips with annotated onsets: whether a dub is in sync with the picture.

A folder holds the clips and `onsets.json`, {name: {"file", "tier", "duration", "onsets": [s], "optional": [s]}}.
Real clips only measure: nothing is trained on them, and no setting is tuned to them.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from a2s.ambient import AmbientBank
from a2s.audio.onset_scores import Comparison
from a2s.cues import CueTrack
from a2s.dubbing.analysis import analyze_motion, find_cues, load_bank
from a2s.dubbing.job import dub
from a2s.errors import BadSettings
from a2s.evaluation import real_scorer
from a2s.evaluation.real_scorer import (
    ClipScore,
    detect_soundtrack_onsets,
    read_soundtrack,
    score_corpus,
    score_onsets,
)
from a2s.evaluation.statistics import Figures, mean, onset_figures
from a2s.media import probe_video
from a2s.settings import DubSettings
from a2s.vision.video import Video
from a2s.weights import load_model

if TYPE_CHECKING:
    from a2s.dubbing.take import Take
    from a2s.pipelines import AVLDMPipeline

VERSION = 1
LIBRARIES = (*real_scorer.LIBRARIES, "torch", "diffusers", "mir_eval")

CONDITIONS = ("automatic_cues", "annotated_cues", "cue_times_alone")
"""What is scored: a dub with automatic cues, a dub with the annotated onsets as cues, automatic cues as onsets."""


@dataclass(frozen=True)
class RealClip:
    """tier: "A" (sharp onsets with a visible cause) or "B". duration: s. onsets, optional: s in the true soundtrack."""

    name: str
    file: Path
    tier: str
    duration: float
    onsets: tuple[float, ...]
    optional: tuple[float, ...]

    def score(self, found: Sequence[float] | np.ndarray) -> ClipScore:
        """Score detected onsets (s)."""
        return score_onsets(found, self.onsets, self.optional, self.duration)


def read_clips(folder: str | Path) -> list[RealClip]:
    """The clips of a folder. Raises BadSettings without a readable onsets.json."""
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
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadSettings(f"{folder} has no onsets.json with file, duration and onsets of each clip.") from error


def take_onsets(take: Take, duration: float) -> np.ndarray:
    """Onsets (s) of a take's audio."""
    with tempfile.TemporaryDirectory() as folder:
        return detect_soundtrack_onsets(read_soundtrack(take.save(Path(folder) / "dub.wav"), duration))


def evaluate_model(
    model: str, bank: str | None, folder: str | Path, seed: int, on_message: Callable[[str], object]
) -> Figures:
    """`evaluate_real_clips` of a model and a bank by name or folder, None for the model's own bank."""
    pipe = load_model(model)
    ambiences: AmbientBank = load_bank(bank, pipe)
    if ambiences.model_hash != pipe.model_hash:
        ambiences = ambiences.embedded(pipe.embed_audio, pipe.model_hash)
    return evaluate_real_clips(pipe, ambiences, folder, DubSettings(seed=seed, loudness=None), on_message=on_message)


def evaluate_real_clips(
    pipe: AVLDMPipeline,
    bank: AmbientBank,
    folder: str | Path,
    settings: DubSettings | None = None,
    *,
    on_message: Callable[[str], object] = lambda message: None,
) -> Figures:
    """Dub every clip with automatic cues and with its annotated onsets as cues, and score the audio.

    clips: figures of each clip under CONDITIONS at 100 ms; seconds_off: difference of the durations of dub and video.
    corpus: figures of "all" clips and of each tier, see `corpus_figures`. The headline is tier A.
    """
    clips, settings = read_clips(folder), settings or DubSettings(loudness=None)
    found: dict[str, list[np.ndarray]] = {name: [] for name in CONDITIONS}
    figures: Figures = {"clips": {}, "settings": settings.to_dict()}
    for clip in clips:
        on_message(f"  {clip.name}")
        video = Video(clip.file)
        automatic = find_cues(analyze_motion(video), pipe)
        tracks = {"automatic_cues": automatic, "annotated_cues": CueTrack.at(clip.onsets, "annotated")}
        takes = {name: dub(video, settings, pipe, bank, cues=track) for name, track in tracks.items()}
        for name, take in takes.items():
            found[name].append(take_onsets(take, clip.duration))
        found["cue_times_alone"].append(np.array([cue.time for cue in automatic]))
        seconds = probe_video(clip.file).duration
        figures["clips"][clip.name] = {
            "tier": clip.tier,
            "onsets": len(clip.onsets),
            "cues": len(automatic),
            "seconds_off": round(max(abs(take.duration - seconds) for take in takes.values()), 4),
            **{name: clip.score(found[name][-1]).to_dict() for name in CONDITIONS},
        }
    figures["corpus"] = {name: by_tier(clips, found[name]) for name in CONDITIONS}
    return figures


def by_tier(clips: Sequence[RealClip], found: Sequence[np.ndarray]) -> Figures:
    """`corpus_figures` of all clips and of each tier. found: onsets of each clip, s."""
    tiers = {"all": list(range(len(clips)))}
    figures: Figures = {}
    for tier in sorted({clip.tier for clip in clips}):
        tiers[f"tier_{tier}"] = [i for i, clip in enumerate(clips) if clip.tier == tier]
    for tier, members in tiers.items():
        figures[tier] = corpus_figures([clips[i] for i in members], [found[i] for i in members])
    return figures


def corpus_figures(clips: Sequence[RealClip], found: Sequence[np.ndarray]) -> Figures:
    """`score_corpus` at 100 ms; mean_f1 with an interval over clips; pooled: `onset_figures`."""
    scores = [clip.score(times) for clip, times in zip(clips, found, strict=True)]
    pooled = [Comparison(f, c.onsets, c.duration, c.optional) for f, c in zip(found, clips, strict=True)]
    return score_corpus(scores) | {
        "mean_f1": mean([score.tolerances[0.1].f1 for score in scores]),
        "pooled": onset_figures(pooled),
    }
