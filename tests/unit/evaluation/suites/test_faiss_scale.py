from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest

from a2s.errors import BadSettings
from a2s.evaluation.suites.faiss_scale import (
    WIDE_GAP,
    Cosines,
    compare_indexes,
    faiss_table,
    measured_cosines,
    synthetic_pairs,
)


def test_synthetic_pairs_have_the_requested_cosines():
    for asked in (Cosines(), WIDE_GAP, Cosines(0.3, -0.1, 0.4, 0.3, 20)):
        sounds, pictures, again = synthetic_pairs(3000, 128, 1500, asked)
        assert sounds.dtype == pictures.dtype == np.float32
        assert np.allclose(np.linalg.norm(sounds, axis=1), 1, atol=1e-5)
        found, wanted = asdict(measured_cosines(sounds[:1500], pictures)), asdict(asked)
        effective = found.pop("effective")
        assert effective == pytest.approx(wanted.pop("effective"), rel=0.25)
        # In few dimensions random vectors are seldom orthogonal, which changes every mean a little.
        assert found == pytest.approx(wanted, abs=0.04)
        # Similar audio shares as much with the audio as the picture does, without the modality gap.
        nearness = asked.sounds + (1 - asked.sounds) * asked.shared
        assert (sounds[:1500] * again).sum(1).mean() == pytest.approx(nearness, abs=0.04)


def test_same_seed_same_vectors():
    a, b, c = (synthetic_pairs(1000, 32, 10, Cosines(), seed)[0] for seed in (1, 1, 2))
    assert np.array_equal(a, b) and not np.array_equal(a, c)


@pytest.fixture(scope="module")
def found() -> dict:
    return compare_indexes(5000, 64, queries=60)


def test_recall_memory_and_time_of_each_index(found):
    rows = {(row["index"].split(",")[0][:3] + row["index"][-4:], row["nprobe"]): row for row in found["rows"]}
    assert len(found["rows"]) == 2 + 2 * 4
    exact, half = rows["FlaFlat", None], rows["fp1fp16", None]
    for kind in ("picture", "sound"):
        assert exact[kind] == {"recall_at_1": 1.0, "recall_at_5": 1.0, "recall_at_10": 1.0}
        assert half[kind]["recall_at_10"] > 0.98
        recalls = [rows["IVFFlat", probes][kind]["recall_at_10"] for probes in (1, 4, 16, 64)]
        assert recalls == sorted(recalls) and recalls[0] < 0.9 < recalls[-1]
    assert half["mb"] == pytest.approx(exact["mb"] / 2, rel=0.05)
    assert exact["mb"] == pytest.approx(5000 * 64 * 4 / 2**20, abs=0.06)
    assert all(row["ms"] > 0 for row in found["rows"])


def test_the_table_has_a_row_per_index(found):
    lines = faiss_table(found).splitlines()
    assert lines[0].startswith("5,000 vectors of 64 dimensions, 60 queries")
    assert len(lines) == 4 + len(found["rows"]) and all(line.count("|") == 13 for line in lines[2:])
    assert lines[4].startswith("| Flat |  | 1.000 | 1.000 | 1.000 |")


def test_impossible_arguments_are_refused():
    with pytest.raises(BadSettings, match="these mean cosines"):
        Cosines(across=0.9)
    with pytest.raises(BadSettings, match="between 0 and 1"):
        Cosines(sounds=0.0)
    with pytest.raises(BadSettings, match="1000 vectors"):
        compare_indexes(50)
