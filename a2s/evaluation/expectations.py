"""What the paper leads to expect of the rows, held against what came. A claim that fails is said to fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

FAD = "judge"
"""The embedding that claims go by: its model learned from none of the sound that the examined ones learned from."""


@dataclass(frozen=True)
class Expectation:
    """better, worse: names of rows. figure: of a row, with its value and interval. sign: -1 where less is better.

    margin: by which better's figure must be better than worse's.
    """

    text: str
    better: str
    worse: str
    figure: Callable[[dict], dict | None]
    sign: int = 1
    margin: float = 0.0
    digits: int = 3


def _fad(row: dict) -> dict | None:
    return row["fad"].get(FAD, {}).get("infinity")


def _f1(row: dict) -> dict:
    return row["onsets_100ms"] | {"value": row["onsets_100ms"]["f1"]}


def _sync(row: dict) -> dict | None:
    return row["sync"]


def _place(row: dict) -> dict:
    return row["ambient"]["db"]


def _kind(row: dict) -> dict | None:
    return row.get("place")


def _off(row: dict) -> dict | None:
    return row["ambient"].get("off")


CLAIMS = (
    Expectation("AV-LDM is nearer to true sound than retrieval only (FAD)", "av-ldm", "retrieval", _fad, -1),
    Expectation("the same where both went through VAE and vocoder (FAD)", "av-ldm", "retrieval-coded", _fad, -1),
    Expectation("AV-LDM is more in time than retrieval only (onset F1)", "av-ldm", "retrieval", _f1),
    Expectation("AV-LDM is more in sync than retrieval only (judge)", "av-ldm", "retrieval", _sync),
    Expectation("a retrieved condition beats a random one (FAD)", "av-ldm", "av-ldm-random", _fad, -1),
    Expectation("a neighbour as condition beats a random one (FAD)", "av-ldm-neighbour", "av-ldm-random", _fad, -1),
    Expectation("a retrieved condition beats a latent of zeros (FAD)", "av-ldm", "av-ldm-zero", _fad, -1),
    Expectation("a retrieved condition brings the place oftener than a random one", "av-ldm", "av-ldm-random", _kind),
    Expectation("a neighbour as condition brings it oftener than none", "av-ldm-neighbour", "av-ldm-zero", _kind),
    Expectation("the whole pool beats 100 windows (FAD)", "av-ldm", "pool-100", _fad, -1),
    Expectation("the vocoder beats Griffin-Lim (FAD)", "av-ldm", "griffin-lim", _fad, -1),
    Expectation("trained alike: a neighbour beats none (FAD)", "short-neighbour", "short-no-neighbour", _fad, -1),
    Expectation("trained alike: it brings the place oftener", "short-neighbour", "short-no-neighbour", _kind),
    Expectation("trained alike: and its level (dB off)", "short-neighbour", "short-no-neighbour", _off, -1, 0, 1),
    Expectation("trained alike: what is retrieved beats none (FAD)", "short-full", "short-no-neighbour", _fad, -1),
    Expectation("trained alike: what is retrieved beats none (onset F1)", "short-full", "short-no-neighbour", _f1),
    Expectation("the same with true cues (onset F1)", "short-full+cues", "short-no-neighbour+cues", _f1),
    Expectation("trained alike: it beats denoised training (FAD)", "short-full", "short-denoised", _fad, -1),
    Expectation("trained alike: it beats the Diff-Foley-like model (FAD)", "short-full", "short-diff-foley", _fad, -1),
    Expectation("trained alike: it beats the Diff-Foley-like model (onset F1)", "short-full", "short-diff-foley", _f1),
    Expectation("low-ambient: 10 dB less ambience or more", "av-ldm-low", "av-ldm", _place, -1, 10, 1),
    Expectation("low-ambient: onset F1 falls by 0.05 at most", "av-ldm-low", "av-ldm", _f1, 1, -0.05),
    Expectation(
        "low-ambient, true cues: 10 dB less ambience or more", "av-ldm-low+cues", "av-ldm+cues", _place, -1, 10, 1
    ),
    Expectation(
        "low-ambient, true cues: onset F1 falls by 0.05 at most", "av-ldm-low+cues", "av-ldm+cues", _f1, 1, -0.05
    ),
)


def check_expectations(rows: dict[str, dict]) -> list[str]:
    """A markdown table; claims about rows or figures that weren't made are left out."""
    lines = ["| claim | one | other | |", "|---|---|---|---|"]
    for claim in CLAIMS:
        if claim.better not in rows or claim.worse not in rows:
            continue
        one, other = claim.figure(rows[claim.better]), claim.figure(rows[claim.worse])
        if not one or not other or one["value"] is None or other["value"] is None:
            continue
        figures = (f"{figure['value']:.{claim.digits}f}" for figure in (one, other))
        lines.append("| " + " | ".join([claim.text, *figures, outcome(claim, one, other)]) + " |")
    return lines


def outcome(claim: Expectation, one: dict, other: dict) -> str:
    """Holds or fails; where no margin was asked for and the intervals meet, chance may have decided."""
    says = "holds" if claim.sign * (one["value"] - other["value"]) > claim.margin else "**fails**"
    spans = one.get("interval"), other.get("interval")
    if claim.margin or None in spans:
        return says
    return says if spans[0][0] > spans[1][1] or spans[1][0] > spans[0][1] else f"{says}, intervals overlap"
