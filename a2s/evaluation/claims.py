"""What the paper leads to expect of the rows, held against what came. A claim that fails is said to fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

FAD = "judge"
"""The embedding that claims go by: its model learned from none of the sound that the examined ones learned from."""


@dataclass(frozen=True)
class Claim:
    """better, worse: names of rows. figure: of a row. margin: by which better's figure less worse's must be above."""

    text: str
    better: str
    worse: str
    figure: Callable[[dict], float | None]
    margin: float = 0.0
    digits: int = 3


def _fad(row: dict) -> float | None:
    value = row["fad"].get(FAD, {}).get("infinity", {}).get("value")
    return None if value is None else -value


def _f1(row: dict) -> float:
    return row["onsets_100ms"]["f1"]


def _sync(row: dict) -> float | None:
    return row["sync"]["value"] if row["sync"] else None


def _quiet(row: dict) -> float | None:
    return -row["ambient"]["db"]["value"]


CLAIMS = (
    Claim("AV-LDM is nearer to true sound than retrieval only (FAD)", "av-ldm", "retrieval", _fad),
    Claim("AV-LDM is more in time than retrieval only (onset F1)", "av-ldm", "retrieval", _f1),
    Claim("AV-LDM is more in sync than retrieval only (judge)", "av-ldm", "retrieval", _sync),
    Claim("a retrieved condition beats a random one (FAD)", "av-ldm", "av-ldm-random", _fad),
    Claim("the whole pool beats 100 windows (FAD)", "av-ldm", "pool-100", _fad),
    Claim("the vocoder beats Griffin-Lim (FAD)", "av-ldm", "griffin-lim", _fad),
    Claim("trained alike: a neighbour as condition beats none (FAD)", "short-full", "short-no-neighbour", _fad),
    Claim("trained alike: a neighbour as condition beats none (onset F1)", "short-full", "short-no-neighbour", _f1),
    Claim("the same with true cues (onset F1)", "short-full+cues", "short-no-neighbour+cues", _f1),
    Claim("trained alike: it beats denoised training (FAD)", "short-full", "short-denoised", _fad),
    Claim("trained alike: it beats the Diff-Foley-like model (FAD)", "short-full", "short-diff-foley", _fad),
    Claim("trained alike: it beats the Diff-Foley-like model (onset F1)", "short-full", "short-diff-foley", _f1),
    Claim("low-ambient: at least 10 dB less ambience, dB", "av-ldm-low", "av-ldm", _quiet, 10, 1),
    Claim("low-ambient: onset F1 falls by no more than 0.05", "av-ldm-low", "av-ldm", _f1, -0.05),
    Claim("low-ambient, true cues: at least 10 dB less, dB", "av-ldm-low+cues", "av-ldm+cues", _quiet, 10, 1),
    Claim("low-ambient, true cues: onset F1 falls by no more than 0.05", "av-ldm-low+cues", "av-ldm+cues", _f1, -0.05),
)


def claims(rows: dict[str, dict]) -> list[str]:
    """A markdown table; claims about rows or figures that weren't made are left out."""
    lines = ["| claim | one | other | |", "|---|---|---|---|"]
    for claim in CLAIMS:
        if claim.better not in rows or claim.worse not in rows:
            continue
        better, worse = claim.figure(rows[claim.better]), claim.figure(rows[claim.worse])
        if better is None or worse is None:
            continue
        holds = "holds" if better - worse > claim.margin else "**fails**"
        lines.append(f"| {claim.text} | {abs(better):.{claim.digits}f} | {abs(worse):.{claim.digits}f} | {holds} |")
    return lines
