"""What the paper predicts about the experiments, compared with the figures. A failed expectation is reported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from a2s.evaluation.statistics import Figures

EMBEDDING = "judge"
"""The embedding for Frechet distances: its model learned from no audio that the evaluated models learned from."""


@dataclass(frozen=True)
class Expectation:
    """That the figure of experiment `better` is better than that of `worse`, by more than `margin`.

    figure: of the figures of an experiment, with its value and interval. sign: -1 where lower is better.
    """

    text: str
    better: str
    worse: str
    figure: Callable[[Figures], Figures | None]
    sign: int = 1
    margin: float = 0.0
    digits: int = 3


def _fad(figures: Figures) -> Figures | None:
    return figures["fad"].get(EMBEDDING, {}).get("infinity")


def _f1(figures: Figures) -> Figures:
    return figures["onsets"]["100ms"] | {"value": figures["onsets"]["100ms"]["f1"]}


def _sync(figures: Figures) -> Figures | None:
    return figures["sync"]


def _ambient_level(figures: Figures) -> Figures:
    return figures["ambience"]["level_db"]


def _place(figures: Figures) -> Figures | None:
    return figures.get("place")


def _ambient_error(figures: Figures) -> Figures | None:
    return figures["ambience"].get("error_db")


EXPECTATIONS = (
    Expectation("AV-LDM is closer to true audio than retrieval only (FAD)", "av-ldm", "retrieval", _fad, -1),
    Expectation("the same with both through VAE and vocoder (FAD)", "av-ldm", "retrieval-coded", _fad, -1),
    Expectation("AV-LDM has better timing than retrieval only (onset F1)", "av-ldm", "retrieval", _f1),
    Expectation("AV-LDM is more often in sync than retrieval only (judge)", "av-ldm", "retrieval", _sync),
    Expectation("a retrieved condition beats a random one (FAD)", "av-ldm", "av-ldm-random", _fad, -1),
    Expectation("a neighbour as condition beats a random one (FAD)", "av-ldm-neighbour", "av-ldm-random", _fad, -1),
    Expectation("a retrieved condition beats a zero latent (FAD)", "av-ldm", "av-ldm-zero", _fad, -1),
    Expectation(
        "a retrieved condition reproduces the place more often than a random one", "av-ldm", "av-ldm-random", _place
    ),
    Expectation("a neighbour reproduces the place more often than none", "av-ldm-neighbour", "av-ldm-zero", _place),
    Expectation("the whole pool beats 100 windows (FAD)", "av-ldm", "pool-100", _fad, -1),
    Expectation("the vocoder beats Griffin-Lim (FAD)", "av-ldm", "griffin-lim", _fad, -1),
    Expectation("short training: a neighbour beats none (FAD)", "short-neighbour", "short-no-neighbour", _fad, -1),
    Expectation("short training: it reproduces the place more often", "short-neighbour", "short-no-neighbour", _place),
    Expectation(
        "short training: and its level (error in dB)",
        "short-neighbour",
        "short-no-neighbour",
        _ambient_error,
        sign=-1,
        digits=1,
    ),
    Expectation("short training: retrieval beats none (FAD)", "short-full", "short-no-neighbour", _fad, -1),
    Expectation("short training: retrieval beats none (onset F1)", "short-full", "short-no-neighbour", _f1),
    Expectation("the same with true cues (onset F1)", "short-full+cues", "short-no-neighbour+cues", _f1),
    Expectation("short training: it beats denoised training (FAD)", "short-full", "short-denoised", _fad, -1),
    Expectation("short training: it beats the Diff-Foley-like model (FAD)", "short-full", "short-diff-foley", _fad, -1),
    Expectation("short training: it beats the Diff-Foley-like model (onset F1)", "short-full", "short-diff-foley", _f1),
    *(
        expectation
        for name, suffix in (("low-ambient", ""), ("low-ambient, true cues", "+cues"))
        for expectation in (
            Expectation(
                f"{name}: at least 10 dB less ambience",
                f"av-ldm-low{suffix}",
                f"av-ldm{suffix}",
                _ambient_level,
                sign=-1,
                margin=10,
                digits=1,
            ),
            Expectation(
                f"{name}: onset F1 decreases by at most 0.05",
                f"av-ldm-low{suffix}",
                f"av-ldm{suffix}",
                _f1,
                margin=-0.05,
            ),
        )
    ),
)


def check_expectations(experiments: Mapping[str, Figures]) -> list[str]:
    """A markdown table. Expectations about missing experiments or figures are skipped."""
    lines = ["| expectation | better | worse | |", "|---|---|---|---|"]
    for each in EXPECTATIONS:
        if each.better not in experiments or each.worse not in experiments:
            continue
        better, worse = each.figure(experiments[each.better]), each.figure(experiments[each.worse])
        if not better or not worse or better["value"] is None or worse["value"] is None:
            continue
        values = (f"{figure['value']:.{each.digits}f}" for figure in (better, worse))
        lines.append("| " + " | ".join([each.text, *values, outcome(each, better, worse)]) + " |")
    return lines


def outcome(expectation: Expectation, better: Figures, worse: Figures) -> str:
    """ "passed" or "**failed**". Without a margin, overlapping intervals are mentioned: chance may have decided."""
    passed = expectation.sign * (better["value"] - worse["value"]) > expectation.margin
    result = "passed" if passed else "**failed**"
    intervals = better.get("interval"), worse.get("interval")
    if expectation.margin or intervals[0] is None or intervals[1] is None:
        return result
    apart = intervals[0][0] > intervals[1][1] or intervals[1][0] > intervals[0][1]
    return result if apart else f"{result}, intervals overlap"
