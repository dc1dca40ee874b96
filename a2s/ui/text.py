"""The words on the page. Whatever a visitor or a file named is escaped before it becomes HTML."""

from __future__ import annotations

import html
import math

from a2s.settings import AUDIO

HEADER = """<header class="head"><h1>a2s</h1><p>A foley studio. A silent picture in, the sound that it asks for out:
what the hands do, and as much of the place as you like.</p></header>"""

NOTHING_READ = '<p class="facts subdued">mp4, mov, webm, mkv or avi. It stays on this server for this visit only.</p>'
NO_RESULT = '<p class="facts subdued">The dubbed video appears here.</p>'
NO_CUES = '<p class="facts subdued">Cues are the moments at which something is heard. Load a video to see them.</p>'

STAGES = {
    "reading": "Reading the video",
    "seeing": "Watching the picture",
    "retrieving": "Finding the place",
    "generating": "Making the sound",
    "sounding": "Making it audible",
    "finishing": "Setting the level",
}
"""What a creator reads for each of `a2s.progress.STAGES`."""


def facts(info, name: str) -> str:
    """One line about what was read. info: a2s.media.VideoInfo."""
    size = f"{info.size_bytes / 2**20:.1f} MB" if info.size_bytes >= 2**20 else f"{info.size_bytes / 2**10:.0f} kB"
    windows = max(1, math.ceil(info.duration / AUDIO.window_seconds))
    parts = [
        seconds(info.duration),
        f"{info.width} × {info.height}",
        f"{info.fps:.4g} fps",
        "has sound" if info.has_audio else "silent",
        size,
        f"{windows} window{'s' if windows > 1 else ''}",
    ]
    chips = "".join(f"<span>{part}</span>" for part in parts)
    return f'<p class="facts"><b>{html.escape(name[:80])}</b>{chips}</p>'


def seconds(value: float) -> str:
    """3.2 s, or 2:05 from a minute on."""
    if value < 60:
        return f"{value:.1f} s"
    return f"{int(value // 60)}:{int(value % 60):02d} min"


def decibels(value: float) -> str:
    return f"{value:.0f} dB".replace("-", "\N{MINUS SIGN}")


def card(id: str, name: str, kind: str, level_db: float, score: float | None, url: str) -> dict:
    """An item of `a2s.ui.parts.ambience_cards`."""
    return {
        "id": id, "name": name, "kind": kind, "level": decibels(level_db),
        "score": "" if score is None else f"{score:.2f}".replace("-", "\N{MINUS SIGN}"), "url": url,
    }  # fmt: skip


def level_note(amount: float, level_db: float | None) -> str:
    """What the slider stands for, beside it."""
    words = "action only" if amount <= 0.02 else "full place" if amount >= 0.98 else f"{amount:.0%} of the place"
    level = "" if level_db is None else f"<b>{decibels(level_db)}</b>"
    return f'<p class="level-note" id="level-note">{level}<span>{words}</span></p>'


def cue_note(track) -> str:
    """How many cues, and who wrote them."""
    if not len(track):
        return '<p class="facts subdued">No cues: only the place will be heard. A row says when something sounds.</p>'
    count = f"{len(track)} cue{'s' if len(track) > 1 else ''}"
    return f'<p class="facts"><b>{count}</b><span>from {html.escape(track.source)}</span></p>'


def summary(duration: float, cues: int, recipe: dict) -> str:
    """One line about a take, from what its recipe says."""
    parts = [seconds(duration), f"{cues} cue{'' if cues == 1 else 's'}"]
    for key, unit in (("lufs", "LUFS"), ("true_peak_db", "dBTP")):
        value = find(recipe, key)
        if isinstance(value, (int, float)) and math.isfinite(value):
            parts.append(f"{value:.1f} {unit}".replace("-", "\N{MINUS SIGN}"))
    return '<p class="facts">' + "".join(f"<span>{part}</span>" for part in parts) + "</p>"


def find(recipe: dict, key: str):
    """The first value under this key, at any depth of the recipe."""
    if key in recipe:
        return recipe[key]
    inner = (find(value, key) for value in recipe.values() if isinstance(value, dict))
    return next((value for value in inner if value is not None), None)
