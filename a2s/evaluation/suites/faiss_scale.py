"""Recall and cost of FAISS indexes at the scale of the paper's clips: 1.2 million audio vectors, searched by pictures.

Exact flat, 16-bit floats, and inverted lists (Johnson et al., "Billion-scale similarity search with GPUs", 2019).
Vectors are synthetic. Embeddings of pictures and of audio lie in different regions of the sphere (the modality gap,
Liang et al., NeurIPS 2022), and inverted lists are trained on audio only. Gap, noise and effective dimensions are those
of our own AV-Sim on test worlds (`measured_cosines`), whose gap is small; WIDE_GAP has a wide one.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from a2s.errors import BadSettings
from a2s.evaluation.statistics import Figures

VERSION = 1
LIBRARIES = ("numpy", "faiss-cpu")

RANKS = (1, 5, 10)
PROBES = (1, 4, 16, 64)


@dataclass(frozen=True)
class Cosines:
    """Mean cosines of synthetic pairs on the unit sphere.

    paired: of a picture and its own audio. across: of a picture and other audio. sounds, pictures: of two audio vectors
    and of two pictures. effective: dimensions in use, the participation ratio of the covariance's eigenvalues. The
    defaults were measured on 3 s of each of 72 test worlds with the compact model. Raises BadSettings.
    """

    paired: float = 0.448
    across: float = 0.068
    sounds: float = 0.056
    pictures: float = 0.097
    effective: float = 9.0

    def __post_init__(self) -> None:
        if not (self.sounds > 0 and self.pictures > 0 and self.sounds < 1 and self.pictures < 1):
            raise BadSettings(
                f"Mean cosines of sounds and pictures must lie between 0 and 1, not {self.sounds} and {self.pictures}."
            )
        if self.across**2 > self.sounds * self.pictures or self.shared > 1 or self.shared < 0:
            raise BadSettings(f"No vectors can have these mean cosines: {asdict(self)}.")
        if self.effective <= 1:
            raise BadSettings(f"The effective dimensions must exceed 1, not {self.effective}.")

    @property
    def shared(self) -> float:
        """Cosine of a pair without the mean direction of each modality."""
        return (self.paired - self.across) / np.sqrt((1 - self.sounds) * (1 - self.pictures))


WIDE_GAP = Cosines(paired=0.3, across=0.0, sounds=0.4, pictures=0.4, effective=9.0)
"""A hypothetical space, typical of contrastive models: each modality in its own cone, at a right angle."""


def measured_cosines(sounds: np.ndarray, pictures: np.ndarray) -> Cosines:
    """Cosines of real pairs, (n, E) unit vectors each."""
    spread = np.linalg.eigvalsh(np.cov(sounds.T))

    def off_diagonal(cosines: np.ndarray) -> float:
        return float(cosines[~np.eye(len(cosines), dtype=bool)].mean())

    return Cosines(
        paired=float((sounds * pictures).sum(1).mean()),
        across=off_diagonal(pictures @ sounds.T),
        sounds=max(1e-3, off_diagonal(sounds @ sounds.T)),
        pictures=max(1e-3, off_diagonal(pictures @ pictures.T)),
        effective=float(spread.sum() ** 2 / np.square(spread).sum()),
    )


def synthetic_pairs(
    vectors: int, dim: int, queries: int, cosines: Cosines, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Audio vectors (vectors, dim) of an index, and two kinds of queries (queries, dim): pictures of the first ones,
    and similar audio. float32, unit length. Same seed, same numbers.

    An audio vector is the mean direction of its modality + a scene. Its picture is another mean direction + a shared
    part of the scene + noise. An audio query has the same distance in the scene, without the gap between the means.
    """
    rng = np.random.default_rng(seed)
    audio_mean, picture_mean = _means(rng, dim, cosines)
    # Geometric variances whose participation ratio is `effective`: (1 + r) / (1 - r).
    scale = np.float32(((cosines.effective - 1) / (cosines.effective + 1)) ** (np.arange(dim) / 2))

    def scenes(n: int) -> np.ndarray:
        return _unit(rng.standard_normal((n, dim), dtype=np.float32) * scale)

    sounds = np.concatenate([scenes(min(100_000, vectors - i)) for i in range(0, vectors, 100_000)])
    shared = np.float32(cosines.shared)
    own = np.sqrt(1 - shared**2)
    pictures, similar = (_unit(shared * sounds[:queries] + own * scenes(queries)) for _ in range(2))
    return (
        _shifted(sounds, audio_mean, cosines.sounds),
        _shifted(pictures, picture_mean, cosines.pictures),
        _shifted(similar, audio_mean, cosines.sounds),
    )


