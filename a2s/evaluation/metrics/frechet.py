"""Frechet audio distance: how far made sounds are, as a crowd, from real ones (Action2Sound, section 4, "FAD").

Kilgour et al., "Frechet Audio Distance: a reference-free metric for evaluating music enhancement", Interspeech 2019;
its bias at small sample sizes and the distance of a single clip: Gui et al., "Adapting Frechet Audio Distance for
generative music evaluation", ICASSP 2024.

Embeddings are (n, D), one row a clip, or (n, F, D), F frames of each: frames count as samples, clips are drawn whole.
Crowds of one size are taken as clip by clip of the same pictures, and the same clips are drawn of both: their errors
go together, as in every published FAD on a test set, so such a distance is below that of unrelated clips.
"""

from __future__ import annotations

import numpy as np
from threadpoolctl import threadpool_limits  # comes with librosa, as scikit-learn does

from a2s.errors import BadSettings

one_thread = threadpool_limits.wrap(limits=1, user_api="blas")
"""Hundreds of small matrices: threads of BLAS would mostly wait for each other."""

SMALLEST = 8
"""Clips of a subsample below which a fit says nothing."""


def frechet_distance(real: np.ndarray, made: np.ndarray) -> float:
    """|mu_r - mu_m|^2 + tr(S_r + S_m - 2 (S_r S_m)^(1/2)) of the Gaussians of two crowds, never below 0.

    real: (n, D) or (n, F, D). made: (m, D) or (m, F, D). Covariances have n - 1 below. With S_r = A'A and S_m = B'B
    the trace of the root is the sum of the singular values of A B', so no root of a nearly singular matrix is taken
    and fewer samples than dimensions are no trouble.
    """
    (mu_r, a), (mu_m, b) = _gaussian(real), _gaussian(made)
    if len(mu_r) != len(mu_m):
        raise BadSettings(f"Embeddings of {len(mu_r)} and of {len(mu_m)} dimensions have no distance.")
    cross = np.linalg.svd(a @ b.T, compute_uv=False).sum()
    return max(0.0, float(np.sum((mu_r - mu_m) ** 2) + np.sum(a * a) + np.sum(b * b) - 2 * cross))


@one_thread
def fad(real: np.ndarray, made: np.ndarray, draws: int = 50, seed: int = 0) -> dict:
    """`frechet_distance` with a 95 % interval over clips.

    The interval comes from halves drawn without replacement, whose spread is that of the whole (the delete-half
    jackknife): a bootstrap would repeat clips, which the distance takes for a narrower crowd.
    """
    value = frechet_distance(real, made)
    rng = np.random.default_rng(seed)
    halves = [frechet_distance(*_halves(real, made, rng)) for _ in range(draws)]
    return _with_interval(value, halves) | {"n": [len(real), len(made)]}


@one_thread
def fad_infinity(
    real: np.ndarray, made: np.ndarray, draws: int = 20, seed: int = 0, sizes: int = 8, whole_reference: bool = False
) -> dict:
    """FAD of endlessly many clips: a line through FAD at several sample sizes N against 1 / N, read at 0.

    Gui et al. keep a reference of thousands of clips whole and draw, with replacement, from the made ones. Here both
    crowds are small: both are drawn at the same N (`whole_reference` keeps the real one as it is), and without
    replacement, since draws with replacement lead to the biased value of the whole sample.

    draws: subsamples at each of `sizes` sizes. Returns value (may be a little below 0: it is unbiased, not a distance),
    slope, interval (95 %, from the fits of halves), r2 of the fit, and its points as [N, FAD]. The bias is a line only
    where N is well above the dimensions: a low r2 says that it was not.
    """
    smaller = min(len(real), len(made))
    if smaller < 2 * SMALLEST:
        raise BadSettings(f"FAD at several sample sizes needs {2 * SMALLEST} clips or more, not {smaller}.")
    rng = np.random.default_rng(seed)
    points, slope, value, r2 = _extrapolated(real, made, draws, rng, sizes, whole_reference)
    halves = []
    if smaller >= 4 * SMALLEST:
        for _ in range(draws):
            half_real, half_made = _halves(real, made, rng)
            half = (real if whole_reference else half_real, half_made)
            halves.append(_extrapolated(*half, 2, rng, sizes, whole_reference)[2])
    found = _with_interval(value, halves, least=-np.inf)
    return found | {"slope": round(slope, 4), "r2": round(r2, 4), "points": points, "n": smaller}


