from __future__ import annotations

import numpy as np
import pytest

from a2s.errors import BadSettings
from a2s.evaluation.metrics.frechet import fad, fad_infinity, frechet_distance, outliers


def gaussian(n: int, dim: int, seed: int, scale=1.0, shift=0.0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, dim)) * scale + shift


@pytest.mark.parametrize("n", [6, 300])
def test_a_set_has_no_distance_from_itself(n):
    samples = gaussian(n, 32, 0)
    assert frechet_distance(samples, samples) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(samples, samples[::-1]) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("n", [6, 300])
def test_a_shift_of_the_mean_gives_its_square(n):
    samples = gaussian(n, 32, 0)
    step = np.zeros(32)
    step[3] = 2.5
    assert frechet_distance(samples, samples + step) == pytest.approx(6.25)


def test_independent_dimensions_have_a_closed_form():
    """Diagonal covariances: the sum of squared differences of the standard deviations."""
    samples = gaussian(400, 5, 0)
    samples = (samples - samples.mean(0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(samples.T))).T  # exactly white
    a, b = np.array([1.0, 2, 3, 0.1, 0]), np.array([2.0, 2, 1, 0.4, 1])
    assert frechet_distance(samples * a, samples * b) == pytest.approx(np.sum((a - b) ** 2))


def test_the_distance_equals_the_textbook_formula():
    from scipy.linalg import sqrtm

    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((200, 12)) @ rng.standard_normal((12, 12)), rng.standard_normal((90, 12)) + 0.3
    sa, sb = np.cov(a.T), np.cov(b.T)
    textbook = np.sum((a.mean(0) - b.mean(0)) ** 2) + np.trace(sa + sb - 2 * sqrtm(sa @ sb).real)
    assert frechet_distance(a, b) == pytest.approx(textbook, rel=1e-6)
    assert frechet_distance(b, a) == pytest.approx(textbook, rel=1e-6)


def test_fewer_clips_than_dimensions():
    """Two sets on perpendicular lines share no variance, so both variances count in full."""
    a, b = np.zeros((3, 50)), np.zeros((3, 50))
    a[:, 0], b[:, 1] = [-1, 0, 1], [-2, 0, 2]
    assert frechet_distance(a, b) == pytest.approx(1 + 4)


def test_extrapolation_is_less_biased_than_the_distance_of_few_clips():
    real, generated = gaussian(120, 16, 1), gaussian(120, 16, 2)
    plain, infinite = frechet_distance(real, generated), fad_infinity(real, generated)
    assert plain > 0.5  # the truth is 0
    assert abs(infinite["value"]) < 0.25 * plain
    assert infinite["slope"] > 0 and infinite["r2"] > 0.95
    assert [n for n, _ in infinite["points"]] == sorted(n for n, _ in infinite["points"])


def test_extrapolation_finds_a_true_distance():
    found = fad_infinity(gaussian(200, 8, 1), gaussian(150, 8, 2, shift=1.0))  # the truth is 8
    low, high = found["interval"]
    assert low < 8 < high and high - low < 6


def test_paired_clips_are_drawn_together():
    """Generated clips close to the real ones one by one: errors cancel at every sample size."""
    real = gaussian(80, 32, 1)
    generated = real + 0.1 * gaussian(80, 32, 2)
    close, unrelated = fad_infinity(real, generated), fad_infinity(real, gaussian(80, 32, 3))
    assert max(value for _, value in close["points"]) < 0.05 * min(value for _, value in unrelated["points"])
    assert abs(close["value"]) < 0.05


def test_a_whole_reference_is_not_subsampled():
    real, generated = gaussian(500, 8, 1), gaussian(100, 8, 2)
    found = fad_infinity(real, generated, whole_reference=True)
    assert found["points"][-1] == [100, round(frechet_distance(real, generated), 4)]
    assert abs(found["value"]) < 0.5 * frechet_distance(real, generated)


def test_intervals_cover_the_truth_and_narrow_with_more_clips():
    """Eight dimensions of which one is apart by 3: the distance is 9."""
    step = np.array([3.0, *np.zeros(7)])
    covered = []
    for seed in range(20):
        low, high = fad_infinity(gaussian(100, 8, seed), gaussian(100, 8, 99 + seed) + step, 8)["interval"]
        covered.append(low <= 9 <= high)
    assert np.mean(covered) >= 0.8
    widths = [np.ptp(fad(gaussian(n, 8, 1), gaussian(n, 8, 2) + step)["interval"]) for n in (50, 800)]
    assert widths[0] > 2 * widths[1]


def test_same_seed_same_figures():
    real, generated = gaussian(64, 8, 1), gaussian(64, 8, 2, 1.3)
    for figure in (fad, fad_infinity):
        assert figure(real, generated, seed=3) == figure(real, generated, seed=3)
        assert figure(real, generated, seed=3) != figure(real, generated, seed=4)


def test_a_planted_outlier_is_listed_first():
    real, generated = gaussian(80, 100, 1), gaussian(40, 100, 2)
    generated[17] += 3
    generated[5] += 6
    index, score = outliers(real, generated, 3)
    assert list(index[:2]) == [5, 17] and score[0] > score[1] > score[2]


def test_an_outlier_among_clips_of_frames():
    real, generated = gaussian(240, 4, 1).reshape(80, 3, 4), gaussian(120, 4, 2).reshape(40, 3, 4)
    generated[9] += 5
    index, score = outliers(real, generated, 2)
    assert index[0] == 9 and score[0] > 2 * score[1]
    assert frechet_distance(real, generated) == pytest.approx(
        frechet_distance(real.reshape(-1, 4), generated.reshape(-1, 4))
    )


def test_unsuitable_samples_are_refused():
    with pytest.raises(BadSettings, match="two samples"):
        frechet_distance(gaussian(1, 4, 0), gaussian(5, 4, 0))
    with pytest.raises(BadSettings, match="not 4 and 3"):
        frechet_distance(gaussian(5, 4, 0), gaussian(5, 3, 0))
    with pytest.raises(BadSettings, match="finite"):
        frechet_distance(gaussian(5, 4, 0) * np.nan, gaussian(5, 4, 0))
    with pytest.raises(BadSettings, match="at least 16 clips"):
        fad_infinity(gaussian(9, 4, 0), gaussian(9, 4, 0))
