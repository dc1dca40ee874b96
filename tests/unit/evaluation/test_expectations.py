from __future__ import annotations

from a2s.evaluation.expectations import check_expectations


def figures(fad: float | None, f1: float, db: float) -> dict:
    return {
        "fad": {"judge": {"infinity": {"value": fad}}},
        "onsets": {"100ms": {"f1": f1, "interval": [f1 - 0.05, f1 + 0.05]}},
        "sync": None,
        "ambience": {"level_db": {"value": db}, "error_db": {"value": -db / 10, "interval": [0, 9]}},
    }


def line_with(experiments: dict, text: str) -> str:
    return next(line for line in check_expectations(experiments) if text in line)


def test_an_expectation_passes_or_fails_with_both_figures():
    experiments = {"av-ldm": figures(1.0, 0.5, -30), "retrieval": figures(2.0, 0.6, -30)}
    assert line_with(experiments, "retrieval only (FAD)") == (
        "| AV-LDM is closer to true audio than retrieval only (FAD) | 1.000 | 2.000 | passed |"
    )
    assert line_with(experiments, "retrieval only (onset F1)").endswith(
        "| 0.500 | 0.600 | **failed**, intervals overlap |"
    )
    experiments["retrieval"] = figures(2.0, 0.3, -30)
    assert line_with(experiments, "retrieval only (onset F1)").endswith("| 0.500 | 0.300 | passed |")
    lines = check_expectations(experiments)
    assert not any("(judge)" in line or "random" in line for line in lines), "missing figures and experiments"


def test_margins_count():
    experiments = {"av-ldm": figures(1, 0.5, -30), "av-ldm-low": figures(1, 0.46, -41)}
    assert all("passed" in line_with(experiments, text) for text in ("10 dB less ambience", "0.05"))
    experiments["av-ldm-low"] = figures(1, 0.44, -39)
    assert all("failed" in line_with(experiments, text) for text in ("10 dB less ambience", "0.05"))


def test_an_expectation_without_a_figure_is_skipped():
    lines = check_expectations({"av-ldm": figures(None, 0, 0), "retrieval": figures(1, 0, 0)})
    assert not any("FAD" in line for line in lines)
