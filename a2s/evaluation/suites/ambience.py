"""Does the ambience follow its condition, and do the events stay?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from a2s.ambient import AmbientBank, full_level, scale_ambience
from a2s.audio.levels import level_db, quietest, quietest_db
from a2s.audio.mel import mel_spectrogram
from a2s.audio.onsets import detect_onsets, pooled_f1
from a2s.evaluation.clips import Clip, Maker, onsets_of
from a2s.evaluation.statistics import mean, onset_figures, spearman
from a2s.settings import AUDIO

AMOUNTS = tuple(np.linspace(0, 1, 9).tolist())

PAUSE = 0.8
"""Seconds without an event that a clip of the slider has: where nothing pauses, no ambience can be measured."""

TAIL = 0.15
"""Seconds that an impact is taken to go on for, at least."""


def pause(clip: Clip) -> float:
    """The longest stretch (s) of the window in which nothing begins or goes on."""
    ends, longest = 0.0, 0.0
    for cue in clip.true_cues:
        begin, end = cue.time - clip.start, cue.time - clip.start + max(cue.duration, TAIL)
        if end < 0 or begin >= AUDIO.window_seconds:
            continue
        longest, ends = max(longest, begin - ends), max(ends, end)
    return max(longest, AUDIO.window_seconds - ends)


def is_steady(waveform: np.ndarray) -> bool:
    """Whether the 3 s that a model is given hold at most one onset: drops, chirps and clinks are events too."""
    return len(detect_onsets(fitted(waveform))) <= 1


def pick_ambiences(clips: Sequence[Clip], bank: AmbientBank | None) -> list[np.ndarray]:
    """A steady ambience for each clip, at its own level, of as many kinds as there are; without a bank the places.

    Of each kind the loudest steady one is taken: what is quiet at full amount can't show a range, and with a place that
    has onsets of its own nobody could tell whether the events stay.
    """
    if bank is None:
        return [clip.place for clip in clips]
    loudest: dict[str, np.ndarray] = {}
    for entry in sorted(bank.clips, key=lambda entry: entry.level_db):
        if entry.kind != "quiet" and is_steady(wave := bank.waveform(entry.id)):
            loudest[entry.kind] = wave
    kinds = sorted(loudest)
    return [loudest[kinds[i % len(kinds)]] for i in range(len(clips))] if kinds else [clip.place for clip in clips]


def examine_slider(maker: Maker, clips: Sequence[Clip], bank: AmbientBank | None, count: int = 16) -> dict:
    """Nine even amounts on the busiest clips that pause: level of the quietest half second and onsets for each.

    `true_...`: the true action over the same scaled ambiences, which is what the condition asks for: a loud place masks
    weak events there as well. `audible`: F1 of the events that the true action would let be heard at that amount.
    `calibration_points`: what `a2s.ambient.Calibration` takes.
    """
    chosen = [clip for clip in clips if pause(clip) >= PAUSE]
    chosen = sorted(chosen, key=lambda clip: len(clip.events), reverse=True)[:count]
    if not chosen:
        return {"clips": 0}
    ambiences = pick_ambiences(chosen, bank)
    rows, levels = [], []
    for amount in AMOUNTS:
        conditions = [scale_ambience(wave, amount, full_db=full_level(level_db(wave))) for wave in ambiences]
        made = maker.make(chosen, [clip.true_cues for clip in chosen], conditions).waveforms
        there = [replace(clip, ambient=fitted(wave)) for clip, wave in zip(chosen, conditions, strict=True)]
        levels.append([quietest_db(wave, AUDIO.sample_rate) for wave in made])
        row, true_row = _amount_row(there, made), _amount_row(there, np.stack([clip.mix for clip in there]))
        rows.append({"amount": amount} | row | {f"true_{name}": value for name, value in true_row.items()})
    means = np.mean(levels, 1)
    names = ("onset_f1", "audible_onset_f1", "true_onset_f1", "true_audible_onset_f1")
    return {
        "clips": len(chosen),
        "amounts": rows,
        "spearman_of_mean": spearman(AMOUNTS, means),
        "spearman_each": mean([spearman(AMOUNTS, each) or 0.0 for each in np.transpose(levels)]),
        "range_db": round(float(means[-1] - means[0]), 2),
        "true_range_db": round(rows[-1]["true_level_db"] - rows[0]["true_level_db"], 2),
        "furthest_from_even_db": round(float(np.abs(means - np.linspace(means[0], means[-1], len(means))).max()), 2),
        **{f"{name}_moves": round(float(np.ptp([row[name] for row in rows])), 4) for name in names},
        "calibration_points": [[a, round(float(level), 2)] for a, level in zip(AMOUNTS, means, strict=True)],
    }


def _amount_row(clips: Sequence[Clip], waves: np.ndarray) -> dict:
    """Mean level of the ambience, and onset F1 of all events and of those that are audible in the clips' own mixes."""
    pairs = list(zip(clips, onsets_of(waves), strict=True))
    return {
        "level_db": round(float(np.mean([quietest_db(wave, AUDIO.sample_rate) for wave in waves])), 2),
        "onset_f1": round(pooled_f1([clip.compared(times) for clip, times in pairs]).f1, 4),
        "audible_onset_f1": round(pooled_f1([clip.compared(times, forgiving=True) for clip, times in pairs]).f1, 4),
    }


