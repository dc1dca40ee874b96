"""What FAISS indexes give and cost at the scale of the paper's clips: 1.2 million vectors, searched by pictures.

Exact flat, 16-bit floats, and inverted lists (Johnson et al., "Billion-scale similarity search with GPUs", 2019), side
by side. Vectors are synthetic: a picture's embedding lies elsewhere on the sphere than the sounds' (the modality gap,
Liang et al., NeurIPS 2022), where lists that were trained on sounds are not cut for it. Gap, noise and the dimensions
in use are those that our own AV-Sim has on unseen worlds (`measured_cosines`), whose gap is small; WIDE_GAP has more.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

from a2s.errors import BadSettings

RANKS = (1, 5, 10)
PROBES = (1, 4, 16, 64)


@dataclass(frozen=True)
class Cosines:
    """Mean cosines on the sphere that synthetic pairs shall have.

    paired: of a picture and its own sound; across: of a picture and another's sound; sounds, pictures: of two sounds
    and of two pictures. effective: dimensions that vectors use, the participation ratio of their covariance's
    eigenvalues. The defaults were measured on 3 s of each of 72 unseen worlds with the compact model.
    """

    paired: float = 0.448
    across: float = 0.068
    sounds: float = 0.056
    pictures: float = 0.097
    effective: float = 9.0

    def __post_init__(self) -> None:
        if not (self.sounds > 0 and self.pictures > 0 and self.sounds < 1 and self.pictures < 1):
            raise BadSettings("Mean cosines of sounds and of pictures must lie between 0 and 1.")
        if self.across**2 > self.sounds * self.pictures or self.shared > 1 or self.shared < 0:
            raise BadSettings(f"No vectors have these mean cosines: {asdict(self)}.")
        if self.effective <= 1:
            raise BadSettings("Vectors use more than one dimension.")

    @property
    def shared(self) -> float:
        """Cosine of a pair once each modality's mean direction is taken out."""
        return (self.paired - self.across) / np.sqrt((1 - self.sounds) * (1 - self.pictures))


WIDE_GAP = Cosines(paired=0.3, across=0.0, sounds=0.4, pictures=0.4, effective=9.0)
"""An invented space as contrastive models often are: each modality in a cone of its own, at a right angle."""


def measured_cosines(sounds: np.ndarray, pictures: np.ndarray) -> Cosines:
    """Cosines of real pairs, (n, E) unit vectors each."""
    spread = np.linalg.eigvalsh(np.cov(sounds.T))

    def apart(cosines: np.ndarray) -> float:
        return float(cosines[~np.eye(len(cosines), dtype=bool)].mean())

    return Cosines(
        paired=float((sounds * pictures).sum(1).mean()),
        across=apart(pictures @ sounds.T),
        sounds=max(1e-3, apart(sounds @ sounds.T)),
        pictures=max(1e-3, apart(pictures @ pictures.T)),
        effective=float(spread.sum() ** 2 / np.square(spread).sum()),
    )


