"""The example clips of the page. `python -m a2s.datasets.foley_world.examples -o assets/examples` renders them.

With `--check` also says how well the cues that the machine sees in each clip meet what happens in it.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from a2s.datasets.foley_world.picture import Picture, render_frames
from a2s.datasets.foley_world.plan import Plan, make_plan
from a2s.media.encode import ENCODED_TICKS, add_h264, open_mp4, prepare


@dataclass(frozen=True)
class Example:
    """seed: a world that no training uses; data sets have their own millions. poster: s, when the still is taken."""

    seed: int
    caption: str
    poster: float

    @property
    def plan(self) -> Plan:
        return make_plan(self.seed, SECONDS)


EXAMPLES = {
    "chopping": Example(555_205, "Chopping on a board in a kitchen", 1.0),
    "hammering": Example(616_104, "A hammer on metal in a workshop", 1.0),
    "knocking": Example(542_256, "Knocking on a door at home", 1.0),
    "scraping": Example(551_462, "Scraping a metal plate in a bathroom", 1.0),
    "splashing": Example(559_713, "Stones fall into water by a river", 1.0),
    "walking": Example(552_977, "Steps on stone by the sea", 1.0),
}
"""Chosen among thousands of seeds for a clear picture, and for cues that are found well: they show what can be had."""

SECONDS = 6.0
ZOOM = 4
CODING = {"crf": "27", "preset": "veryslow"}
"""For 768 by 432 pixels in a few hundred kB."""

POSTER_SIZE = (320, 180)
POSTER_QUALITY = 82


def render_examples(out: Path) -> list[Path]:
    """Write each example as a silent mp4, with a poster (jpg) and its caption and licence (json) beside it."""
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for name, example in EXAMPLES.items():
        path = out / f"{name}.mp4"
        still = write_video(path, render_frames(example.plan, ZOOM), example.poster)
        write_poster(path.with_suffix(".jpg"), still)
        about = {"name": example.caption, "author": "a2s", "licence": "CC0-1.0", "seed": example.seed}
        path.with_suffix(".json").write_text(json.dumps(about, indent=1) + "\n")
        written.append(path)
    return written


def write_video(path: Path, picture: Picture, at: float) -> np.ndarray:
    """Encode a picture small; returns its frame at `at` s, or its last, uint8 (height, width, 3)."""
    still = None
    with open_mp4(path) as out:
        stream = None
        for time, rgb in picture.frames():
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
            if stream is None:
                stream = add_h264(out, frame, Fraction(picture.fps).limit_denominator(1001))
                stream.codec_context.options = stream.codec_context.options | CODING
            out.mux(stream.encode(prepare(frame, stream, round(time / ENCODED_TICKS))))
            still = rgb if still is None or time <= at else still
        out.mux(stream.encode())
    return still


def write_poster(path: Path, rgb: np.ndarray) -> None:
    """A small jpg of a frame, uint8 (height, width, 3)."""
    small = cv2.resize(rgb, POSTER_SIZE, interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(path), cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, POSTER_QUALITY])


def check_examples(out: Path) -> list[str]:
    """A line for each example: F1 of the cues' times within 0.1 s, how many are rightly named, against the truth."""
    from a2s.audio.onset_scores import onset_f1
    from a2s.dubbing.analysis import analyze_motion, find_cues

    lines = []
    for name, example in EXAMPLES.items():
        cues, events = find_cues(analyze_motion(out / f"{name}.mp4")).cues, example.plan.events
        score = onset_f1([cue.time for cue in cues], [event.time for event in events])
        acts, stuffs = {event.action for event in events}, {event.material for event in events}
        named = sum(cue.action in acts for cue in cues), sum(cue.material in stuffs for cue in cues)
        lines.append(
            f"{name:<10} F1 {score.f1:.2f} ({score.tp} of {len(events)} met, {score.fp} too many);"
            f" of {len(cues)} cues {named[0]} with the right action, {named[1]} with the right material"
        )
    return lines


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--check", action="store_true", help="compare the machine's cues with the truth")
    flags = parser.parse_args()
    print(*render_examples(flags.out), sep="\n")
    if flags.check:
        print(*check_examples(flags.out), sep="\n")
