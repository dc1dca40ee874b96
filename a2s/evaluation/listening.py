"""Statistics of listening tests: which of two sounds people prefer, and whether they can distinguish them.

A preference is a blind pair with three questions, as in the study of Action2Sound (section 4, human evaluation). An ABX
trial adds a third sound that is one of the two, and asks which.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, TypeGuard

from scipy.stats import binomtest

from a2s.errors import BadAnswers

Figures: TypeAlias = dict[str, Any]
"""Results by name, ready for JSON. Hence `Any`."""

QUESTIONS = {
    "action": "Which has the better action sounds?",
    "noise": "Which has less ambient noise?",
    "prefer": "Which do you prefer?",
}
"""Asked of every blind pair."""

ABX = "abx"
"""The question of an ABX trial: which of the two was X?"""

SIDES = ("first", "second")
NEITHER = "neither"
MAX_ANSWERS = 20_000


def compare_stats(answers: Sequence[dict[str, Any]]) -> Figures:
    """Evaluate answers. Each is a dict:

    first, second: names of the sounds. question: a key of QUESTIONS, or ABX. answer: "first" or "second"; for a
    preference also "neither". truth: for ABX, "first" or "second". clip: in a study of several clips, the name of the
    clip; the same sound name on two clips is two sounds.

    Returns {"preferences": [...], "abx": [...]} with one entry per clip, pair and question. A preference counts answers
    other than "neither": `share` is that of `first` among them, in [0, 1], with its 95 % Wilson interval; `p`
    (two-sided, binomial) tests it against one half. ABX gives the share of right answers, its interval, and `p`
    (one-sided) of as many right answers by guessing. Raises BadAnswers.
    """
    if not isinstance(answers, (list, tuple)) or len(answers) > MAX_ANSWERS:
        raise BadAnswers(f"Answers must be a list of at most {MAX_ANSWERS}.")
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for number, answer in enumerate(answers, 1):
        checked = _checked(answer, number)
        groups[tuple(checked[key] for key in ("question", "clip", "first", "second"))].append(checked)
    found: dict[str, list[Figures]] = {"preferences": [], "abx": []}
    for (question, clip, first, second), group in groups.items():
        pair = {"first": first, "second": second} | ({"clip": clip} if clip else {})
        if question == ABX:
            found["abx"].append(pair | _abx(group))
        else:
            found["preferences"].append(pair | {"question": question} | _preference(group))
    return found


def _preference(group: list[dict[str, Any]]) -> Figures:
    wins, losses = (sum(answer["answer"] == side for answer in group) for side in SIDES)
    return {
        "first_wins": wins,
        "second_wins": losses,
        "undecided": len(group) - wins - losses,
    } | _binomial(wins, wins + losses, "two-sided")


def _abx(group: list[dict[str, Any]]) -> Figures:
    right = sum(answer["answer"] == answer["truth"] for answer in group)
    return {"right": right, "trials": len(group)} | _binomial(right, len(group), "greater")


def _binomial(successes: int, trials: int, alternative: Literal["two-sided", "greater"]) -> Figures:
    """share, its 95 % Wilson interval, and p against one half; all None without a trial."""
    if not trials:
        return {"share": None, "interval": None, "p": None}
    test = binomtest(successes, trials, 0.5, alternative)
    interval = binomtest(successes, trials).proportion_ci(0.95, "wilson")
    return {
        "share": round(successes / trials, 4),
        "interval": [round(float(interval.low), 4), round(float(interval.high), 4)],
        "p": round(float(test.pvalue), 6),
    }


def _checked(answer: object, number: int) -> dict[str, Any]:
    """A valid answer with its pair in alphabetical order, so that a reversed pair is the same pair."""
    if not isinstance(answer, dict):
        raise BadAnswers(f"Answer {number} is not an object.")
    first, second = (answer.get(side) for side in SIDES)
    if not (_is_name(first) and _is_name(second)) or first == second:
        raise BadAnswers(f"Answer {number} must name two different sounds in first and second.")
    clip = answer.get("clip") or ""
    if clip and not _is_name(clip):
        raise BadAnswers(f"Answer {number} must have no clip, or a name of at most 200 characters.")
    question, chosen = answer.get("question"), answer.get("answer")
    truth = answer.get("truth") if question == ABX else None
    if question not in (*QUESTIONS, ABX):
        raise BadAnswers(f"Answer {number} has no valid question. The questions are {', '.join(QUESTIONS)} and {ABX}.")
    if chosen not in (SIDES if question == ABX else (*SIDES, NEITHER)):
        raise BadAnswers(f"Answer {number} must be first or second, or neither for a preference.")
    if question == ABX and truth not in SIDES:
        raise BadAnswers(f"Answer {number} must have first or second as truth.")
    if first > second:
        first, second = second, first
        reversed_sides: dict[object, str] = dict(zip(SIDES, reversed(SIDES), strict=True))
        chosen, truth = reversed_sides.get(chosen, chosen), reversed_sides.get(truth, truth)
    pair = {"clip": clip, "first": first, "second": second}
    return pair | {"question": question, "answer": chosen, "truth": truth}


def _is_name(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and 0 < len(value) <= 200