def synthetic_pairs(
    vectors: int, dim: int, queries: int, cosines: Cosines, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sounds (vectors, dim) to be searched, and two kinds of queries (queries, dim): pictures of the first ones, and
    other recordings like them. float32, unit length, same seed same numbers.

    A sound is its modality's mean direction + a scene; its picture is another mean direction + what it shares of the
    scene + what is its own. A sound query is as far from its sound as a picture, without the gap between the means.
    """
    rng = np.random.default_rng(seed)
    heard, seen = _means(rng, dim, cosines)
    # Geometric variances whose participation ratio is `effective`: (1 + r) / (1 - r).
    scale = np.float32(((cosines.effective - 1) / (cosines.effective + 1)) ** (np.arange(dim) / 2))

    def scenes(n: int) -> np.ndarray:
        return _unit(rng.standard_normal((n, dim), dtype=np.float32) * scale)

    sounds = np.concatenate([scenes(min(100_000, vectors - i)) for i in range(0, vectors, 100_000)])
    shared = np.float32(cosines.shared)
    own = np.sqrt(1 - shared**2)
    pictures, again = (_unit(shared * sounds[:queries] + own * scenes(queries)) for _ in range(2))
    return (
        _moved(sounds, heard, cosines.sounds),
        _moved(pictures, seen, cosines.pictures),
        _moved(again, heard, cosines.sounds),
    )


def compare_indexes(
    vectors: int = 1_200_000,
    dim: int = 128,
    seed: int = 0,
    queries: int = 200,
    cosines: Cosines | None = None,
    told: Callable[[str], None] = lambda line: None,
) -> dict:
    """Recall against exact search, latency, memory and build time of each index, on one thread.

    recall_at_k: share of the exact first k that an index's first k hold, for picture queries and sound queries;
    own_at_10: share of pictures whose own sound is among the first 10. ms: median of 100 single queries, build_s:
    training and adding, both of processor time, in which other work on the machine doesn't count. mb: of the serialised
    index. dim: 128 is the compact model's, 256 the released one's.
    """
    import faiss

    if vectors < 1000 or queries > vectors:
        raise BadSettings(f"A comparison needs 1000 vectors or more and no more queries than those, not {vectors}.")
    cosines = cosines or Cosines()
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        told(f"{vectors} vectors of {dim}")
        sounds, *asked = synthetic_pairs(vectors, dim, queries, cosines, seed)
        exact, rows = None, []
        for name, index, train in _indexes(vectors, dim):
            told(name)
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


def faiss_table(found: dict) -> str:
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


def _indexes(vectors: int, dim: int):
    """Name, an empty index, and how many vectors it is trained on (0: none); exact first."""
    import faiss

    # As many lists as vectors in one, trained on 40 vectors each: they build in seconds. FAISS advises 4 to 16 times as
    # many, for the least work a query.
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


def _recalls(found: list[np.ndarray], exact: list[np.ndarray]) -> dict:
    def held(mine: np.ndarray, true: np.ndarray, k: int) -> float:
        return float(np.mean([len(np.intersect1d(a[:k], b[:k])) / k for a, b in zip(mine, true, strict=True)]))

    recalls = {
        kind: {f"recall_at_{k}": round(held(mine, true, k), 4) for k in RANKS}
        for kind, mine, true in zip(("picture", "sound"), found, exact, strict=True)
    }
    own = (found[0][:, :10] == np.arange(len(found[0]))[:, None]).any(1).mean()
    return recalls | {"own_at_10": round(float(own), 4)}


def _latency(index, queries: np.ndarray, times: int = 100) -> float:
    """Milliseconds of one query, the median."""
    taken = []
    for i in range(times):
        started = time.thread_time()
        index.search(queries[i % len(queries)][None], max(RANKS))
        taken.append(time.thread_time() - started)
    return round(1000 * float(np.median(taken)), 3)


def _megabytes(index) -> float:
    """Of the index as it would be written, without writing it."""
    import faiss

    class Counter:
        size = 0

        def __call__(self, data: bytes) -> int:
            self.size += len(data)
            return len(data)

    counter = Counter()
    writer = faiss.PyCallbackIOWriter(counter, 1 << 20)
    faiss.write_index(index, writer)
    del writer  # flushes what is left
    return round(counter.size / 2**20, 1)


def _means(rng: np.random.Generator, dim: int, cosines: Cosines) -> tuple[np.ndarray, np.ndarray]:
    """Unit mean directions of sounds and of pictures, at the angle that `across` asks for."""
    a, b = np.linalg.qr(rng.standard_normal((dim, 2)))[0].T.astype(np.float32)
    c = np.float32(cosines.across / np.sqrt(cosines.sounds * cosines.pictures))
    return a, c * a + np.sqrt(1 - c * c) * b


def _moved(x: np.ndarray, mean: np.ndarray, cosine: float) -> np.ndarray:
    """Unit vectors whose mean cosine among each other is `cosine`: what they are, beside a mean direction."""
    x = x - (x @ mean)[:, None] * mean
    return _unit(np.float32(np.sqrt(1 - cosine)) * _unit(x) + np.float32(np.sqrt(cosine)) * mean)


def _unit(x: np.ndarray) -> np.ndarray:
    return x / np.linalg.norm(x, axis=1, keepdims=True)
