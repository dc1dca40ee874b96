"""Frechet audio distance between generated and real audio (Action2Sound, section 4, "FAD").

Kilgour et al., "Frechet Audio Distance: a reference-free metric for evaluating music enhancement", Interspeech 2019.
Bias at small sample sizes, and distance of a single clip: Gui et al., "Adapting Frechet Audio Distance for generative
music evaluation", ICASSP 2024.

Embeddings are (n, D), one row per clip, or (n, F, D), F frames per clip: frames count as samples, whole clips are
drawn. Two sets of equal size are taken as paired clip by clip, and subsamples draw the same clips of both. Their errors
are then correlated, as in published FADs on a test set, so such a distance is below that of unrelated clips.

Our own, because frechet-audio-distance and fadtk bring their own embeddings, download them, and have no intervals.
"""

from __future__ import annotations

import numpy as np
from threadpoolctl import threadpool_limits

from a2s.errors import BadSettings
from a2s.evaluation.metrics.base import MetricInputs
from a2s.evaluation.statistics import Figures

VERSION = 1
LIBRARIES = ("numpy", "scikit-learn", "torch")

one_thread = threadpool_limits.wrap(limits=1, user_api="blas")
"""For hundreds of small matrices, where the threads of BLAS would mostly wait for each other."""

MIN_SUBSAMPLE = 8
"""Clips of the smallest subsample of a fit."""

MIN_CLIPS = 16
"""Clips below which no Frechet distance is computed."""


def measure(inputs: MetricInputs) -> Figures:
    """`fad`, infinity: `fad_infinity`, and the outliers as [index, score], by name of the embedding."""
    names = [name for name in inputs.models.embeddings if name in inputs.reference]
    return {name: _distances(inputs.reference[name], inputs.embedded(name)) for name in names}


def _distances(real: np.ndarray, generated: np.ndarray) -> Figures:
    if len(generated) < MIN_CLIPS:
        return {"value": None, "interval": None}
    furthest, scores = outliers(real, generated, 5)
    return fad(real, generated) | {
        "infinity": fad_infinity(real, generated),
        "outliers": [[int(i), round(float(s), 2)] for i, s in zip(furthest, scores, strict=True)],
    }


def frechet_distance(real: np.ndarray, generated: np.ndarray) -> float:
    """|mu_r - mu_m|^2 + tr(S_r + S_m - 2 (S_r S_m)^(1/2)) of the Gaussians of two sets, at least 0.

    real: (n, D) or (n, F, D). generated: (m, D) or (m, F, D). Covariances are divided by n - 1. With S_r = A'A and
    S_m = B'B the trace of the root is the sum of the singular values of A B'. This avoids the root of a nearly singular
    matrix and allows fewer samples than dimensions. Raises BadSettings.
    """
    (mu_r, a), (mu_m, b) = _gaussian(real), _gaussian(generated)
    if len(mu_r) != len(mu_m):
        raise BadSettings(f"Embeddings must have the same dimensions, not {len(mu_r)} and {len(mu_m)}.")
    cross = np.linalg.svd(a @ b.T, compute_uv=False).sum()
    return max(0.0, float(np.sum((mu_r - mu_m) ** 2) + np.sum(a * a) + np.sum(b * b) - 2 * cross))


@one_thread
def fad(real: np.ndarray, generated: np.ndarray, draws: int = 50, seed: int = 0) -> Figures:
    """`frechet_distance` with a 95 % interval over clips.

    The interval comes from halves drawn without replacement, whose variance estimates that of the whole (delete-half
    jackknife). A bootstrap repeats clips, which narrows the distribution and biases the distance.
    """
    value = frechet_distance(real, generated)
    rng = np.random.default_rng(seed)
    halves = [frechet_distance(*_halves(real, generated, rng)) for _ in range(draws)]
    return _with_interval(value, halves) | {"n": [len(real), len(generated)]}


@one_thread
def fad_infinity(
    real: np.ndarray,
    generated: np.ndarray,
    draws: int = 20,
    seed: int = 0,
    sizes: int = 8,
    whole_reference: bool = False,
) -> Figures:
    """FAD for infinitely many clips: a line through the FAD at several sample sizes N over 1 / N, at 0.

    Gui et al. use a complete reference of thousands of clips and draw the generated ones with replacement. Both sets
    are small here: both are drawn at the same N (`whole_reference` uses the complete real set), and without
    replacement, since draws with replacement converge to the biased value of the whole sample.

    draws: subsamples at each of `sizes` sizes. Returns value (may be slightly negative: it is unbiased, not a
    distance), slope, interval (95 %, from fits of halves), r2 of the fit, and its points as [N, FAD]. The bias is
    linear only where N is well above the dimensions; a low r2 shows that it was not. Raises BadSettings.
    """
    smaller = min(len(real), len(generated))
    if smaller < 2 * MIN_SUBSAMPLE:
        raise BadSettings(f"FAD at several sample sizes needs at least {2 * MIN_SUBSAMPLE} clips, not {smaller}.")
    rng = np.random.default_rng(seed)
    points, slope, value, r2 = _extrapolated(real, generated, draws, rng, sizes, whole_reference)
    halves = []
    if smaller >= 4 * MIN_SUBSAMPLE:
        for _ in range(draws):
            half_real, half_made = _halves(real, generated, rng)
            half = (real if whole_reference else half_real, half_made)
            halves.append(_extrapolated(*half, 2, rng, sizes, whole_reference)[2])
    figures = _with_interval(value, halves, lowest=-np.inf)
    return figures | {"slope": round(slope, 4), "r2": round(r2, 4), "points": points, "n": smaller}


