from __future__ import annotations

from worlds import Oracle

from a2s.evaluation.headline import headline
from a2s.evaluation.judge import Judge
from a2s.evaluation.world_suite import examine_world


def test_every_figure_has_a_line(worlds_folder):
    world = examine_world(Oracle(), worlds_folder, Judge().eval(), 4, 1, slider_clips=2, told=lambda _: None)
    lines = headline({"world": world})
    text = "\n".join(lines)
    for word in (
        "true_cues",
        "automatic_cues",
        "amount: Spearman",
        "swap:",
        "VAE:",
        "vocoder on worlds",
        "recall_at_1",
    ):
        assert word in text
    assert f"{world['rows']['true']['onsets_100ms']['f1']:.2f}" in text


def test_nothing_examined_says_nothing():
    assert headline({"model": "x"}) == []
