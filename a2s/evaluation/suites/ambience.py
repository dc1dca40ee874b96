"""Whether the ambience follows its condition and its amount while the events stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from a2s.ambient import AmbientBank, full_level, scale_ambience
from a2s.audio.levels import level_db, quietest, quietest_db
from a2s.audio.mel import mel_spectrogram
from a2s.audio.onset_scores import pooled_f1
from a2s.audio.onsets import detect_onsets
from a2s.evaluation.sampler import ClipSampler
from a2s.evaluation.statistics import Figures, mean, onset_figures, spearman
from a2s.evaluation.worlds import Clip, mixes_of, onsets_of
from a2s.settings import AUDIO

if TYPE_CHECKING:
    from a2s.pipelines import AVLDMPipeline

VERSION = 1
LIBRARIES = ("numpy", "scipy", "torch", "librosa", "mir_eval")

AMOUNTS = tuple(np.linspace(0, 1, 9).tolist())

MIN_PAUSE = 0.8
"""Seconds without an event that a clip of the amount suite has: without a pause no ambience can be measured."""

TAIL = 0.15
"""Seconds that an impact lasts, at least."""


def evaluate_ambience(pipe: AVLDMPipeline, clips: Sequence[Clip], bank: AmbientBank | None, seed: int = 0) -> Figures:
    """swap: `evaluate_swap`. amount: `evaluate_amount`. Both with the steps and guidance of the pipeline."""
    sampler = ClipSampler(pipe, pipe.default_steps, pipe.default_guidance_scale, seed)
    return {"swap": evaluate_swap(sampler, clips), "amount": evaluate_amount(sampler, clips, bank)}


def longest_pause(clip: Clip) -> float:
    """Seconds of the longest pause between the events of a window."""
    end_of_last, longest = 0.0, 0.0
    for cue in clip.true_cues:
        begin, end = cue.time - clip.start, cue.time - clip.start + max(cue.duration, TAIL)
        if end < 0 or begin >= AUDIO.window_seconds:
            continue
        longest, end_of_last = max(longest, begin - end_of_last), max(end_of_last, end)
    return max(longest, AUDIO.window_seconds - end_of_last)


def is_steady(waveform: np.ndarray) -> bool:
    """Whether 3 s of an ambience hold at most one onset: drops, chirps and clinks would count as events."""
    return len(detect_onsets(fit_window(waveform))) <= 1


def pick_ambiences(clips: Sequence[Clip], bank: AmbientBank | None) -> list[np.ndarray]:
    """A steady ambience for each clip, of as many kinds as possible; without a bank, the neighbour's ambience.

    Of each kind the loudest steady one is taken: a quiet ambience has no range to measure, and one with onsets would
    hide whether the events stay.
    """
    if bank is None:
        return [clip.neighbour_ambience for clip in clips]
    loudest: dict[str, np.ndarray] = {}
    for entry in sorted(bank.clips, key=lambda entry: entry.level_db):
        if entry.kind != "quiet" and is_steady(wave := bank.waveform(entry.id)):
            loudest[entry.kind] = wave
    kinds = sorted(loudest)
    if not kinds:
        return [clip.neighbour_ambience for clip in clips]
    return [loudest[kinds[i % len(kinds)]] for i in range(len(clips))]


def evaluate_amount(sampler: ClipSampler, clips: Sequence[Clip], bank: AmbientBank | None, count: int = 16) -> Figures:
    """Ambient level and onsets at nine even amounts, on the clips with most events among those with a pause.

    level_db: mean level of the quietest half second, dBFS. true_...: the same figures of the true action over the
    scaled ambiences, which is what the condition asks for; a loud ambience masks weak events there too. audible_...: of
    the events that are audible in that mix. calibration_points: input of `a2s.ambient.Calibration`.
    """
    chosen = [clip for clip in clips if longest_pause(clip) >= MIN_PAUSE]
    chosen = sorted(chosen, key=lambda clip: len(clip.events), reverse=True)[:count]
    if not chosen:
        return {"clips": 0}
    ambiences = pick_ambiences(chosen, bank)
    cues = [clip.true_cues for clip in chosen]
    rows, levels = [], []
    for amount in AMOUNTS:
        conditions = [scale_ambience(wave, amount, full_db=full_level(level_db(wave))) for wave in ambiences]
        waves = sampler.sample(chosen, cues, conditions).waveforms
        scaled = [replace(clip, ambient=fit_window(wave)) for clip, wave in zip(chosen, conditions, strict=True)]
        levels.append([quietest_db(wave, AUDIO.sample_rate) for wave in waves])
        row, true_row = _amount_row(scaled, waves), _amount_row(scaled, mixes_of(scaled))
        rows.append({"amount": amount} | row | {f"true_{name}": value for name, value in true_row.items()})
    means = np.mean(levels, 1)
    names = ("onset_f1", "audible_onset_f1", "true_onset_f1", "true_audible_onset_f1")
    even = np.linspace(means[0], means[-1], len(means))
    return {
        "clips": len(chosen),
        "amounts": rows,
        "spearman_of_mean": spearman(AMOUNTS, means),
        "spearman_per_clip": mean([spearman(AMOUNTS, each) or 0.0 for each in np.transpose(levels)]),
        "range_db": round(float(means[-1] - means[0]), 2),
        "true_range_db": round(rows[-1]["true_level_db"] - rows[0]["true_level_db"], 2),
        "max_deviation_from_even_db": round(float(np.abs(means - even).max()), 2),
        **{f"{name}_range": round(float(np.ptp([row[name] for row in rows])), 4) for name in names},
        "calibration_points": [[a, round(float(level), 2)] for a, level in zip(AMOUNTS, means, strict=True)],
    }


def _amount_row(clips: Sequence[Clip], waves: np.ndarray) -> Figures:
    """Mean ambient level, and onset F1 of all events and of those that are audible in the clips' own mixes."""
    pairs = list(zip(clips, onsets_of(waves), strict=True))
    audible = [clip.comparison(times, audible_only=True) for clip, times in pairs]
    return {
        "level_db": round(float(np.mean([quietest_db(wave, AUDIO.sample_rate) for wave in waves])), 2),
        "onset_f1": round(pooled_f1([clip.comparison(times) for clip, times in pairs]).f1, 4),
        "audible_onset_f1": round(pooled_f1(audible).f1, 4),
    }