@one_thread
def outliers(real: np.ndarray, generated: np.ndarray, k: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """The `k` generated clips furthest from the real ones, furthest first: indices (k,) and scores (k,).

    generated: (m, F, D) is scored by the FAD of each clip's own frames (Gui et al., "per-song FAD"); (m, D) by the
    Mahalanobis distance to the real Gaussian, whose covariance is shrunk (Ledoit and Wolf 2004), since there are often
    fewer clips than dimensions.
    """
    if generated.ndim == 3 and generated.shape[1] > 1:
        scores = np.array([frechet_distance(real, clip) for clip in generated])
    else:
        scores = _mahalanobis(_rows(real), _rows(generated))
    first = np.argsort(-scores, kind="stable")[:k]
    return first, scores[first]


def _mahalanobis(real: np.ndarray, generated: np.ndarray) -> np.ndarray:
    from sklearn.covariance import LedoitWolf

    return np.sqrt(LedoitWolf().fit(real).mahalanobis(generated))


def _rows(embeddings: np.ndarray) -> np.ndarray:
    """(n, D) or (n, F, D) -> (n or n F, D) float64. Raises BadSettings."""
    rows = np.asarray(embeddings, np.float64)
    rows = rows.reshape(-1, rows.shape[-1])
    if not np.isfinite(rows).all():
        raise BadSettings("An embedding is not generated of finite numbers.")
    return rows


def _gaussian(embeddings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean (D,) and a factor A (at most D rows) of the covariance A'A."""
    rows = _rows(embeddings)
    if len(rows) < 2:
        raise BadSettings("A Frechet distance needs at least two samples of each set.")
    mean = rows.mean(0)
    factor = (rows - mean) / np.sqrt(len(rows) - 1)
    if len(rows) > rows.shape[1]:
        factor = np.asarray(np.linalg.qr(factor, mode="r"))
    return mean, factor


def _subsample(
    real: np.ndarray, generated: np.ndarray, rng: np.random.Generator, n: int
) -> tuple[np.ndarray, np.ndarray]:
    """`n` clips of each without replacement, the same ones if both sets have the same size."""
    chosen = rng.choice(len(generated), n, replace=False)
    same = len(real) == len(generated)
    return real[chosen if same else rng.choice(len(real), n, replace=False)], generated[chosen]


def _halves(real: np.ndarray, generated: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Half of each set."""
    if len(real) == len(generated):
        return _subsample(real, generated, rng, max(2, len(generated) // 2))
    half_real = real[rng.choice(len(real), max(2, len(real) // 2), replace=False)]
    return half_real, generated[rng.choice(len(generated), max(2, len(generated) // 2), replace=False)]


def _extrapolated(
    real: np.ndarray, generated: np.ndarray, draws: int, rng: np.random.Generator, sizes: int, whole_reference: bool
) -> tuple[list[list[float]], float, float, float]:
    """Points [N, mean FAD]; slope, value at 1 / N = 0, and r2 of the fitted line."""
    most = len(generated) if whole_reference else min(len(real), len(generated))
    # Even steps of 1 / N, the variable of the fit.
    counts = np.unique(np.round(1 / np.linspace(1 / most, 1 / max(MIN_SUBSAMPLE, most // 4), sizes)).astype(int))
    points = []
    for n in counts:
        drawn = (_subsample(generated if whole_reference else real, generated, rng, n) for _ in range(draws))
        distances = [frechet_distance(real if whole_reference else a, b) for a, b in drawn]
        points.append([int(n), float(np.mean(distances))])
    x, y = 1 / counts, np.array([p[1] for p in points])
    slope, value = np.polyfit(x, y, 1)
    residual = np.sum((y - slope * x - value) ** 2)
    r2 = 1 - residual / max(1e-30, np.sum((y - y.mean()) ** 2))
    return [[n, round(v, 4)] for n, v in points], float(slope), float(value), float(r2)


def _with_interval(value: float, halves: list[float], lowest: float = 0.0) -> Figures:
    """95 %: 1.96 standard deviations of halves drawn without replacement, the jackknife estimate of the error."""
    if len(halves) < 2:
        return {"value": round(value, 4), "interval": None}
    error = 1.96 * float(np.std(halves))
    return {"value": round(value, 4), "interval": [round(max(lowest, value - error), 4), round(value + error, 4)]}
