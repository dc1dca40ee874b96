"""The words on the page. Names that a visitor or a file chose are escaped before they become HTML."""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from a2s.ambient import AmbientBank
    from a2s.ambient.clip import AmbientClip
    from a2s.dubbing.recipe import Report
    from a2s.media import MuxReport, StreamOutcome, VideoInfo
    from a2s.settings import Limits

HEADER = """<header class="page-header"><h1>a2s</h1>
<p>Add foley to a silent video, with as much room tone as you want.</p></header>"""

FORMATS = "mp4, mov, mkv, webm, avi, mxf, mpeg, wmv, dv or flv"
OUTCOMES = {"copied": "copied", "re-encoded": "re-encoded", "dropped": "left out"}
"""What a user reads for each outcome of a stream."""

NO_RESULT = '<p class="facts subdued">The dubbed video appears here.</p>'
NO_CLIP = '<p class="facts subdued">Choose an ambience to see its spectrogram.</p>'
NOTHING_TO_COMPARE = (
    '<p class="facts subdued">Generate a take first, then compare it with another take, the original audio or an '
    "uploaded file.</p>"
)
SAME_SOUND = '<p class="facts subdued">Choose two different sounds for a blind or ABX test.</p>'

ERROR_TITLE = "Error"
QUEUE_FULL = "The server is busy. Try again in a minute."
NO_ROOM = "The server has no room for another file at the moment. Try again in a few minutes."
NO_URL = "Upload the file itself: the server does not download from an address."
NOT_FOUND = "There is nothing at this address."
REQUEST_TOO_LARGE = "The request is too large. Send videos and recordings as files."
CUES_UNUSED = "This model ignores cues: it takes the timing from the video alone."
CANCELLED, EARLIER_TAKES_KEPT = "Cancelled", "Earlier takes are kept"
FAILED = "Generation failed"
CHECK_CUES = "Check the cues, then generate"

STAGES = {
    "reading": "Reading the video",
    "analysing": "Analysing the video",
    "retrieving": "Finding ambiences",
    "generating": "Generating",
    "vocoding": "Rendering the sound",
    "mastering": "Setting the level",
    "writing": "Writing the files",
}
"""What a user reads for each of `a2s.dubbing.progress.STAGES`."""

OPTIONS = {"--picture h264": "Picture: H.264", "--compress": "Compress to reach the target"}
"""Options that sentences about a take name, and the controls of the page for them."""


def stage_name(stage: str) -> str:
    return STAGES.get(stage, stage.capitalize())


def dub_stage(stage: str, done: float) -> str:
    """A stage of a dub, with the progress 0..1 of the whole while the model generates: Generating 40 %."""
    return f"{stage_name(stage)} {done:.0%}".replace("%", " %") if stage == "generating" else stage_name(stage)


def percent(value: float) -> str:
    """0.35 as 35 %."""
    return f"{100 * value:.0f} %"


def no_video_facts(limits: Limits) -> str:
    """Under the empty place for a video: what may be loaded."""
    size = f"{limits.max_bytes / 2**30:.3g} GB" if limits.max_bytes >= 2**30 else f"{limits.max_bytes / 2**20:.3g} MB"
    most = f"Up to {size} and {seconds(limits.max_seconds)}."
    return f'<p class="facts subdued">{FORMATS}. {most} It stays on this server for this visit only.</p>'


def facts(info: VideoInfo, name: str) -> str:
    """One line about a video."""
    size = f"{info.size_bytes / 2**20:.1f} MB" if info.size_bytes >= 2**20 else f"{info.size_bytes / 2**10:.0f} kB"
    parts = [
        seconds(info.duration),
        f"{info.width} × {info.height}",
        f"{info.fps:.4g} fps",
        "has sound" if info.has_audio else "silent",
        size,
    ]
    return _facts(html.escape(name[:80]), parts)


def _facts(title: str, parts: list[str]) -> str:
    chips = "".join(f"<span>{part}</span>" for part in parts)
    return f'<p class="facts">{f"<b>{title}</b>" if title else ""}{chips}</p>'


def seconds(value: float) -> str:
    """3.2 s, or 2:05 min from a minute on."""
    if value < 60:
        return f"{value:.1f} s"
    return f"{int(value // 60)}:{int(value % 60):02d} min"


def cues_note(used: bool) -> str:
    """Above the timeline while the chosen model ignores it."""
    return "" if used else f'<p class="facts subdued">{CUES_UNUSED}</p>'


