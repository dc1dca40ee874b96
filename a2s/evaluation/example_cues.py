"""Compare the detected cues of the example clips with their true events. `a2s world examples --check` runs it."""

from __future__ import annotations

from pathlib import Path

from a2s.audio.onset_scores import onset_f1
from a2s.datasets.foley_world.examples import EXAMPLES
from a2s.dubbing.analysis import analyze_motion, find_cues


def check_examples(folder: Path, model: str = "compact") -> list[str]:
    """One line per example clip in `folder`: onset F1, and how many cues have the right action and material.

    model: its AV-Sim names the cues.
    """
    lines = []
    for name, example in EXAMPLES.items():
        cues, events = find_cues(analyze_motion(folder / f"{name}.mp4"), model).cues, example.plan.events
        score = onset_f1([cue.time for cue in cues], [event.time for event in events])
        actions, materials = {event.action for event in events}, {event.material for event in events}
        named = sum(cue.action in actions for cue in cues), sum(cue.material in materials for cue in cues)
        lines.append(
            f"{name:<10} onset F1 {score.f1:.2f} ({score.tp} of {len(events)} found, {score.fp} false);"
            f" of {len(cues)} cues {named[0]} with the right action, {named[1]} with the right material"
        )
    return lines