def evaluate_swap(sampler: ClipSampler, clips: Sequence[Clip]) -> Figures:
    """The same events with their own ambience and with that of the next clip: only the ambience should change.

    Conditions are ambiences without action. Levels are of the quietest half second, dBFS. Spectra are 128-band log-mel
    means of it without the mean level, compared by mean absolute difference in dB.
    """
    true_cues = [clip.true_cues for clip in clips]
    own = [clip.neighbour_ambience for clip in clips]
    swapped = own[1:] + own[:1]
    with_own, with_swapped = (sampler.sample(clips, true_cues, waves).waveforms for waves in (own, swapped))
    levels = {
        name: [quietest_db(wave, AUDIO.sample_rate) for wave in waves]
        for name, waves in (("own", own), ("swapped", swapped), ("generated", with_swapped))
    }
    generated, own_spectra, swapped_spectra = (
        [ambient_spectrum(wave) for wave in waves] for waves in (with_swapped, own, swapped)
    )
    onsets = [
        onset_figures([c.comparison(t) for c, t in zip(clips, onsets_of(waves), strict=True)])
        for waves in (with_own, with_swapped)
    ]
    return {
        "clips": len(clips),
        "level_spearman_of_own_and_swapped": spearman(levels["own"], levels["swapped"]),
        "level_spearman_with_own": spearman(levels["generated"], levels["own"]),
        "level_spearman_with_swapped": spearman(levels["generated"], levels["swapped"]),
        "level_error_db": mean(np.abs(np.subtract(levels["generated"], levels["swapped"]))),
        "spectral_distance_to_own_db": _mean_distance(generated, own_spectra),
        "spectral_distance_to_swapped_db": _mean_distance(generated, swapped_spectra),
        "onsets_in_own": onsets[0],
        "onsets_in_swapped": onsets[1],
        "onset_f1_change": round(abs(onsets[0]["f1"] - onsets[1]["f1"]), 4),
    }


def ambient_spectrum(waveform: np.ndarray) -> np.ndarray:
    """(128,) dB: mean log-mel of the quietest half second, minus its own mean."""
    piece = torch.from_numpy(np.asarray(waveform[quietest(waveform, AUDIO.sample_rate)], np.float32))
    spectrum = 100 * mel_spectrogram(piece).mean(-1).numpy()
    return spectrum - spectrum.mean()


def _mean_distance(a: Sequence[np.ndarray], b: Sequence[np.ndarray]) -> Figures:
    return mean([float(np.abs(x - y).mean()) for x, y in zip(a, b, strict=True)])


def fit_window(waveform: np.ndarray, samples: int = AUDIO.window_samples) -> np.ndarray:
    """(n,) -> (samples,), repeated or cut."""
    return np.resize(waveform, samples)
