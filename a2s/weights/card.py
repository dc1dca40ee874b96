"""The card of an imported model: what it is, where it came from, what stands in for what."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from a2s.weights.registry import CHECKSUMS

VOCODERS = {
    "authors": "The authors' HiFi-GAN, from the files given.",
    "compact": (
        "**Not the authors'.** HiFi-GAN's weights were not among the files given (they were never released), so the"
        " vocoder of a2s compact stands in for it, which was made for the same mel pictures. How the sound differs from"
        " theirs has not been measured."
    ),
}


def write_card(folder: Path, facts: dict) -> Path:
    """Write README.md. facts: as `registry.origin_of` returns them; the results' digests come from the checksums."""
    results = json.loads((folder / CHECKSUMS).read_text())
    text = CARD.format(
        dtype=facts["dtype"],
        where=_where(facts),
        licence=facts["licence"] or "not stated where the files came from; ask their authors before you publish",
        vocoder=VOCODERS[facts["vocoder"]],
        sources=_table((entry["file"], entry["bytes"], entry["sha256"]) for entry in facts["sources"]),
        results=_table((name, (folder / name).stat().st_size, digest) for name, digest in results.items()),
    )
    path = folder / "README.md"
    path.write_text(text)
    return path


def _where(facts: dict) -> str:
    if facts["repository"]:
        return f"https://huggingface.co/{facts['repository']}, commit `{facts['commit']}`"
    return "files that were given by hand"


def _table(rows: Iterable[tuple[str, int, str]]) -> str:
    return "\n".join(f"| `{name}` | {size} | `{digest}` |" for name, size, digest in rows)


CARD = """---
library_name: diffusers
tags: [video-to-audio, foley, latent-diffusion]
---

# Action2Sound AV-LDM, imported

The weights of *Action2Sound: Ambient-Aware Generation of Action Sounds from Egocentric Videos* (Chen et al., ECCV
2024), renamed and stored as {dtype} safetensors in diffusers' layout. Nothing was trained or tuned here.

- Origin: {where}.
- Licence: {licence}.
- Vocoder: {vocoder}
- The noise schedule's tables were compared with the sampler's and left out; so were the image classifier's heads of the
  audio tower, which it never uses. Every other weight of the sources is here.
- The model hears of no cues: it follows the picture alone.

## Sources

| file | bytes | sha256 |
|---|---|---|
{sources}

## Results

`python -m a2s weights verify` holds the files against these digests.

| file | bytes | sha256 |
|---|---|---|
{results}
"""
