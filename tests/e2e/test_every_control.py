"""No control of the page is without a test that turns it: a slider that is wired to nothing would be seen here."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import gradio as gr
import pytest

from a2s.ui import Engine, build
from a2s.ui.parts.job_progress import JobProgress
from a2s.ui.parts.part import Part
from tests.fakes import FakePipeline, small_bank

HERE = Path(__file__).parent
BUTTONS = (gr.Button, gr.UploadButton, gr.DownloadButton)
SHOWN = (gr.State, JobProgress)
"""Components that nobody turns; so are those of `gr.HTML` itself, and media that only play."""

TURNED_BY = {
    "test_controls.py": {
        "test_more_ambience_is_a_louder_quietest_half_second": ["amount"],
        "test_the_ladder_is_made_of_rising_amounts": ["generate-levels"],
        "test_seed_dice_and_lock": ["seed", "new-seed", "lock-seed"],
        "test_takes_are_counted_chosen_shared_and_wiped": [
            "takes", "take", "first-take", "compare-with", "export-spectrogram", "get-spectrogram",
        ],
        "test_more_steps_are_made_and_bring_the_sound_nearer_to_its_end": ["steps"],
        "test_guidance_lifts_the_action_out_of_the_place": ["guidance"],
        "test_overlap_changes_the_sound_from_the_join_on_and_not_before": ["overlap"],
        "test_the_original_is_mixed_under_at_its_level": ["original"],
        "test_loudness_reaches_its_target_and_no_peak_goes_over_the_ceiling": ["loudness"],
        "test_cues_are_edited_on_the_timeline_and_the_sound_follows": ["timeline", "reset-cues"],
        "test_two_sounds_are_chosen_played_looped_and_a_listening_test_starts_over": [
            "sound-a", "sound-b", "start-over", "export-comparison", "get-comparison",
        ],
    },
    "test_places.py": {
        "test_ambiences_are_counted_searched_and_chosen_and_the_dub_is_in_that_place": ["match-count"],
        "test_a_recording_of_ones_own_is_the_place_and_is_kept_in_the_bank": ["own-recording", "save-own"],
        "test_a_bank_is_browsed_built_added_to_saved_and_given_back": [
            "bank-search", "bank-clips", "bank-use", "bank-mode", "bank-save", "bank-zip", "bank-reset",
        ],
        "_sorted_as_promised": ["bank-sort"],
        "_build": ["bank-files", "bank-build"],
    },
    "panel.py": {"dub": ["generate"], "cues": ["load-cues"], "search": ["search"]},
    "test_page.py": {
        "test_an_example_is_read_auditioned_dubbed_and_taken_away": [
            "ambiences", "get-mp4", "get-wav", "get-flac", "get-recipe", "get-cues", "export-stems", "get-action",
            "get-ambience",
        ],
        "test_a_recipe_dropped_back_restores_every_setting_and_the_same_sound": ["recipe"],
        "test_cancel_stops_within_a_step_and_keeps_what_was_finished": ["cancel"],
        "test_an_upload_is_read_and_a_bad_one_is_one_sentence": ["source"],
        "test_a_new_picture_forgets_the_takes_of_the_one_before": ["examples"],
        "test_another_model_is_chosen_and_a_missing_one_says_what_to_do": ["model"],
    },
    "test_compare.py": {
        "booth": ["upload-audio", "player"],
        "test_blind_and_abx_trials_are_answered_and_counted": [
            "compare-mode", "ask-action", "ask-noise", "ask-prefer", "ask-abx", "submit-answers", "results",
            "get-trials",
        ],
    },
}  # fmt: skip
"""File, function, and the controls that it turns and whose effect it, or who calls it, looks at."""

INSIDE = {
    "timeline.html": ("test_timeline.py", "test_timeline_playing.py", "test_controls.py"),
    "player.html": ("test_compare.py", "test_controls.py"),
}
"""Pieces of the page with buttons and fields of their own, and who turns these."""


@pytest.fixture(scope="module")
def page():
    return build(Engine(FakePipeline(), small_bank()))


def controls(page) -> list[gr.blocks.Block]:
    """All that a person can press, move or fill in; the endpoints' own components are in a column that isn't shown."""
    found = [block for block in page.blocks.values() if isinstance(block, gr.components.Component)]
    return [block for block in found if not _only_shown(block) and not _of_endpoints(block)]


def _only_shown(block) -> bool:
    html = isinstance(block, gr.HTML) and not isinstance(block, Part)
    plays = getattr(block, "interactive", None) is False and not isinstance(block, BUTTONS)
    return html or plays or isinstance(block, SHOWN)


def _of_endpoints(block) -> bool:
    while block is not None:
        if block.visible is False and block.elem_id is None:
            return True
        block = block.parent
    return False


def functions(file: str) -> dict[str, str]:
    """Source of every function of a test file, by its name."""
    text = (HERE / file).read_text("utf-8")
    found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    return {node.name: ast.get_source_segment(text, node) for node in found}


def test_every_control_is_turned_by_a_test(page):
    there = controls(page)
    turned = {control for tests in TURNED_BY.values() for names in tests.values() for control in names}
    assert [block for block in there if block.elem_id is None] == []
    assert {block.elem_id for block in there} == turned
    assert len(there) == len(turned)


def test_every_control_is_read_by_a_handler_or_starts_one(page):
    used = set()
    for handler in page.fns.values():
        used |= {block._id for block in handler.inputs} | {target for target, _ in handler.targets}
    idle = [block for block in controls(page) if block._id not in used]
    idle = [block.elem_id for block in idle if not isinstance(block, gr.DownloadButton)]
    assert idle == ["player"]  # it plays what it is given, and nothing goes back


@pytest.mark.parametrize("file", TURNED_BY)
def test_who_is_said_to_turn_a_control_speaks_of_it(file):
    sources = functions(file)
    for test, names in TURNED_BY[file].items():
        for control in names:
            plain, family = control.removeprefix("get-"), control.rsplit("-", 1)[0]
            ways = (f"#{control}", f'"{control}"', f'"{plain}"', f"{control.replace('-', '_')}=", f"#{family}-{{")
            assert any(way in sources[test] for way in ways), f"{test} says nothing of {control}"


@pytest.mark.parametrize("part", INSIDE)
def test_every_button_and_field_inside_a_part_is_turned(part):
    from a2s.ui import parts

    html = (Path(parts.__file__).parent / part).read_text("utf-8")
    tests = "".join((HERE / file).read_text("utf-8") for file in INSIDE[part])
    inside = re.findall(r'(data-(?:do|field|set|sound))="(\w+)"', html)
    plain = len(re.findall(r"<(?:button|input|select)\b", html)) - len(inside)
    assert plain == html.count('class="pad"')  # a finger's pad is the one button without a name
    for attribute, name in inside:
        named = f"[{attribute}={name}]" in tests or (f'"{name}"' in tests and f"[{attribute}={{" in tests)
        assert named, f"nothing turns {attribute}={name}"
