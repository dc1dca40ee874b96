"""The report of a curation: how many clips each stage left out, with examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from a2s.datasets.curation.stages import STAGES

EXAMPLES = 5
"""Examples of each stage that a report lists."""


@dataclass
class Counts:
    """Clips by stage. examples: by stage, of (video, start in s, value)."""

    candidates: int = 0
    kept: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[tuple[str, float, str]]] = field(default_factory=dict)

    def leave_out(self, stage: str, video: str, start: float, value: str, times: int = 1) -> None:
        """Count one clip, or `times` of them, that a stage leaves out."""
        self.candidates += times
        self.left_out[stage] += times
        listed = self.examples.setdefault(stage, [])
        if len(listed) < EXAMPLES:
            listed.append((video, round(start, 3), value))

    def keep(self) -> None:
        """Count a clip that passes all stages."""
        self.candidates += 1
        self.kept += 1

    def add(self, other: Counts) -> None:
        """Add the counts of another video."""
        self.candidates += other.candidates
        self.kept += other.kept
        self.left_out.update(other.left_out)
        for stage, examples in other.examples.items():
            listed = self.examples.setdefault(stage, [])
            listed.extend(examples[: EXAMPLES - len(listed)])

    def to_dict(self) -> dict[str, Any]:
        """JSON values; stages in order, with what remained after each."""
        remaining, stages = self.candidates, []
        for stage in STAGES:
            remaining -= self.left_out[stage]
            stages.append(
                {
                    "stage": stage,
                    "left_out": self.left_out[stage],
                    "remaining": remaining,
                    "examples": [list(example) for example in self.examples.get(stage, [])],
                }
            )
        return {"candidates": self.candidates, "kept": self.kept, "stages": stages}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Counts:
        """Read what `to_dict` wrote."""
        stages = values["stages"]
        return cls(
            values["candidates"],
            values["kept"],
            Counter({each["stage"]: each["left_out"] for each in stages if each["left_out"]}),
            {each["stage"]: [tuple(one) for one in each["examples"]] for each in stages if each["examples"]},
        )


def markdown(counts: Counts, videos: int, skipped: Iterable[tuple[str, int]]) -> str:
    """The report for a reader. videos: number of videos. skipped: (reason, count) of files that could not be read."""
    share = counts.kept / counts.candidates if counts.candidates else 0.0
    lines = [
        "# Curation", "", f"{videos} videos, {counts.candidates} candidates of 3 s, {counts.kept} kept ({share:.1%}).",
        "", "| stage | left out | remaining |", "|---|---|---|",
    ]  # fmt: skip
    stages = counts.to_dict()["stages"]
    lines += [f"| {each['stage']} | {each['left_out']} | {each['remaining']} |" for each in stages]
    for each in stages:
        if each["examples"]:
            lines += ["", f"## {each['stage'].capitalize()}", "", "| video | start | value |", "|---|---|---|"]
            lines += [f"| {video} | {start:.2f} s | {value} |" for video, start, value in each["examples"]]
    listed = [f"| {reason} | {count} |" for reason, count in skipped]
    if listed:
        lines += ["", "## Files that could not be read", "", "| reason | files |", "|---|---|", *listed]
    return "\n".join(lines) + "\n"
