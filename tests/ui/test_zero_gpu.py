from __future__ import annotations

import sys
from types import ModuleType

from a2s.ui import zero_gpu


def test_without_the_package_nothing_changes(monkeypatch):
    monkeypatch.setattr(zero_gpu.importlib.util, "find_spec", lambda name: None)
    assert zero_gpu.on_gpu(len, lambda _: 1) is len


def _lend(monkeypatch, gpu: bool) -> list:
    import torch

    spaces, asked = ModuleType("spaces"), []

    def lend(duration):
        def decorate(function):
            def lent(*args):
                asked.append(duration(*args))
                return function(*args)

            return lent

        return decorate

    spaces.GPU = lend
    monkeypatch.setitem(sys.modules, "spaces", spaces)
    monkeypatch.setattr(zero_gpu.importlib.util, "find_spec", lambda name: spaces)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
    return asked


def test_without_a_gpu_nothing_changes(monkeypatch):
    _lend(monkeypatch, gpu=False)
    assert zero_gpu.on_gpu(len, lambda _: 1) is len


def test_with_both_the_duration_comes_from_the_arguments(monkeypatch):
    asked = _lend(monkeypatch, gpu=True)
    assert zero_gpu.on_gpu(len, lambda clip: 10 * len(clip))("abc") == 3
    assert asked == [30]
