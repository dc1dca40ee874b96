"""A record of what became of each stream of a film when its dub was written."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any, Literal

Kind = Literal["picture", "sound", "subtitles", "data", "cover", "attachment", "chapters"]
Outcome = Literal["copied", "re-encoded", "dropped"]


@dataclass(frozen=True)
class StreamOutcome:
    """What became of one stream of the input.

    index: of the stream in its file, from 0. codec: its name, or its four-character code where it has no other name.
    reason: why it was not copied unchanged, as a clause without a full stop; "" where it was. title, language: its
    tags, "" where it has none. replaced: whether it is the soundtrack that the dub takes the place of.
    """

    index: int
    kind: Kind
    codec: str
    outcome: Outcome
    reason: str = ""
    title: str = ""
    language: str = ""
    replaced: bool = False

    @property
    def held(self) -> bool:
        """Whether the dub has the stream."""
        return self.outcome != "dropped"

    @property
    def name(self) -> str:
        """The stream in a sentence: kind, codec and title."""
        noun = {"sound": "sound track", "cover": "cover picture"}.get(self.kind, self.kind)
        return f"{self.codec} {noun}" + (f" {self.title!r}" if self.title else "")


@dataclass(frozen=True)
class MuxReport:
    """What became of a film's streams, chapters and tags.

    streams: in the order of the input. chapters: how many were kept. losses: what else was lost, as clauses. Each is
    something that is no stream, such as a tag.
    """

    streams: tuple[StreamOutcome, ...] = ()
    chapters: int = 0
    losses: tuple[str, ...] = ()

    @property
    def picture(self) -> StreamOutcome:
        """What became of the picture."""
        return next(stream for stream in self.streams if stream.kind == "picture")

    @property
    def picture_copied(self) -> bool:
        """Whether the picture's packets were copied bit for bit."""
        return self.picture.outcome == "copied"

    def to_dict(self) -> dict[str, Any]:
        """JSON values: "streams", a list with one object for each input stream, "chapters" and "losses"."""
        return {
            "streams": [asdict(stream) for stream in self.streams],
            "chapters": self.chapters,
            "losses": list(self.losses),
        }

    def sentences(self) -> str:
        """One line for people: the picture, what was kept beside it, and what was left out."""
        picture = self.picture
        line = [f"Picture {picture.outcome} ({picture.codec}{': ' * bool(picture.reason)}{picture.reason})."]
        apart = [stream for stream in self.streams if stream.kind in ("picture", "chapters") or stream.replaced]
        beside = [stream for stream in self.streams if stream not in apart]
        data = ["timecode" if one.codec == "tmcd" else one.name for one in beside if one.held and one.kind == "data"]
        kept = Counter(stream.kind for stream in beside if stream.held and stream.kind != "data")
        names = [_counted(kind, count) for kind, count in kept.items()] + data + ["chapters"] * bool(self.chapters)
        if names:
            line.append(f"Kept: {', '.join(names)}.")
        dropped = [stream for stream in beside if stream.outcome == "dropped"]
        lost = [f"{stream.name} ({stream.reason})" for stream in dropped] + list(self.losses)
        if lost:
            line.append(f"Left out: {'; '.join(lost)}.")
        return " ".join(line)


def _counted(kind: str, count: int) -> str:
    singular, plural = {
        "sound": ("1 further sound track", "further sound tracks"),
        "subtitles": ("subtitles", "subtitle tracks"),
        "cover": ("cover picture", "cover pictures"),
        "attachment": ("1 attachment", "attachments"),
    }[kind]
    return singular if count == 1 else f"{count} {plural}"
