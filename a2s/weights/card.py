"""The card of an imported model: its content, origin and licence."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from a2s.weights.verification import CHECKSUMS

VOCODERS = {
    "authors": "The authors' HiFi-GAN.",
    "compact": (
        "**Not the authors'.** HiFi-GAN's weights were not among the files (they were never released). The vocoder of"
        " a2s compact replaces it; it was trained on mel spectrograms of the same specification. The difference in"
        " sound has not been measured."
    ),
}


def write_card(folder: Path, facts: dict[str, Any]) -> Path:
    """Write `README.md` of a model folder that has its checksums. facts: as `origin_of` returns them."""
    results = json.loads((folder / CHECKSUMS).read_text())
    text = CARD.format(
        dtype=facts["dtype"],
        origin=_origin(facts),
        licence=facts["licence"] or "not stated at the origin; ask the authors before you publish anything",
        vocoder=VOCODERS[facts["vocoder"]],
        sources=_table((entry["file"], entry["bytes"], entry["sha256"]) for entry in facts["sources"]),
        results=_table((name, (folder / name).stat().st_size, digest) for name, digest in results.items()),
    )
    path = folder / "README.md"
    path.write_text(text)
    return path


def _origin(facts: dict[str, Any]) -> str:
    if facts["repository"]:
        return f"https://huggingface.co/{facts['repository']}, commit `{facts['commit']}`"
    return "local files"


def _table(rows: Iterable[tuple[str, int, str]]) -> str:
    return "\n".join(f"| `{name}` | {size} | `{digest}` |" for name, size, digest in rows)


CARD = """---
library_name: diffusers
tags: [video-to-audio, foley, latent-diffusion]
---

# Action2Sound AV-LDM, imported

The weights of *Action2Sound: Ambient-Aware Generation of Action Sounds from Egocentric Videos* (Chen et al., ECCV
2024), renamed and stored as {dtype} safetensors in diffusers' layout. Nothing was trained or tuned.

- Origin: {origin}.
- Licence: {licence}.
- Vocoder: {vocoder}
- Not included: the tables of the noise schedule, which are compared with the sampler's, and the image classifier heads
  of the audio tower, which the model does not use. All other weights of the sources are included.
- The model takes no cues; it follows the picture alone.

## Sources

| file | bytes | sha256 |
|---|---|---|
{sources}

## Results

`a2s weights verify` compares the files with these digests.

| file | bytes | sha256 |
|---|---|---|
{results}
"""
