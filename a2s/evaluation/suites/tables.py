"""What each row of the exam is scored by: all on waveforms, all of the same windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from a2s.audio.onsets import ONSET_TOLERANCES, match, onset_f1
from a2s.cues import CueTrack
from a2s.evaluation.clips import Clip, UnseenWorlds, onsets_of
from a2s.evaluation.judges.events import Judge
from a2s.evaluation.judges.place import PlaceJudge, place_share
from a2s.evaluation.judges.sync import SyncJudge, sync_share
from a2s.evaluation.metrics.action_focus import action_focus
from a2s.evaluation.metrics.ambience import ambient_energy, ambient_error
from a2s.evaluation.metrics.embeddings import Clap, Embedding
from a2s.evaluation.metrics.frechet import fad, fad_infinity, outliers
from a2s.evaluation.metrics.similarity import matched, text_similarity
from a2s.evaluation.statistics import onset_figures, ratio
from a2s.pipelines.avldm import weights_hash
from a2s.settings import AUDIO

JUDGED_BEFORE = 2.7
"""Seconds: a later event of a 3 s window leaves the judge too little to hear."""

ENOUGH = 16
"""Clips below which a Frechet distance says nothing and is left out."""


@dataclass(frozen=True, eq=False)
class JudgeSet:
    """Who listens. embeddings: for Frechet distances, "av-sim" among them. sync, place, clap: None if not there."""

    judge: Judge
    embeddings: dict[str, Embedding]
    sync: SyncJudge | None = None
    place: PlaceJudge | None = None
    clap: Clap | None = None

    @cached_property
    def fingerprint(self) -> str:
        """Changes with whoever listens."""
        judges = [weights_hash(judge) for judge in (self.judge, self.sync, self.place) if judge is not None]
        return "-".join([*judges, *self.embeddings])


def reference(worlds: UnseenWorlds, clips: Sequence[Clip], limit: int = 400, seed: int = 0) -> np.ndarray:
    """(n, 48000): true sound of the same worlds in windows that share no moment with a clip.

    Held against these, the ground truth has a Frechet distance too, which is the floor of the table.
    """
    length = AUDIO.window_seconds
    taken = {(clip.video, clip.start) for clip in clips}
    places = [
        (video, start)
        for video, plan in enumerate(worlds.videos.plans)
        for start in np.arange(0, plan.seconds - length + 1e-6, length)
        if all(v != video or abs(s - start) >= length for v, s in taken)
    ]
    chosen = np.random.default_rng([seed, 13]).permutation(len(places))[:limit]
    return np.stack([worlds.videos.clip(*places[i]).sum(0).clip(-1, 1) for i in chosen])


def score(
    waves: np.ndarray, clips: Sequence[Clip], looks: np.ndarray, real: dict[str, np.ndarray], ears: JudgeSet
) -> dict:
    """Every figure of one row. waves: (n, 48000). looks: (n, E) of the pictures, unit length.

    real: the reference crowd by embedding, (m, D).
    """
    found = onsets_of(waves)
    return {
        "fad": {name: _crowd(real[name], embed(waves)) for name, embed in ears.embeddings.items() if name in real},
        "sync": sync_share(ears.sync, clips, waves) if ears.sync else None,
        "place": place_share(ears.place, clips, waves) if ears.place else None,
        **onset_row(clips, found),
        "f1_each": [round(onset_f1(f, clip.onsets, 0.1).f1, 4) for f, clip in zip(found, clips, strict=True)],
        "classes": class_row(clips, waves, ears.judge),
        "similarity": matched(looks, ears.embeddings["av-sim"](waves), [clip.video for clip in clips]),
        "words": text_similarity(ears.clap, clips, waves) if ears.clap else None,
        "ambient": ambient_energy(waves) | {"off": ambient_error(waves, np.stack([clip.mix for clip in clips]))},
        "focus": action_focus(clips, waves),
    }


def _crowd(real: np.ndarray, made: np.ndarray) -> dict:
    if len(made) < ENOUGH:
        return {"value": None, "interval": None}
    furthest, scores = outliers(real, made, 5)
    return fad(real, made) | {
        "infinity": fad_infinity(real, made),
        "outliers": [[int(i), round(float(s), 2)] for i, s in zip(furthest, scores, strict=True)],
    }


def onset_row(clips: Sequence[Clip], found: Sequence[np.ndarray]) -> dict:
    """Strict onset figures at three tolerances; forgiving ones at 100 ms (see `Clip.compared`)."""
    strict = [clip.compared(times) for clip, times in zip(clips, found, strict=True)]
    forgiving = [clip.compared(times, forgiving=True) for clip, times in zip(clips, found, strict=True)]
    figures = {f"onsets_{round(1000 * t)}ms": onset_figures(strict, t) for t in ONSET_TOLERANCES}
    return figures | {"onsets_forgiving_100ms": onset_figures(forgiving)}


def cue_row(clips: Sequence[Clip], tracks: Sequence[CueTrack]) -> dict:
    """Cue times as if each were a click, and their names at the events that they meet: what a cue row can reach."""
    times = [np.array([cue.time for cue in _inside(track, clip)]) for clip, track in zip(clips, tracks, strict=True)]
    times = [at - clip.start for at, clip in zip(times, clips, strict=True)]
    return onset_row(clips, times) | {"classes": _named(clips, tracks)}


def class_row(clips: Sequence[Clip], waves: np.ndarray, judge: Judge) -> dict:
    """How often the judge hears the true action and material at the true events, beside the commonest class's share."""
    right: dict[str, list[int]] = {"action": [], "material": []}
    truth: dict[str, list[np.ndarray]] = {"action": [], "material": []}
    for clip, wave in zip(clips, waves, strict=True):
        judged = clip.onsets < JUDGED_BEFORE
        for name, heard, true in zip(right, judge.hear(wave, clip.onsets[judged]), clip.classes, strict=True):
            right[name].append(int((heard == true[judged]).sum()))
            truth[name].append(true[judged])
    return _accuracies(right, truth)


def _inside(track: CueTrack, clip: Clip) -> CueTrack:
    return track.between(clip.start, clip.start + AUDIO.window_seconds)


def _named(clips: Sequence[Clip], tracks: Sequence[CueTrack]) -> dict:
    """How often the name of a cue is that of the event it meets."""
    right: dict[str, list[int]] = {"action": [], "material": []}
    truth: dict[str, list[np.ndarray]] = {"action": [], "material": []}
    for clip, track in zip(clips, tracks, strict=True):
        cues = _inside(track, clip).cues
        order = np.argsort([event.time for event in clip.events], kind="stable")
        events = [clip.events[i] for i in order]
        pairs = match([cue.time - clip.start for cue in cues], [event.time for event in events])
        for k, name in enumerate(right):
            right[name].append(sum(getattr(cues[i], name) == getattr(events[j], name) for i, j in pairs))
            truth[name].append(clip.classes[k][order][[j for _, j in pairs]])
    return _accuracies(right, truth)


def _accuracies(right: dict[str, list[int]], truth: dict[str, list[np.ndarray]]) -> dict:
    found = {}
    for name in right:
        counts = np.bincount(np.concatenate([*truth[name], np.zeros(0, int)]), minlength=1)
        found[name] = ratio(right[name], [len(t) for t in truth[name]])
        found[name]["majority"] = round(float(counts.max() / max(1, counts.sum())), 4)
    return found
