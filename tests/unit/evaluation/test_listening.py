from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from a2s.errors import BadAnswers
from a2s.evaluation.listening import compare_stats

ROOT = Path(__file__).parents[3]


def prefer(answer, question="prefer", first="a", second="b"):
    return {"first": first, "second": second, "question": question, "answer": answer}


def abx(answer, truth):
    return {"first": "a", "second": "b", "question": "abx", "answer": answer, "truth": truth}


def test_a_share_and_its_wilson_interval():
    """8 of 10: 0.4902 to 0.9433 (Wilson 1927, z = 1.96)."""
    (found,) = compare_stats([prefer("first")] * 8 + [prefer("second")] * 2 + [prefer("neither")] * 3)["preferences"]
    assert (found["first_wins"], found["second_wins"], found["undecided"]) == (8, 2, 3)
    assert found["share"] == 0.8 and found["interval"] == pytest.approx([0.4902, 0.9433], abs=1e-4)
    assert found["p"] == pytest.approx(2 * 56 / 1024, abs=1e-6)


def test_abx_is_tested_against_guessing():
    """9 of 10 by guessing: 11 of 1024."""
    answers = [abx("first", "first")] * 5 + [abx("second", "second")] * 4 + [abx("first", "second")]
    (found,) = compare_stats(answers)["abx"]
    assert (found["right"], found["trials"]) == (9, 10) and found["p"] == pytest.approx(11 / 1024, abs=1e-6)


def test_a_reversed_pair_is_the_same_pair():
    (found,) = compare_stats([prefer("first"), prefer("second", first="b", second="a")])["preferences"]
    assert (found["first"], found["first_wins"], found["second_wins"]) == ("a", 2, 0)


def test_questions_and_pairs_are_separate():
    found = compare_stats([prefer("first", "action"), prefer("first", "noise"), prefer("first", second="c")])
    assert len(found["preferences"]) == 3 and found["abx"] == []


def test_a_name_on_two_clips_is_two_sounds():
    answers = [prefer(said) | {"clip": clip} for clip, said in (("x", "first"), ("x", "first"), ("y", "second"))]
    found = compare_stats(answers)["preferences"]
    assert [(each["clip"], each["first_wins"], each["second_wins"]) for each in found] == [("x", 2, 0), ("y", 0, 1)]


def test_undecided_answers_have_no_share():
    (found,) = compare_stats([prefer("neither")])["preferences"]
    assert found["share"] is None and found["interval"] is None


@pytest.mark.parametrize(
    "answers",
    [
        "first",
        [7],
        [prefer("a")],
        [prefer("first") | {"clip": 7}],
        [prefer("first", "loudness")],
        [prefer("first", [])],
        [prefer("first", first="b")],
        [prefer("first", first=None)],
        [abx("neither", "first")],
        [abx("first", "")],
    ],
)
def test_invalid_answers_are_refused(answers):
    with pytest.raises(BadAnswers):
        compare_stats(answers)


def test_the_page_needs_no_package_of_the_eval_extra():
    """The compare tab imports these statistics, and an installation for the page lacks the packages of `eval`."""
    blocked = "import sys; sys.modules |= dict.fromkeys(('mir_eval', 'sklearn', 'threadpoolctl'))"
    subprocess.run([sys.executable, "-c", f"{blocked}; import a2s.evaluation.listening"], check=True, cwd=ROOT)
