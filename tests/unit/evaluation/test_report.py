from __future__ import annotations

import json

from a2s.evaluation.report import COLUMNS, estimate, score_table, write_report

ONSETS = {"f1": 0.5, "interval": [0.4, 0.6], "chance": 0.2}
CUES_ALONE = {
    "title": "clicks",
    "classes": {name: {"value": 0.7, "interval": None} for name in ("action", "material")},
    "onsets": {f"{ms}ms": ONSETS for ms in (50, 100, 150)},
}


def test_values_have_their_interval():
    assert estimate({"value": 0.5, "interval": [0.4, 0.6]}, 100, 0) == "50 [40, 60]"
    assert estimate(None) == estimate({"value": None}) == "-"


def test_a_table_has_a_cell_per_column_and_a_dash_for_a_missing_metric():
    head, _, line = score_table({"cues-alone": CUES_ALONE})
    assert head.count("|") == line.count("|") == 2 + len(COLUMNS)
    assert line.startswith("| clicks | - | 0.50 / **0.50 [0.40, 0.60]** / 0.50 | 0.20 | 0.70 | 0.70 | -")


def test_a_report_has_the_sections_of_its_suites(tmp_path):
    figures = {"model": "models/tiny", "clips": 4, "seed": 0, "retrieval": {"videos": 3, "recall_at_1": {"value": 0.5}}}
    write_report(figures, tmp_path)
    text = (tmp_path / "report.md").read_text()
    assert (
        text.startswith("# Evaluation of tiny")
        and "## Retrieval among 3 test videos" in text
        and "## Tables" not in text
    )
    assert json.loads((tmp_path / "report.json").read_text()) == figures