def compare_indexes(
    vectors: int = 1_200_000,
    dim: int = 128,
    seed: int = 0,
    queries: int = 200,
    cosines: Cosines | None = None,
    on_message: Callable[[str], object] = lambda message: None,
) -> Figures:
    """Recall against exact search, latency, memory and build time of each index, on one thread.

    recall_at_k: share of the exact first k in the first k of an index, for "picture" and "sound" queries. own_at_10:
    share of pictures with their own audio in the first 10. ms: median of 100 single queries; build_s: training and
    adding; both are processor time. mb: size of the serialised index. dim: 128 as in the compact model, 256 as in the
    released one. on_message: receives the name of each index. Raises BadSettings.
    """
    import faiss

    if vectors < 1000 or queries > vectors:
        raise BadSettings(
            f"A comparison needs at least 1000 vectors and at most as many queries, not {vectors} and {queries}."
        )
    cosines = cosines or Cosines()
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        on_message(f"{vectors} vectors of {dim}")
        sounds, *asked = synthetic_pairs(vectors, dim, queries, cosines, seed)
        exact: list[np.ndarray] | None = None
        rows = []
        for name, index, train in _indexes(vectors, dim):
            on_message(name)
            started = time.process_time()
            if train:
                index.train(sounds[:: max(1, vectors // train)])
            index.add(sounds)
            built = time.process_time() - started
            size = _megabytes(index)
            for probes in PROBES if train and "IVF" in name else (None,):
                if probes is not None:
                    index.nprobe = probes
                found = [index.search(q, max(RANKS))[1] for q in asked]
                exact = found if exact is None else exact
                row = {"index": name, "nprobe": probes, **_recalls(found, exact), "ms": _latency(index, asked[0])}
                rows.append(row | {"mb": size, "build_s": round(built, 1)})
            del index
            gc.collect()
    finally:
        faiss.omp_set_num_threads(threads)
    return {
        "vectors": vectors,
        "dim": dim,
        "queries": queries,
        "seed": seed,
        "cosines": {k: round(v, 4) for k, v in asdict(cosines).items()},
        "rows": rows,
    }


def faiss_table(found: Figures) -> str:
    """`compare_indexes` as a Markdown table."""
    head = ["index", "nprobe", *(f"picture R@{k}" for k in RANKS), *(f"sound R@{k}" for k in RANKS)]
    head += ["own in 10", "ms/query", "MB", "build s"]
    lines = [
        f"{found['vectors']:,} vectors of {found['dim']} dimensions, {found['queries']} queries of each kind, one"
        " thread.",
        "",
        "| " + " | ".join(head) + " |",
        "|" + "---|" * len(head),
    ]
    for row in found["rows"]:
        cells = [row["index"], row["nprobe"] or "", *(f"{row['picture'][f'recall_at_{k}']:.3f}" for k in RANKS)]
        cells += [*(f"{row['sound'][f'recall_at_{k}']:.3f}" for k in RANKS), f"{row['own_at_10']:.3f}"]
        cells += [f"{row['ms']:.2f}", f"{row['mb']:.0f}", row["build_s"]]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def _indexes(vectors: int, dim: int) -> Iterator[tuple[str, Any, int]]:
    """Name, an empty index, and the number of its training vectors. The exact index is the first.

    `Any`: the type stubs of faiss lack nprobe.
    """
    import faiss

    # sqrt(n) lists, trained on 40 vectors each, build in seconds. FAISS recommends 4 to 16 times as many for the
    # fastest queries.
    lists = max(8, round(np.sqrt(vectors)))
    inner = faiss.METRIC_INNER_PRODUCT
    half = faiss.ScalarQuantizer.QT_fp16
    yield "Flat", faiss.IndexFlatIP(dim), 0
    yield "fp16", faiss.IndexScalarQuantizer(dim, half, inner), 1000
    yield f"IVF{lists}, Flat", faiss.IndexIVFFlat(faiss.IndexFlatIP(dim), dim, lists, inner), 40 * lists
    yield (
        f"IVF{lists}, fp16",
        faiss.IndexIVFScalarQuantizer(faiss.IndexFlatIP(dim), dim, lists, half, inner),
        40 * lists,
    )


def _recalls(found: list[np.ndarray], exact: list[np.ndarray]) -> Figures:
    def overlap(mine: np.ndarray, true: np.ndarray, k: int) -> float:
        return float(np.mean([len(np.intersect1d(a[:k], b[:k])) / k for a, b in zip(mine, true, strict=True)]))

    recalls = {
        kind: {f"recall_at_{k}": round(overlap(mine, true, k), 4) for k in RANKS}
        for kind, mine, true in zip(("picture", "sound"), found, exact, strict=True)
    }
    own = (found[0][:, :10] == np.arange(len(found[0]))[:, None]).any(1).mean()
    return recalls | {"own_at_10": round(float(own), 4)}


def _latency(index: Any, queries: np.ndarray, times: int = 100) -> float:
    """Median time of one query in ms."""
    durations = []
    for i in range(times):
        started = time.thread_time()
        index.search(queries[i % len(queries)][None], max(RANKS))
        durations.append(time.thread_time() - started)
    return round(1000 * float(np.median(durations)), 3)


def _megabytes(index: Any) -> float:
    """Size of the serialised index."""
    import faiss

    class Counter:
        size = 0

        def __call__(self, data: bytes) -> int:
            self.size += len(data)
            return len(data)

    counter = Counter()
    writer = vars(faiss)["PyCallbackIOWriter"](counter, 1 << 20)  # absent from the type stubs of faiss
    faiss.write_index(index, writer)
    del writer  # flushes the rest
    return round(counter.size / 2**20, 1)


def _means(rng: np.random.Generator, dim: int, cosines: Cosines) -> tuple[np.ndarray, np.ndarray]:
    """Unit mean directions of audio and of pictures, at the angle that gives `across`."""
    a, b = np.linalg.qr(rng.standard_normal((dim, 2)))[0].T.astype(np.float32)
    c = np.float32(cosines.across / np.sqrt(cosines.sounds * cosines.pictures))
    return a, c * a + np.sqrt(1 - c * c) * b


def _shifted(x: np.ndarray, mean: np.ndarray, cosine: float) -> np.ndarray:
    """Unit vectors with a mean cosine of `cosine` among each other: a mean direction plus the centred vectors."""
    x = x - (x @ mean)[:, None] * mean
    return _unit(np.float32(np.sqrt(1 - cosine)) * _unit(x) + np.float32(np.sqrt(cosine)) * mean)


def _unit(x: np.ndarray) -> np.ndarray:
    return x / np.linalg.norm(x, axis=1, keepdims=True)
