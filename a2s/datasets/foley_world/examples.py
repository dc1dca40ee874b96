"""The example clips of the page. `a2s world examples -o assets/examples` renders them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from a2s.datasets.foley_world.picture import Picture, render_frames
from a2s.datasets.foley_world.plan import Plan, make_plan
from a2s.media import encode_frames


@dataclass(frozen=True)
class Example:
    """seed: of a video outside the training data. poster: time in s of its still picture."""

    seed: int
    caption: str
    poster: float

    @property
    def plan(self) -> Plan:
        """The plan of the clip."""
        return make_plan(self.seed, SECONDS)


EXAMPLES = {
    "chopping": Example(555_205, "Chopping on a board in a kitchen", 1.0),
    "hammering": Example(616_104, "A hammer on metal in a workshop", 1.0),
    "knocking": Example(542_256, "Knocking on a door at home", 1.0),
    "scraping": Example(551_462, "Scraping a metal plate in a bathroom", 1.0),
    "splashing": Example(559_713, "Stones fall into water by a river", 1.0),
    "walking": Example(552_977, "Steps on stone by the sea", 1.0),
}
"""Selected among thousands of seeds for a clear picture and well detected cues. They are best cases."""

SECONDS = 6.0
"""Length of a clip."""

ZOOM = 4
"""Factor on the size of a training picture."""

ENCODER_OPTIONS = {"crf": "27", "preset": "veryslow"}
"""Options of x264: 768 by 432 pixels in a few hundred kB."""

POSTER_SIZE = (320, 180)
POSTER_QUALITY = 82


def render_examples(out: Path) -> list[Path]:
    """Write each example as a silent mp4, a poster (jpg) and its caption and licence (json). Returns the mp4 files."""
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for name, example in EXAMPLES.items():
        path = out / f"{name}.mp4"
        poster = write_video(path, render_frames(example.plan, ZOOM), example.poster)
        write_poster(path.with_suffix(".jpg"), poster)
        about = {"name": example.caption, "author": "a2s", "licence": "CC0-1.0", "seed": example.seed}
        path.with_suffix(".json").write_text(json.dumps(about, indent=1) + "\n")
        written.append(path)
    return written


def write_video(path: Path, picture: Picture, poster_time: float) -> np.ndarray:
    """Encode a picture in few bytes. Returns its frame at `poster_time` s, or its last, uint8 (height, width, 3)."""
    frames = list(picture.frames())
    encode_frames(path, frames, picture.fps, ENCODER_OPTIONS)
    return next((rgb for time, rgb in reversed(frames) if time <= poster_time), frames[0][1])


def write_poster(path: Path, rgb: np.ndarray) -> None:
    """A small jpg of a frame, uint8 (height, width, 3)."""
    small = cv2.resize(rgb, POSTER_SIZE, interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(path), cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, POSTER_QUALITY])
