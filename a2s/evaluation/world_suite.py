"""The exam on worlds where the truth is known: sync, classes, the ambient amount, and what coding alone costs.

Everything is scored on waveforms, beside chance, the true sound, and the true sound through VAE and vocoder.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from a2s.ambient import AmbientBank
from a2s.audio.onsets import match
from a2s.cues import CueTrack
from a2s.evaluation.ambience import examine_slider, examine_swap
from a2s.evaluation.clips import Clip, Maker, UnseenWorlds, automatic_cues, onsets_of
from a2s.evaluation.coding import examine_vae, examine_vocoder
from a2s.evaluation.judge import Judge
from a2s.evaluation.panels import save_panels
from a2s.evaluation.retrieval import examine_retrieval
from a2s.evaluation.statistics import onset_figures, ratio

TOLERANCES = (0.05, 0.1, 0.15)

JUDGED_BEFORE = 2.7
"""Seconds: a later event of a 3 s window leaves the judge too little to hear."""


def examine_world(
    pipe,
    data_folder: str | Path,
    judge: Judge,
    n_clips: int = 60,
    steps: int = 12,
    guidance: float = 2.5,
    seed: int = 0,
    *,
    bank: AmbientBank | None = None,
    recordings: str | Path | None = None,
    held_out_prefix: str = "3-",
    slider_clips: int = 16,
    panels: str | Path | None = None,
    told: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True),
) -> dict:
    """Score a pipeline on windows of unseen worlds (rendered with pictures). Same arguments, same figures.

    bank: where the slider's ambiences come from; without one they are the worlds' own places. recordings: a folder of
    real sounds whose files named `held_out_prefix`... were not trained on, for the vocoder. panels: a folder for
    spectrograms.
    """
    started = time.time()
    worlds = UnseenWorlds(data_folder)
    clips = worlds.draw(n_clips, seed)
    maker = Maker(pipe, steps, guidance, seed)
    report: dict = {
        "clips": len(clips),
        "videos": len({clip.video for clip in clips}),
        "steps": steps,
        "guidance": guidance,
        "seed": seed,
    }

    def stage(name: str) -> None:
        told(f"[{time.time() - started:6.1f} s] {name}")

    stage(f"{len(clips)} windows of {report['videos']} unseen videos: looking")
    seen = automatic_cues(pipe, clips)
    stage("true cues, automatic cues, resynthesis: making")
    sounds = make_rows(maker, clips, seen)
    stage("listening")
    report["rows"] = score_rows(clips, sounds, seen, judge)
    stage("vae")
    report["vae"] = examine_vae(maker, clips)
    stage("vocoder against Griffin-Lim")
    report["vocoder"] = examine_vocoder(pipe, clips, recordings, held_out_prefix)
    stage("swapping the ambient condition")
    report["swap"] = examine_swap(maker, clips)
    stage("ambient amount")
    report["slider"] = examine_slider(maker, clips, bank, slider_clips)
    stage("retrieval")
    report["retrieval"] = examine_retrieval(pipe, worlds)
    if panels is not None:
        stage("panels")
        save_panels(clips[:10], sounds, seen, Path(panels))
    report["seconds"] = round(time.time() - started, 1)
    stage("done")
    return report


def make_rows(maker: Maker, clips: Sequence[Clip], seen: Sequence[CueTrack]) -> dict[str, np.ndarray]:
    """Name -> waveforms (n, 48000). The ambient condition is another window of the same video, as in training."""
    true = np.stack([clip.mix for clip in clips])
    neighbours = [clip.neighbour for clip in clips]
    nothing = [CueTrack((), "none")] * len(clips)
    return {
        "true": true,
        "resynthesis": maker.resynthesised(true).waveforms,
        "true_cues": maker.make(clips, [clip.true_cues for clip in clips], neighbours).waveforms,
        "automatic_cues": maker.make(clips, seen, neighbours).waveforms,
        "picture_only": maker.make(clips, nothing, neighbours).waveforms,
        "neighbour_itself": np.stack(neighbours),
    }


def score_rows(
    clips: Sequence[Clip], sounds: dict[str, np.ndarray], seen: Sequence[CueTrack], judge: Judge
) -> dict[str, dict]:
    """Onsets and classes of each row; for classes also the part of the accuracy on true sound that is reached."""
    rows = {}
    for name, waves in sounds.items():
        found = onsets_of(waves)
        rows[name] = onset_row(clips, found) | {"classes": class_row(clips, waves, judge)}
    for row in rows.values():
        for kind in ("action", "material"):
            true, own = rows["true"]["classes"][kind]["value"], row["classes"][kind]
            own["of_true"] = round(own["value"] / true, 4) if true and own["value"] is not None else None
    times = [cue_times(track, clip) for track, clip in zip(seen, clips, strict=True)]
    rows["automatic_cues"]["classes_at_matched_cues"] = class_row(
        [_matched(clip, at) for clip, at in zip(clips, times, strict=True)], sounds["automatic_cues"], judge
    )
    rows["cue_times_alone"] = onset_row(clips, times) | {"classes": _label_row(clips, seen)}
    return rows


def cue_times(track: CueTrack, clip: Clip) -> np.ndarray:
    """Times of a long video's cues within a clip, from its start."""
    inside = track.between(clip.start, clip.start + clip.mix.size / 16_000)
    return np.array([cue.time - clip.start for cue in inside])


def onset_row(clips: Sequence[Clip], found: Sequence[np.ndarray]) -> dict:
    """Strict onset figures at three tolerances; forgiving ones at 100 ms (see `Clip.compared`)."""
    strict = [clip.compared(times) for clip, times in zip(clips, found, strict=True)]
    forgiving = [clip.compared(times, forgiving=True) for clip, times in zip(clips, found, strict=True)]
    figures = {f"onsets_{round(1000 * t)}ms": onset_figures(strict, t) for t in TOLERANCES}
    return figures | {"onsets_forgiving_100ms": onset_figures(forgiving)}


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


def _label_row(clips: Sequence[Clip], seen: Sequence[CueTrack]) -> dict:
    """How often the label of a cue is that of the event it matches."""
    right: dict[str, list[int]] = {"action": [], "material": []}
    truth: dict[str, list[np.ndarray]] = {"action": [], "material": []}
    for clip, track in zip(clips, seen, strict=True):
        cues = track.between(clip.start, clip.start + clip.mix.size / 16_000).cues
        events = sorted(clip.events, key=lambda e: e.time)
        pairs = match([c.time - clip.start for c in cues], [e.time for e in events])
        for k, name in enumerate(right):
            right[name].append(sum(getattr(cues[i], name) == getattr(events[j], name) for i, j in pairs))
            truth[name].append(clip.classes[k][[j for _, j in pairs]])
    return _accuracies(right, truth)


def _accuracies(right: dict[str, list[int]], truth: dict[str, list[np.ndarray]]) -> dict:
    found = {}
    for name in right:
        counts = np.bincount(np.concatenate([*truth[name], np.zeros(0, int)]), minlength=1)
        found[name] = ratio(right[name], [len(t) for t in truth[name]])
        found[name]["majority"] = round(float(counts.max() / max(1, counts.sum())), 4)
    return found


def _matched(clip: Clip, cues: np.ndarray) -> Clip:
    """The clip with only those events that a cue meets, at the cue's time."""
    events = sorted(clip.events, key=lambda e: e.time)
    pairs = match(cues, [e.time for e in events])
    return replace(clip, events=tuple(replace(events[j], time=float(np.sort(cues)[i])) for i, j in pairs))
