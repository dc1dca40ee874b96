"""The streams of a film that its dub keeps as they are: further sound tracks, subtitles, cover, attached files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.stream import AttachmentStream, Disposition, Stream

from a2s.io import display_name
from a2s.media.containers import Container
from a2s.media.encryption import OTHERS, SOUNDS
from a2s.media.grafts import PLACE, Grafts, fourcc
from a2s.media.soundtrack import OriginalTrack
from a2s.media.source import packets
from a2s.media.streams import Kind, Outcome, StreamOutcome
from a2s.media.subtitles import BITMAPS, TEXT, add_text, converted
from a2s.media.tags import dropped_tags, stream_tags
from a2s.media.timeline import Timeline

RUN_UP = Fraction(1, 10)
"""Seconds of a sound track before the first frame that are kept unheard: codecs need one packet to begin with."""

KINDS: dict[str, Kind] = {
    "video": "picture",
    "audio": "sound",
    "subtitle": "subtitles",
    "attachment": "attachment",
}


@dataclass
class KeptStreams:
    """Streams beside the picture and the new sound, added to one output.

    target: the container of the output. timeline: of the picture, which sets time 0 and the end. replaced: index of the
    sound track that the dub takes the place of; None where there is none. timecode: of the first frame, where it is
    written. refused: why the writer refused streams in an earlier attempt, by their index. grafts: what is carried over
    past ffmpeg, for an mp4 or mov. mixed: whether the replaced sound track sounds in the dub.
    """

    target: Container
    timeline: Timeline
    replaced: int | None
    timecode: str | None = None
    refused: Mapping[int, str] = field(default_factory=dict)
    grafts: Grafts | None = None
    mixed: bool = False
    outcomes: list[StreamOutcome] = field(default_factory=list)
    outputs: dict[int, Stream] = field(default_factory=dict)
    covers: list[int] = field(default_factory=list)
    converted: set[int] = field(default_factory=set)

    def add(self, source: InputContainer, picture: int, out: OutputContainer) -> None:
        """Add a stream to `out` for each stream of `source` that can be kept, and record what becomes of the others.

        source: newly opened. picture: index of the stream that is the picture; it is not recorded here.
        """
        outcome: Outcome
        for stream in source.streams:
            if stream.index != picture:
                record = described(stream)
                if record.kind == "data" and is_mov(source):
                    code, chapters = fourcc(path_of(source), stream.id)
                    record = replace(record, kind="chapters" if chapters else "data", codec=display_name(code))
                if record.kind == "chapters":
                    outcome, reason = "copied", "as chapters"
                else:
                    outcome, reason = self._add(stream, source, out)
                self.outcomes.append(replace(record, outcome=outcome, reason=reason))
        if self.replaced is not None:
            at = next(k for k, outcome in enumerate(self.outcomes) if outcome.index == self.replaced)
            self.outcomes[at] = replace(self.outcomes[at], replaced=True)

    def _add(self, stream: Stream, source: InputContainer, out: OutputContainer) -> tuple[Outcome, str]:
        kind, codec, name = kind_of(stream), codec_of(stream), self.target.name
        if stream.index == self.replaced:
            return ("re-encoded", "mixed into the dub") if self.mixed else ("dropped", "the dub replaces it")
        if stream.index in self.refused:
            return "dropped", self.refused[stream.index]
        if is_mov(source) and fourcc(path_of(source), stream.id)[0].encode() in (*SOUNDS, *OTHERS):
            return "dropped", "it is encrypted"
        if kind == "picture":
            return "dropped", "a dub has one picture"
        if kind == "cover":
            return self._add_cover(stream, source, out)
        if kind == "attachment":
            if not self.target.attachments or not isinstance(stream, AttachmentStream):
                return "dropped", f"{name} holds no attached files"
            out.add_stream_from_template(stream)
            return "copied", ""
        held = {"sound": self.target.sounds, "subtitles": self.target.subtitles}.get(kind, frozenset())
        if kind == "subtitles" and codec in TEXT and codec not in held:
            self._describe(add_text(out, self.target.text), stream)
            self.converted.add(stream.index)
            return "re-encoded", f"as {self.target.text}, which {name} holds"
        if kind == "data" or (codec not in held and self.grafts is not None and self.grafts.from_mov):
            return self._add_data(stream)
        if codec not in held:
            bitmap = kind == "subtitles" and codec in BITMAPS
            return "dropped", f"they are pictures, and {name} holds text only" if bitmap else f"{name} cannot hold it"
        try:
            output = out.add_stream_from_template(stream)
        except ValueError:
            return "dropped", f"{name} cannot hold it"
        self._describe(output, stream)
        return "copied", ""

    def add_tags(self, tags: dict[str, str], source: InputContainer, out: OutputContainer, picture: Stream) -> None:
        """Write the film's tags, and the timecode with the picture, from which the writer makes a timecode track."""
        tags = {key: value for key, value in tags.items() if key.lower() != "timecode"}
        picture.metadata.pop("timecode", None)
        if self.timecode:
            picture.metadata["timecode"] = self.timecode
        if self.grafts is not None:
            self.grafts.tags = dropped_tags(tags, self.target.name)
            self.grafts.take_user_data(place=self.target.name == "mp4")
            if any(node.kind == PLACE for node in self.grafts.user_data):
                tags = {key: value for key, value in tags.items() if not key.lower().startswith("location")}
        out.metadata.update(tags)

    def _add_data(self, stream: Stream) -> tuple[Outcome, str]:
        """Carry a track over that ffmpeg cannot write. A timecode track is made anew from the timecode."""
        name = self.target.name
        if self.timecode and "timecode" in stream.metadata:
            return ("copied", "") if self.target.edit_lists else ("re-encoded", "as a tag of the picture")
        if self.grafts is None or not self.grafts.from_mov:
            return "dropped", f"{name} cannot hold it"
        if reason := self.grafts.take_track(stream.id):
            return "dropped", reason
        return "copied", ""

    def _add_cover(self, stream: Stream, source: InputContainer, out: OutputContainer) -> tuple[Outcome, str]:
        codec = codec_of(stream)
        if not self.target.covers or codec not in ("mjpeg", "png"):
            return "dropped", f"{self.target.name} cannot hold it"
        if self.target.attachments:  # matroska holds covers as attached files
            data = next((bytes(packet) for packet in packets(source, stream)), b"")
            kind = {"mjpeg": "jpeg", "png": "png"}[codec]
            out.add_attachment(f"cover.{kind.replace('jpeg', 'jpg')}", f"image/{kind}", data)
            return "copied", ""
        output = out.add_stream_from_template(stream, opaque=True)
        output.disposition = Disposition.attached_pic
        self.outputs[stream.index] = output
        self.covers.append(stream.index)
        return "copied", ""

    def _describe(self, output: Stream, stream: Stream) -> None:
        """Give the output the stream's tags and dispositions; the dub is the default sound track, not this one."""
        output.metadata.update(stream_tags(stream.metadata))
        output.disposition = stream.disposition
        if stream.type == "audio":
            output.disposition = stream.disposition & ~Disposition.default
        self.outputs[stream.index] = output

    def packets(self, source: InputContainer) -> Iterator[tuple[int, Packet]]:
        """Yield (index of the stream, packet) with times that begin at the first frame; nothing from the end on."""
        streams = [source.streams[index] for index in self.outputs]
        last: dict[int, int] = {}
        for packet in packets(source, *streams) if streams else ():
            index = packet.stream.index
            ticks = 0 if index in self.covers else self._ticks(packet)
            if ticks is None or ticks < last.get(index, ticks):
                continue
            last[index] = packet.pts = packet.dts = ticks
            ready = converted(packet, self.outputs[index]) if index in self.converted else packet
            if ready:
                ready.stream = self.outputs[index]
                yield index, ready

    def _ticks(self, packet: Packet) -> int | None:
        """The packet's time from the first frame, in its time base; None where it is outside of the picture.

        A packet that lasts beyond the picture is shortened.
        """
        stamp, base = packet.pts if packet.pts is not None else packet.dts, packet.time_base
        if stamp is None or not base:
            return None
        time, length = stamp * base - self.begin, (packet.duration or 0) * base
        if packet.stream.type == "subtitle" and time < 0:
            time, length = Fraction(0), time + length
        earliest = -RUN_UP if self.target.edit_lists and packet.stream.type == "audio" else Fraction(0)
        if not (earliest <= time < self.end and length >= 0):
            return None
        packet.duration = max(round(min(length, self.end - time) / base), min(packet.duration or 0, 1))
        return round(time / base)

    @property
    def begin(self) -> Fraction:
        """Time of the first frame in the source, s."""
        return self.timeline.start * self.timeline.time_base

    @property
    def end(self) -> Fraction:
        """Length of the picture, s."""
        return int(self.timeline.placed(self.timeline.end)) * self.timeline.placed_base


