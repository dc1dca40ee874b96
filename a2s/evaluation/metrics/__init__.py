"""The metrics, one module each, all computed from the generated waveforms.

How to add a metric:

1. Write a module `a2s/evaluation/metrics/NAME.py` with the names of `a2s.evaluation.metrics.base.Metric`: `VERSION`,
   `LIBRARIES`, and `measure(inputs)`, which returns a dict of figures from `MetricInputs`. Give the source (paper,
   equation), the unit and the range of each figure in its docstring. `a2s.evaluation.statistics` has estimates with
   95 % intervals.
2. Add it to `METRICS` below. `a2s evaluate` now computes it for every experiment, caches it, and writes it to
   `report.json` under the name of its entry.
3. For a column in `report.md`, add a `Column` to `a2s.evaluation.report.COLUMNS`. For a check against an expectation,
   add an `Expectation` to `a2s.evaluation.expectations.EXPECTATIONS`.
4. Test it in `tests/unit/evaluation/metrics/test_NAME.py`, on inputs with a known result.

When a change alters figures, raise `VERSION` of the module: cached results of the old version are then not read.
"""

from __future__ import annotations

from a2s.evaluation.metrics import (
    ambience,
    classes,
    frechet,
    onsets,
    place,
    residual_ambience,
    similarity,
    sync,
    text_similarity,
)
from a2s.evaluation.metrics.base import Metric

METRICS: dict[str, Metric] = {
    "fad": frechet,
    "sync": sync,
    "place": place,
    "onsets": onsets,
    "classes": classes,
    "similarity": similarity,
    "text_similarity": text_similarity,
    "ambience": ambience,
    "residual": residual_ambience,
}
"""Metric by the name of its figures in `report.json`."""
