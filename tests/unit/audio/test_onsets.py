"""Onset scores of signals whose score is known."""

from __future__ import annotations

import numpy as np
import pytest

from a2s.audio.onset_scores import Comparison, Score, chance_f1, match_onsets, onset_f1, pooled_chance, pooled_f1
from a2s.audio.onsets import detect_onsets, onset_strength

RATE = 16_000
TIMES = np.array([0.3, 0.62, 1.1, 1.45, 1.9, 2.6])


def clicks(times, seconds: float = 3.0, level: float = 0.3, rate: int = RATE) -> np.ndarray:
    """Bursts of noise that decay within 30 ms."""
    rng = np.random.default_rng(1)
    wave = np.zeros(round(seconds * rate), np.float32)
    burst = (rng.standard_normal(round(0.05 * rate)) * np.exp(-np.arange(round(0.05 * rate)) / (0.01 * rate))) * level
    for time in times:
        first = round(time * rate)
        wave[first : first + len(burst)] += burst[: len(wave) - first]
    return wave


def test_clicks_are_found_within_20_ms():
    found = detect_onsets(clicks(TIMES))
    assert onset_f1(found, TIMES, 0.02).f1 == 1.0


@pytest.mark.parametrize("level", [0.5, 0.05, 0.005])
def test_overall_level_does_not_matter(level):
    assert onset_f1(detect_onsets(clicks(TIMES, level=level)), TIMES, 0.02).f1 == 1.0


def test_clicks_over_steady_noise_are_found_and_the_noise_is_not():
    noise = 0.01 * np.random.default_rng(2).standard_normal(3 * RATE).astype(np.float32)
    assert onset_f1(detect_onsets(clicks(TIMES) + noise), TIMES, 0.03).f1 == 1.0


def test_a_swell_and_a_steady_tone_have_no_onset():
    time = np.arange(3 * RATE) / RATE
    tone = 0.2 * np.sin(2 * np.pi * 440 * time) * np.sin(np.pi * time / 3) ** 2
    assert len(detect_onsets(tone)) == 0


def test_a_vibrato_has_less_strength_than_a_click():
    time = np.arange(3 * RATE) / RATE
    vibrato = 0.3 * np.sin(2 * np.pi * 1000 * time + 8 * np.sin(2 * np.pi * 5 * time))
    inner = slice(30, -30)
    assert onset_strength(vibrato)[inner].max() < 0.3 * onset_strength(clicks(TIMES))[inner].max()


def test_a_hit_at_the_very_start_counts():
    found = detect_onsets(clicks([0.03, 1.0]))
    assert onset_f1(found, [0.03, 1.0], 0.03).f1 == 1.0


@pytest.mark.parametrize("wave", [np.zeros(3 * RATE), np.zeros(0), np.full(100, 0.5), np.full(RATE, np.nan)])
def test_silence_and_scraps_have_no_onsets(wave):
    assert len(detect_onsets(wave)) == 0


def test_another_sample_rate_is_resampled():
    assert onset_f1(detect_onsets(clicks(TIMES, rate=22_050), 22_050), TIMES, 0.02).f1 == 1.0


def test_a_shift_of_200_ms_scores_nothing_where_events_are_far_apart():
    true = np.array([0.5, 1.3, 2.1])
    assert onset_f1(detect_onsets(clicks(true + 0.2)), true, 0.1).f1 == 0.0


def test_half_missing():
    score = onset_f1(TIMES[::2], TIMES)
    assert (score.tp, score.fp, score.fn) == (3, 0, 3)
    assert score.precision == 1.0 and score.recall == 0.5
    assert score.f1 == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("found", "true", "counts"), [([], TIMES, (0, 0, 6)), (TIMES, [], (0, 6, 0)), ([], [], (0, 0, 0))]
)
def test_empty_sides(found, true, counts):
    score = onset_f1(found, true)
    assert (score.tp, score.fp, score.fn) == counts
    assert score.f1 == 0.0


def test_matching_is_one_to_one_and_as_large_as_it_can_be():
    assert match_onsets([1.0, 1.05], [1.02]) == [(0, 0)]
    # The nearest pair first would leave 0.9 and 1.15 over; both can be matched.
    assert match_onsets([0.95, 1.08], [0.9, 1.0], 0.1) == [(0, 0), (1, 1)]
    assert match_onsets([1.1], [1.0], 0.1) == [(0, 0)]
    assert match_onsets([1.11], [1.0], 0.1) == []


def test_optional_onsets_are_neither_right_nor_wrong():
    assert onset_f1([1.0, 2.0], [1.0], 0.1, optional=[2.05]) == Score(1, 0, 0)
    assert onset_f1([1.0], [1.0], 0.1, optional=[2.05]) == Score(1, 0, 0)
    assert onset_f1([1.0, 2.3], [1.0], 0.1, optional=[2.05]) == Score(1, 1, 0)


def test_chance_is_low_for_few_onsets_and_the_score_stands_out():
    chance = chance_f1(TIMES, TIMES, 3.0)
    assert chance.f1 == 1.0
    assert 0.1 < chance.mean < 0.6
    assert chance.z > 3


def test_a_dense_rattle_cannot_stand_out():
    rattle = np.arange(0.05, 3, 0.1)
    chance = chance_f1(rattle, TIMES, 3.0)
    assert abs(chance.z) < 2


def test_pooling_sums_counts():
    clips = [Comparison(TIMES, TIMES, 3.0), Comparison([], TIMES[:2], 3.0)]
    assert pooled_f1(clips) == Score(6, 0, 2)
    chance = pooled_chance(clips)
    assert chance.f1 == pytest.approx(12 / 14)
    assert chance.mean < chance.f1 and chance.z > 3
    assert pooled_chance([]).mean == 0.0


def test_the_same_in_gives_the_same_chance():
    clips = [Comparison(TIMES, TIMES + 0.03, 3.0)] * 3
    assert pooled_chance(clips) == pooled_chance(clips)


def test_the_matching_is_the_largest_on_random_onsets():
    """Taking the earliest pair that fits is optimal for equal windows on a line; mir_eval finds as many pairs."""
    rng = np.random.default_rng(0)
    for _ in range(300):
        found, true = (np.sort(rng.uniform(0, 3, rng.integers(0, 15))) for _ in range(2))
        i = j = 0
        earliest = []
        while i < len(found) and j < len(true):
            if abs(found[i] - true[j]) <= 0.1:
                earliest.append((i, j))
                i, j = i + 1, j + 1
            elif found[i] < true[j]:
                i += 1
            else:
                j += 1
        assert match_onsets(found, true, 0.1) == earliest
