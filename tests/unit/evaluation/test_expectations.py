from __future__ import annotations

from a2s.evaluation.expectations import check_expectations
from a2s.evaluation.report import score_table, spread


def row(fad: float | None, f1: float, db: float) -> dict:
    return {
        "fad": {"judge": {"infinity": {"value": fad}}},
        "onsets_100ms": {"f1": f1, "interval": [f1 - 0.05, f1 + 0.05]},
        "sync": None,
        "ambient": {"db": {"value": db}, "off": {"value": -db / 10, "interval": [0, 9]}},
    }


def said(rows: dict, text: str) -> str:
    return next(line for line in check_expectations(rows) if text in line)


def test_a_claim_holds_or_fails_and_says_both_figures():
    rows = {"av-ldm": row(1.0, 0.5, -30), "retrieval": row(2.0, 0.6, -30)}
    assert said(rows, "retrieval only (FAD)") == (
        "| AV-LDM is nearer to true sound than retrieval only (FAD) | 1.000 | 2.000 | holds |"
    )
    assert said(rows, "retrieval only (onset F1)").endswith("| 0.500 | 0.600 | **fails**, intervals overlap |")
    rows["retrieval"] = row(2.0, 0.3, -30)
    assert said(rows, "retrieval only (onset F1)").endswith("| 0.500 | 0.300 | holds |")
    assert not any("judge)" in line or "random" in line for line in check_expectations(rows)), (
        "nothing is said of what isn't there"
    )


def test_margins_count():
    rows = {"av-ldm": row(1, 0.5, -30), "av-ldm-low": row(1, 0.46, -41)}
    assert "holds" in said(rows, "10 dB less ambience") and "holds" in said(rows, "0.05")
    rows["av-ldm-low"] = row(1, 0.44, -39)
    assert "fails" in said(rows, "10 dB less ambience") and "fails" in said(rows, "0.05")


def test_no_figure_is_no_claim():
    assert not any("FAD" in line for line in check_expectations({"av-ldm": row(None, 0, 0), "retrieval": row(1, 0, 0)}))


def test_numbers_are_shown_with_their_spread():
    assert spread({"value": 0.5, "interval": [0.4, 0.6]}, 100, 0) == "50 [40, 60]"
    assert spread(None) == spread({"value": None}) == "-"
    onsets = {"f1": 0.5, "interval": [0.4, 0.6], "chance": 0.2}
    cue = {
        "title": "clicks",
        "classes": {name: {"value": 0.7, "interval": None} for name in ("action", "material")},
        **{f"onsets_{ms}ms": onsets for ms in (50, 100, 150)},
    }
    lines = score_table({"cues-alone": cue})
    assert len(lines) == 3 and lines[2].count("|") == lines[0].count("|") and "0.50 [0.40, 0.60]" in lines[2]