def grafts_for(source: InputContainer, target: Container, timeline: Timeline) -> Grafts | None:
    """What is carried over past ffmpeg, empty as yet; None for a container that is no mp4 or mov."""
    if not target.edit_lists:
        return None
    begin = timeline.start * timeline.time_base
    end = int(timeline.placed(timeline.end)) * timeline.placed_base
    return Grafts(path_of(source), begin, end, is_mov(source))


def is_mov(source: InputContainer) -> bool:
    """Whether a file is an mp4 or mov."""
    return source.format.name.startswith("mov")


def path_of(source: InputContainer) -> Path:
    """The path of an open file."""
    return Path(source.name.removeprefix("file:"))


def kind_of(stream: Stream) -> Kind:
    """What the stream holds."""
    if stream.disposition & Disposition.attached_pic:
        return "cover"
    return KINDS.get(stream.type, "data")


def codec_of(stream: Stream) -> str:
    """The name of the stream's codec."""
    context = stream.codec_context
    return context.codec.canonical_name if context else getattr(stream, "name", None) or "unknown"


def described(stream: Stream) -> StreamOutcome:
    """The stream as a record, called copied."""
    tags = {key.lower(): value for key, value in stream.metadata.items()}
    title = tags.get("title") or tags.get("name") or tags.get("filename", "")
    language = tags.get("language", "")
    return StreamOutcome(
        stream.index,
        kind_of(stream),
        display_name(codec_of(stream)),
        "copied",
        title=display_name(title),
        language="" if language == "und" else display_name(language),
    )


def replaced_track(source: InputContainer, mixed_in: OriginalTrack | None = None) -> int | None:
    """Index of the sound track that a dub takes the place of: the one that is mixed in, the default one, or the first.

    None without sound.
    """
    if mixed_in is not None and mixed_in.number <= len(source.streams.audio):
        return source.streams.audio[mixed_in.number - 1].index
    tracks = [stream for stream in source.streams.audio if stream.codec_context]
    best = next((stream for stream in tracks if stream.disposition & Disposition.default), None)
    return (best or tracks[0]).index if tracks else None
