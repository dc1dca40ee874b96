from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from a2s.evaluation.cache import ResultCache


def module(version: int = 1, libraries: tuple[str, ...] = ("numpy",)) -> SimpleNamespace:
    return SimpleNamespace(VERSION=version, LIBRARIES=libraries)


def test_a_result_is_computed_once(tmp_path):
    calls = []

    def compute() -> dict:
        calls.append(1)
        return {"value": np.float32(0.5), "list": np.arange(2)}

    for _ in range(2):
        assert ResultCache(tmp_path).get("figure", module(), compute) == {"value": 0.5, "list": [0, 1]}
    assert len(calls) == 1


def test_another_version_or_library_or_key_is_another_result(tmp_path, monkeypatch):
    cache = ResultCache(tmp_path, ("model",))
    assert cache.get("figure", module(), lambda: {"value": 1}) == {"value": 1}
    assert cache.get("figure", module(version=2), lambda: {"value": 2}) == {"value": 2}
    assert cache.get("figure", module(), lambda: {"value": 3}, "judge") == {"value": 3}
    assert ResultCache(tmp_path, ("other",)).get("figure", module(), lambda: {"value": 4}) == {"value": 4}
    monkeypatch.setattr("a2s.evaluation.cache.version", lambda name: "99")
    assert cache.get("figure", module(), lambda: {"value": 5}) == {"value": 5}


def test_a_library_that_is_not_installed_is_a_version_too(tmp_path):
    cache = ResultCache(tmp_path)
    assert cache.get("figure", module(libraries=("no-such-library",)), lambda: {"value": 1}) == {"value": 1}
