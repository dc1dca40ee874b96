from __future__ import annotations

import sys
from types import ModuleType

from a2s.ui import zero_gpu


def test_without_the_package_nothing_changes(monkeypatch):
    monkeypatch.setattr(zero_gpu.importlib.util, "find_spec", lambda name: None)
    assert zero_gpu.on_gpu(len, lambda _: 1, print) is len


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
    assert zero_gpu.on_gpu(len, lambda _: 1, print) is len


def test_with_both_the_duration_comes_from_the_arguments_and_the_model_is_brought_first(monkeypatch):
    asked, done = _lend(monkeypatch, gpu=True), []

    def spell(clip):
        for letter in clip:
            done.append(letter)
            yield letter

    lent = zero_gpu.on_gpu(spell, lambda clip: 10 * len(clip), prepare=lambda clip: done.append("to the GPU"))
    steps = lent("abc")
    assert next(steps) == "a" and asked == [30] and done == ["to the GPU", "a"]
    steps.close()
    assert done == ["to the GPU", "a"]