def count(number: int, thing: str) -> str:
    """1 cue, 2 cues."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def with_minus(text: str) -> str:
    """The hyphen of a negative number as a minus sign."""
    return text.replace("-", "\N{MINUS SIGN}")


def decibels(value: float) -> str:
    return with_minus(f"{value:.0f} dB")


def card(id: str, name: str, kind: str, level_db: float, score: float | None) -> dict[str, Any]:
    """Texts of one item of `a2s.ui.parts.ambiences`, which escapes them. score: similarity, -1..1."""
    match = "" if score is None else f"Match {percent(max(0.0, score))}"
    return {"id": id, "name": name, "kind": kind, "level": decibels(level_db), "score": match}


def about(value: float | None) -> str:
    """An estimate in seconds, rounded as coarsely as it is precise."""
    if value is None:
        return ""
    if value < 1:
        return "about 1 s"
    return f"about {value:.0f} s" if value < 90 else f"about {value / 60:.0f} min"


def level_note(amount: float, level_db: float | None) -> str:
    """What the ambience slider means, beside it. level_db: of the ambience in dBFS."""
    if amount <= 0.02:
        words = "Action only"
    elif amount >= 0.98:
        words = "Full ambience"
    else:
        words = f"Ambience {percent(amount)}"
    level = "" if level_db is None else f"<b>{decibels(level_db)}</b>"
    return f'<p class="level-note" id="level-note">{level}<span>{words}</span></p>'


def bank_note(bank: AmbientBank, own: bool, shown: int) -> str:
    """One line about a bank."""
    kinds = len({clip.kind for clip in bank.clips})
    parts = [count(len(bank.clips), "clip"), count(kinds, "kind")]
    parts += [] if shown == len(bank.clips) else [f"{shown} shown"]
    return _facts("Your own bank" if own else "Built-in bank", parts)


def clip_facts(clip: AmbientClip) -> str:
    """One line about an ambience."""
    levels = f"{decibels(clip.level_db)} RMS", f"{decibels(clip.floor_db)} at its quietest"
    parts = [clip.kind, seconds(clip.seconds), *levels, *filter(None, (clip.author, clip.licence))]
    return _facts(html.escape(clip.name), [html.escape(part) for part in parts])


def summary(report: Report, muxed: MuxReport | None = None) -> str:
    """One line about a take, its notes, and what became of the streams of its film."""
    recipe, loudness = report.recipe, report.loudness
    ignored = "" if recipe.uses_cues else " (ignored by this model)"
    parts = [seconds(recipe.samples / recipe.sample_rate), count(len(recipe.cues), "cue") + ignored]
    for value, unit in ((loudness.lufs, "LUFS"), (loudness.true_peak_db, "dBTP")):
        if math.isfinite(value):
            parts.append(with_minus(f"{value:.1f} {unit}"))
    notes = "".join(note(_on_page(sentence)) for sentence in report.notes)
    return _facts("", parts) + notes + (in_the_file(muxed) if muxed else "")


def note(sentence: str, wrong: bool = False) -> str:
    """A sentence about a take, or about a value that is wrong."""
    return f'<p class="note{" wrong" if wrong else ""}">{html.escape(sentence)}</p>'


def in_the_file(muxed: MuxReport) -> str:
    """A line about the streams of a film that was written, which opens to a list of them."""
    words = [_outcome(stream) for stream in muxed.streams]
    line = ", ".join(f"{words.count(each)} {each}" for each in dict.fromkeys(words))
    entries = [_stream_entry(stream) for stream in muxed.streams]
    entries += [f"chapters: {muxed.chapters} kept"] if muxed.chapters else []
    entries += [f"left out: {loss}" for loss in muxed.losses]
    items = "".join(f"<li>{html.escape(_on_page(entry))}</li>" for entry in entries)
    return f'<details class="streams"><summary>In the file: {line}</summary><ul>{items}</ul></details>'


def _stream_entry(stream: StreamOutcome) -> str:
    """The kind of a stream, its names, and what became of it."""
    called = ", ".join(filter(None, (stream.codec, stream.language, stream.title[:60])))
    reason = "" if stream.replaced or not stream.reason else f" ({stream.reason})"
    return f"{stream.kind} ({called}): {_outcome(stream)}{reason}"


def _outcome(stream: StreamOutcome) -> str:
    return "replaced by the dub" if stream.replaced else OUTCOMES[stream.outcome]


def _on_page(sentence: str) -> str:
    """A sentence with the names of the page's controls instead of the command line's options."""
    for option, control in OPTIONS.items():
        sentence = sentence.replace(option, f"\N{LEFT DOUBLE QUOTATION MARK}{control}\N{RIGHT DOUBLE QUOTATION MARK}")
    return with_minus(sentence) if "LUFS" in sentence else sentence


def trial(mode: str, number: int, answered: int) -> str:
    """One line about the current comparison."""
    if mode == "open":
        return '<p class="facts subdued">The buttons or the keys A and B switch between the sounds.</p>'
    return f'<p class="facts"><b>Trial {number}</b><span>{answered} answered</span></p>'


_QUESTIONS = {"action": "better action sounds", "noise": "less ambient noise", "prefer": "preferred"}


def listening(stats: dict) -> str:
    """The result of a listening test, as `a2s.evaluation.listening.compare_stats` returns it."""
    rows = [
        (f"{found['first']} over {found['second']}", _QUESTIONS[found["question"]], found)
        for found in stats["preferences"]
    ]
    rows += [(f"{found['first']} or {found['second']}", "X identified correctly", found) for found in stats["abx"]]
    body = "".join(_listening_row(*row) for row in rows)
    columns = ("Clip", "Pair", "Question", "Share", "95 % interval", "n", "p")
    head = "".join(f"<th>{column}</th>" for column in columns)
    return f'<table class="results-table"><tr>{head}</tr>{body}</table>'


def _listening_row(pair: str, question: str, found: dict) -> str:
    n = found["trials"] if "trials" in found else found["first_wins"] + found["second_wins"]
    tied = f" (+{found['undecided']} neither)" if found.get("undecided") else ""
    if found["share"] is None:
        figures = ["\N{EN DASH}"] * 2 + [f"0{tied}", "\N{EN DASH}"]
    else:
        low, high = found["interval"]
        figures = [f"{found['share']:.0%}", f"{low:.0%} to {high:.0%}", f"{n}{tied}", f"{found['p']:.3f}"]
    cells = (html.escape(found.get("clip", "")), html.escape(pair), question, *figures)
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
