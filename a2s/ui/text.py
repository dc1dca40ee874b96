"""The words on the page. Whatever a visitor or a file named is escaped before it becomes HTML."""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING

from a2s.pipelines.windows import plan_windows

if TYPE_CHECKING:
    from a2s.media import VideoInfo

HEADER = """<header class="head"><h1>a2s</h1><p>A foley studio. A silent picture in, the sound that it asks for out:
what the hands do, and as much of the place as you like.</p></header>"""

NOTHING_READ = '<p class="facts subdued">mp4, mov, webm, mkv or avi. It stays on this server for this visit only.</p>'
FULL = "The studio is full just now; try again in a minute."
NO_ROOM = "The studio has no room for another file just now; try again in a few minutes."
DID_NOT_WORK = "That did not work"
NO_ADDRESS = "Send the file itself: the studio fetches nothing from an address."
NOT_HERE = "There is nothing at this address."
TOO_MANY_WORDS = "That is more than the studio reads at once; send films and recordings as files."
NO_RESULT = '<p class="facts subdued">The dubbed video appears here.</p>'

NOTHING_TO_COMPARE = (
    '<p class="facts subdued">Make a take first; then compare it with another, the soundtrack or a recording.</p>'
)
SAME_SOUND = '<p class="facts subdued">Choose two different sounds: one cannot be told from itself.</p>'

DEAF = "This model does not hear cues: it takes from the picture what sounds when."

NO_CLIP = '<p class="facts subdued">Choose an ambience to see it.</p>'

STAGES = {
    "reading": "Reading the video",
    "analysing": "Watching the picture",
    "retrieving": "Finding the place",
    "generating": "Making the sound",
    "vocoding": "Making it audible",
    "mastering": "Setting the level",
}
"""What a creator reads for each of `a2s.dubbing.progress.STAGES`."""


def facts(info: VideoInfo, name: str) -> str:
    """One line about what was read."""
    size = f"{info.size_bytes / 2**20:.1f} MB" if info.size_bytes >= 2**20 else f"{info.size_bytes / 2**10:.0f} kB"
    windows = len(plan_windows(info.duration))
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


def cues_note(heard: bool) -> str:
    """What stands at the timeline as long as the chosen model passes over what is on it."""
    return "" if heard else f'<p class="facts subdued">{DEAF}</p>'


def count(number: int, thing: str) -> str:
    """1 cue, 2 cues."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def decibels(value: float) -> str:
    return f"{value:.0f} dB".replace("-", "\N{MINUS SIGN}")


def card(id: str, name: str, kind: str, level_db: float, score: float | None) -> dict:
    """What an item of `a2s.ui.parts.ambiences` says; the page escapes it."""
    return {
        "id": id, "name": name, "kind": kind, "level": decibels(level_db),
        "score": "" if score is None else f"{score:.2f}".replace("-", "\N{MINUS SIGN}"),
    }  # fmt: skip


def about(seconds_: float | None) -> str:
    """An estimate, rounded as coarsely as it is good."""
    if seconds_ is None:
        return ""
    if seconds_ < 1:
        return "about 1 s"
    return f"about {seconds_:.0f} s" if seconds_ < 90 else f"about {seconds_ / 60:.0f} min"


def level_note(amount: float, level_db: float | None) -> str:
    """What the slider stands for, beside it."""
    words = "action only" if amount <= 0.02 else "full place" if amount >= 0.98 else f"{amount:.0%} of the place"
    level = "" if level_db is None else f"<b>{decibels(level_db)}</b>"
    return f'<p class="level-note" id="level-note">{level}<span>{words}</span></p>'


def bank_note(bank, own: bool, shown: int) -> str:
    """One line about a bank."""
    kinds = len({clip.kind for clip in bank.clips})
    whose = "your own bank" if own else "the bank that comes along"
    parts = [count(len(bank.clips), "clip"), count(kinds, "kind")]
    parts += [] if shown == len(bank.clips) else [f"{shown} shown"]
    chips = "".join(f"<span>{part}</span>" for part in parts)
    return f'<p class="facts"><b>{whose}</b>{chips}</p>'


def clip_facts(clip) -> str:
    """One line about an ambience. clip: a2s.ambient.AmbientClip."""
    parts = [
        clip.kind,
        seconds(clip.seconds),
        f"{decibels(clip.level_db)} RMS",
        f"{decibels(clip.floor_db)} at its quietest",
    ]
    parts += [part for part in (clip.author, clip.licence) if part]
    chips = "".join(f"<span>{html.escape(part)}</span>" for part in parts)
    return f'<p class="facts"><b>{html.escape(clip.name)}</b>{chips}</p>'


def summary(duration: float, cues: int, recipe: dict) -> str:
    """One line about a take, from what its recipe says."""
    heard = "" if recipe.get("uses_cues", True) else " that this model does not hear"
    parts = [seconds(duration), count(cues, "cue") + heard]
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


def trial(mode: str, number: int, answered: int) -> str:
    """One line about the comparison at hand."""
    if mode == "open":
        return '<p class="facts subdued">A and B, or the keys, switch the sound where it is.</p>'
    return f'<p class="facts"><b>Trial {number}</b><span>{answered} answered</span></p>'


_QUESTIONS = {"action": "better action sounds", "noise": "less ambient noise", "prefer": "preferred"}


def listening(stats: dict) -> str:
    """The result of a listening test, as `a2s.evaluation.listening.compare_stats` has it."""
    rows = [
        (f"{found['first']} over {found['second']}", _QUESTIONS[found["question"]], found)
        for found in stats["preferences"]
    ]
    rows += [(f"{found['first']} or {found['second']}", "X told rightly", found) for found in stats["abx"]]
    body = "".join(_listening_row(*row) for row in rows)
    head = (
        "<tr><th>Clip</th><th>Pair</th><th>Question</th><th>Share</th><th>95 % interval</th><th>n</th><th>p</th></tr>"
    )
    return f'<table class="figures">{head}{body}</table>'


def _listening_row(pair: str, asked: str, found: dict) -> str:
    n = found["trials"] if "trials" in found else found["first_wins"] + found["second_wins"]
    tied = f" (+{found['undecided']} neither)" if found.get("undecided") else ""
    if found["share"] is None:
        figures = ["\N{EN DASH}"] * 2 + [f"0{tied}", "\N{EN DASH}"]
    else:
        low, high = found["interval"]
        figures = [f"{found['share']:.0%}", f"{low:.0%} to {high:.0%}", f"{n}{tied}", f"{found['p']:.3f}"]
    cells = "".join(
        f"<td>{cell}</td>" for cell in (html.escape(found.get("clip", "")), html.escape(pair), asked, *figures)
    )
    return f"<tr>{cells}</tr>"