@one_thread
def outliers(real: np.ndarray, made: np.ndarray, k: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """The `k` made clips furthest from the real crowd, furthest first: indices (k,) into `made`, scores (k,) float.

    made: (m, F, D) is scored by the FAD of each clip's own frames (Gui et al., "per-song FAD"); (m, D), one row a clip,
    by the Mahalanobis distance to the real Gaussian, whose covariance is shrunk (Ledoit and Wolf 2004), since there
    are often fewer clips than dimensions.
    """
    if made.ndim == 3 and made.shape[1] > 1:
        scores = np.array([frechet_distance(real, clip) for clip in made])
    else:
        scores = _mahalanobis(_rows(real), _rows(made))
    first = np.argsort(-scores, kind="stable")[:k]
    return first, scores[first]


def _mahalanobis(real: np.ndarray, made: np.ndarray) -> np.ndarray:
    from sklearn.covariance import LedoitWolf

    return np.sqrt(LedoitWolf().fit(real).mahalanobis(made))


def _rows(embeddings: np.ndarray) -> np.ndarray:
    """(n, D) or (n, F, D) -> (n or n F, D) float64. Raises BadSettings where that is no crowd."""
    rows = np.asarray(embeddings, np.float64)
    rows = rows.reshape(-1, rows.shape[-1])
    if not np.isfinite(rows).all():
        raise BadSettings("An embedding is not made of finite numbers.")
    return rows


def _gaussian(embeddings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean (D,) and a factor A (at most D rows) of the covariance A'A."""
    rows = _rows(embeddings)
    if len(rows) < 2:
        raise BadSettings("A Frechet distance needs two samples of each crowd or more.")
    mean = rows.mean(0)
    factor = (rows - mean) / np.sqrt(len(rows) - 1)
    return mean, np.linalg.qr(factor, mode="r") if len(rows) > rows.shape[1] else factor


def _drawn(real: np.ndarray, made: np.ndarray, rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """`n` clips of each without replacement, the same ones where the crowds are of one size."""
    chosen = rng.choice(len(made), n, replace=False)
    same = len(real) == len(made)
    return real[chosen if same else rng.choice(len(real), n, replace=False)], made[chosen]


def _halves(real: np.ndarray, made: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Half of each crowd."""
    if len(real) == len(made):
        return _drawn(real, made, rng, max(2, len(made) // 2))
    return tuple(x[rng.choice(len(x), max(2, len(x) // 2), replace=False)] for x in (real, made))


def _extrapolated(real, made, draws: int, rng: np.random.Generator, sizes: int, whole_reference: bool):
    """Points [N, mean FAD], slope, value at 1 / N = 0, and r2 of the line between them."""
    most = len(made) if whole_reference else min(len(real), len(made))
    # Even steps of 1 / N: the line's leverage is where it is read from.
    counts = np.unique(np.round(1 / np.linspace(1 / most, 1 / max(SMALLEST, most // 4), sizes)).astype(int))
    points = []
    for n in counts:
        drawn = (_drawn(made if whole_reference else real, made, rng, n) for _ in range(draws))
        distances = [frechet_distance(real if whole_reference else part, mine) for part, mine in drawn]
        points.append([int(n), float(np.mean(distances))])
    x, y = 1 / counts, np.array([p[1] for p in points])
    slope, value = np.polyfit(x, y, 1)
    left = np.sum((y - slope * x - value) ** 2)
    r2 = 1 - left / max(1e-30, np.sum((y - y.mean()) ** 2))
    return [[n, round(v, 4)] for n, v in points], float(slope), float(value), float(r2)


def _with_interval(value: float, halves: list[float], least: float = 0.0) -> dict:
    """95 %: 1.96 standard deviations of halves drawn without replacement, the jackknife's estimate of the error."""
    if len(halves) < 2:
        return {"value": round(value, 4), "interval": None}
    error = 1.96 * float(np.std(halves))
    return {"value": round(value, 4), "interval": [round(max(least, value - error), 4), round(value + error, 4)]}
