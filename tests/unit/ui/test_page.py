from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import gradio as gr
import pytest

from a2s.settings import Limits
from a2s.ui import Engine, build, launch_options
from a2s.ui.parts.job_progress import JobProgress
from a2s.ui.parts.part import Part
from a2s.ui.state import Visits
from tests.fakes import FakeBank, FakePipeline

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def page(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", "")
    return build(Engine(FakePipeline(), FakeBank()), tmp_path, Visits(tmp_path / "root"))


def test_four_endpoints_are_public_and_described(page):
    public = {fn.api_name: fn for fn in page.fns.values() if fn.api_visibility == "public"}
    assert set(public) == {"dub", "retrieve", "ambience", "compare_stats"}
    described = page.get_api_info()["named_endpoints"]
    assert all(described[f"/{name}"]["description"] for name in public)


def test_the_queue_is_bounded_and_the_model_serves_one_at_a_time(page):
    limits = {fn.concurrency_limit for fn in page.fns.values() if fn.concurrency_id == "model"}
    assert page._queue.max_size == 16 and limits == {1} and page.analytics_enabled is False


def test_only_events_of_buttons_may_be_dropped(page):
    """gradio's own way is to drop; a picture, a choice_key or a step of a chain must not be lost."""
    dropped = [fn for fn in page.fns.values() if fn.trigger_mode == "once" and fn.api_visibility != "public"]
    assert {event for fn in dropped for _, event in fn.targets} <= {"click", "load", "unload"}


def test_no_text_box_takes_a_path(page):
    """Text boxes are for ids and a cue file's text, which programs send, and for words to search with."""
    boxes = [block.label for block in page.blocks.values() if type(block).__name__ == "Textbox"]
    assert sorted(boxes) == ["Search the bank", "Search the bank", "ambient_clip", "clip", "cues"]


def test_only_the_examples_are_readable_beside_the_visits(tmp_path):
    options = launch_options(tmp_path)
    assert options["allowed_paths"] == [str(tmp_path)] and options["max_file_size"] > 0


def test_limits_reach_every_part_of_the_page(tmp_path):
    limits = Limits(max_waiting=3, max_takes=2, max_steps=9, max_bytes=8, max_idle_seconds=6, max_away_seconds=7)
    visits = Visits(tmp_path / "root", limits)
    page = build(Engine(FakePipeline(), FakeBank(), limits=limits), tmp_path, visits)
    sliders = {block.elem_id: block.maximum for block in page.blocks.values() if isinstance(block, gr.Slider)}
    assert page._queue.max_size == 3 and (sliders["takes"], sliders["steps"]) == (2, 9)
    assert launch_options(tmp_path, limits)["max_file_size"] == 8 and visits.of("one").limits is limits


def test_importing_the_page_loads_no_torch():
    code = "import sys, a2s.ui; assert 'torch' not in sys.modules and 'diffusers' not in sys.modules"
    subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, timeout=300, env=os.environ | {"PYTHONPATH": str(ROOT)}
    )


def test_the_readme_has_two_commands_and_the_version_of_gradio():
    import gradio

    text = (ROOT / "README.md").read_text()
    commands = [line for line in text.splitlines() if line.startswith("pip install")]
    assert commands[:2] == [
        "pip install -r requirements.txt && python app.py",
        "pip install -r tests/requirements.txt && python -m pytest",
    ]
    assert f"sdk_version: {gradio.__version__}" in text and "app_file: app.py" in text


def test_element_ids_are_unique(page):
    ids = [block.elem_id for block in page.blocks.values() if getattr(block, "elem_id", None)]
    assert len(ids) == len(set(ids)) > 40


def controls(page) -> list:
    """All components that a person can use. The endpoints' own are in a column that is never shown."""
    found = [block for block in page.blocks.values() if isinstance(block, gr.components.Component)]
    return [block for block in found if not _is_display(block) and not _is_of_endpoint(block)]


def _is_display(block) -> bool:
    html = isinstance(block, gr.HTML) and not isinstance(block, Part)
    buttons = isinstance(block, gr.Button | gr.UploadButton | gr.DownloadButton)
    plays = getattr(block, "interactive", None) is False and not buttons
    return html or plays or isinstance(block, gr.State | JobProgress)


def _is_of_endpoint(block) -> bool:
    while block is not None:
        if block.visible is False and block.elem_id is None:
            return True
        block = block.parent
    return False


def test_every_control_starts_a_handler_or_is_an_input_of_one(page):
    used = set()
    for handler in page.fns.values():
        used |= {block._id for block in handler.inputs} | {target for target, _ in handler.targets}
    assert all(block.elem_id for block in controls(page))
    idle = [block for block in controls(page) if block._id not in used and not isinstance(block, gr.DownloadButton)]
    assert [block.elem_id for block in idle] == ["player"], "it sends nothing to the server"