def examine_swap(maker: Maker, clips: Sequence[Clip]) -> dict:
    """The same events in their own place and in the next clip's: the ambience must follow, the events must stay.

    Conditions are places alone, without anybody acting. Levels are of the quietest half second; spectra are 128-band
    log-mel means of it, compared by mean absolute difference in dB after the mean level is taken off.
    """
    true_cues = [clip.true_cues for clip in clips]
    own = [clip.place for clip in clips]
    other = own[1:] + own[:1]
    in_own, in_other = (maker.make(clips, true_cues, places).waveforms for places in (own, other))
    sounds = {"own": own, "other": other, "made": in_other}
    level = {name: [quietest_db(wave, AUDIO.sample_rate) for wave in waves] for name, waves in sounds.items()}
    colours = [[colour(w) for w in waves] for waves in (in_other, own, other)]
    to_own, to_other = ([_apart(a, b) for a, b in zip(colours[0], place, strict=True)] for place in colours[1:])
    events = [
        onset_figures([c.compared(t) for c, t in zip(clips, onsets_of(w), strict=True)]) for w in (in_own, in_other)
    ]
    return {
        "clips": len(clips),
        "level_spearman_of_own_and_swapped": spearman(level["own"], level["other"]),
        "level_spearman_with_own": spearman(level["made"], level["own"]),
        "level_spearman_with_swapped": spearman(level["made"], level["other"]),
        "level_error_db": mean(np.abs(np.subtract(level["made"], level["other"]))),
        "colour_distance_to_own_db": mean(to_own),
        "colour_distance_to_swapped_db": mean(to_other),
        "onsets_in_own": events[0],
        "onsets_in_swapped": events[1],
        "onset_f1_moves": round(abs(events[0]["f1"] - events[1]["f1"]), 4),
    }


def colour(waveform: np.ndarray) -> np.ndarray:
    """(128,) dB: mean log-mel of the quietest half second, about its own mean."""
    piece = torch.from_numpy(np.asarray(waveform[quietest(waveform, AUDIO.sample_rate)], np.float32))
    mean_mel = 100 * mel_spectrogram(piece).mean(-1).numpy()
    return mean_mel - mean_mel.mean()


def _apart(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a - b).mean())


def fitted(waveform: np.ndarray, samples: int = AUDIO.window_samples) -> np.ndarray:
    """(n,) -> (samples,), repeated or cut."""
    return np.resize(waveform, samples)
