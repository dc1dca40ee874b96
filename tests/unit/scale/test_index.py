from __future__ import annotations

import json

import numpy as np
import pytest

from a2s.errors import BankError
from a2s.scale.index import IndexPlan, ShardedIndex, build_index


def vector_files(folder, count=90, per_file=20, seed=0):
    rng, files = np.random.default_rng(seed), []
    vectors = rng.standard_normal((2, count, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=-1, keepdims=True)
    for first in range(0, count, per_file):
        part = slice(first, first + per_file)
        keys = np.array([f"clip-{k}" for k in range(count)][part])
        path = folder / f"{first:03d}.npz"
        np.savez(path, keys=keys, picture=vectors[0, part], sound=vectors[1, part])
        files.append(path)
    return files, vectors


@pytest.mark.parametrize("per_file", [1000, 32, 30])
def test_exact_search_over_files(tmp_path, per_file):
    files, vectors = vector_files(tmp_path)
    assert build_index(tmp_path / "index", files, "hash", IndexPlan(1000, per_file)) == 90
    for modality, rows in zip(("picture", "sound"), vectors, strict=True):
        index = ShardedIndex(tmp_path / "index", modality)
        assert len(index.indexes) == -(-90 // per_file) and index.about["kind"] == "exact"
        found = index.search(rows[37], 3)
        order = np.argsort(-(rows @ rows[37]))[:3]
        assert [each.key for each in found] == [f"clip-{k}" for k in order]
        assert found[0].score == pytest.approx(1, abs=1e-5)


def test_inverted_lists_over_files(tmp_path):
    files, vectors = vector_files(tmp_path, 400)
    build_index(tmp_path / "index", files, "hash", IndexPlan(100, 150))
    index = ShardedIndex(tmp_path / "index")
    assert index.about["kind"] == "inverted lists" and [each.ntotal for each in index.indexes] == [150, 150, 100]
    assert all(index.search(vectors[1, k], 1)[0].key == f"clip-{k}" for k in range(0, 400, 29))


def test_the_same_vectors_give_the_same_files(tmp_path):
    files, _ = vector_files(tmp_path, 400)
    for name in ("a", "b"):
        build_index(tmp_path / name, files, "hash", IndexPlan(100, 150))
    assert all((tmp_path / "b" / path.name).read_bytes() == path.read_bytes() for path in (tmp_path / "a").iterdir())


def test_a_damaged_index_is_one_clear_error(tmp_path):
    files, _ = vector_files(tmp_path)
    build_index(tmp_path / "index", files, "hash")
    with pytest.raises(BankError, match="no index of smell"):
        ShardedIndex(tmp_path / "index", "smell")
    (tmp_path / "index" / "index.json").write_text(json.dumps({"vectors": 3}))
    with pytest.raises(BankError, match="no index"):
        ShardedIndex(tmp_path / "index")
