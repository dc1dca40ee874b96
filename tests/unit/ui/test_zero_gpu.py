from __future__ import annotations

import sys
from types import ModuleType

import a2s.pipelines.devices  # noqa: F401  torch looks for `spaces` when it is first imported
from a2s.ui import zero_gpu
from a2s.ui.api import Api
from tests.fakes import FakePipeline
from tests.unit.ui.page_handlers import make_handlers


def test_without_the_package_nothing_changes(monkeypatch):
    monkeypatch.setattr(zero_gpu.importlib.util, "find_spec", lambda name: None)
    assert zero_gpu.on_gpu(len, lambda _: 1, print) is len


def _lend(monkeypatch, gpu: bool) -> list:
    import torch

    spaces, asked = ModuleType("spaces"), []

    def lend_gpu(duration):
        def decorate(function):
            def lent(*args):
                asked.append(duration(*args))
                return function(*args)

            return lent

        return decorate

    spaces.GPU = lend_gpu
    monkeypatch.setitem(sys.modules, "spaces", spaces)
    monkeypatch.setattr(zero_gpu.importlib.util, "find_spec", lambda name: spaces)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
    return asked


def test_without_a_gpu_nothing_changes(monkeypatch):
    _lend(monkeypatch, gpu=False)
    assert zero_gpu.on_gpu(len, lambda _: 1, print) is len


def test_with_both_the_duration_follows_the_arguments_and_the_model_moves_first(monkeypatch):
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


def test_every_way_to_make_a_take_uses_the_gpu(monkeypatch, tmp_path, request_of, clip):
    """The Dub button, stems and `/dub`; twice the passes may take twice the time."""
    asked, moved = _lend(monkeypatch, gpu=True), []
    monkeypatch.setattr(FakePipeline, "to", lambda self, device: moved.append(device), raising=False)
    page = make_handlers(tmp_path / "root")
    page.load(clip, request_of())
    page.make(request_of(), steps=100)
    page.dub.begin_again(request_of())
    list(page.takes.export_stems(0, request_of()))
    Api(page.engine, page.visits).dub(str(clip), 0.3, 0, 50, 2.5, "", "", request_of("program"))
    assert asked == [30, 40, 25] and moved == ["cuda"] * 3
    assert page.visits.of("one").takes[0].has_stems
