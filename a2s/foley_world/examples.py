"""The example clips that come with the page: `python -m a2s.foley_world.examples -o assets/examples`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from a2s.foley_world.picture import render_frames
from a2s.foley_world.plan import make_plan
from a2s.media import encode_frames

EXAMPLES = {
    "chopping": (500_007, "Chopping in a cafe"),
    "knocking": (500_025, "Knocking on metal in a forest"),
    "scraping": (500_144, "Scraping a metal dish at home"),
    "splashing": (500_103, "Something falls into water"),
}
"""Seeds that no training uses: data sets have their own millions."""

SECONDS = 6.0
ZOOM = 3


def render_examples(out: Path) -> list[Path]:
    """Write each example as a silent mp4, 576 px wide, with its caption and licence beside it."""
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for name, (seed, caption) in EXAMPLES.items():
        picture = render_frames(make_plan(seed, SECONDS), ZOOM)
        encode_frames(out / f"{name}.mp4", picture.frames(), picture.fps)
        about = {"name": caption, "author": "a2s", "licence": "CC0-1.0", "seed": seed}
        (out / f"{name}.json").write_text(json.dumps(about, indent=1) + "\n")
        written.append(out / f"{name}.mp4")
    return written


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--out", type=Path, required=True)
    print(*render_examples(parser.parse_args().out), sep="\n")
