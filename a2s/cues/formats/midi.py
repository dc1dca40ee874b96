"""Standard MIDI files: a note for each cue, its velocity the strength; a track for each class of sound.

Notes are of the action (36 and above, on channel 10, where drum samplers play). The name of a track gives action and
material. Any drum file can be read: its notes become cues, whose class is left to the model.
"""

from __future__ import annotations

import io
from bisect import bisect
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from a2s.cues.cue import Cue, CueTrack
from a2s.cues.formats.clock import FrameClock
from a2s.cues.formats.rows import SUSTAINED, Row, read_label, track_of
from a2s.errors import BadCues
from a2s.settings import ACTIONS, Limits

if TYPE_CHECKING:
    from mido import MidiFile, MidiTrack

MAX_MIDI_BYTES = 512 * 1024
"""Largest MIDI file; one of `Limits.max_cues` notes has less than half of it."""

TICKS_PER_BEAT, TEMPO = 960, 500_000
TICKS_PER_SECOND = TICKS_PER_BEAT * 1_000_000 // TEMPO
FIRST_NOTE, OTHER_NOTE, DRUMS = 36, 35, 9
NOTE_SECONDS = 0.05
"""Length of the note of an impact."""

OURS = "a2s cues"
"""Text in the first track; the lengths of the notes then hold the durations."""


def read(data: bytes, clock: FrameClock | None, limits: Limits) -> CueTrack:
    """Read the notes of all tracks, in the time that the tempo map gives. Raises BadCues."""
    import mido  # keeps `import a2s` fast

    if len(data) > MAX_MIDI_BYTES:
        raise BadCues(f"The MIDI file is larger than {MAX_MIDI_BYTES // 1024} kB.")
    try:
        file = mido.MidiFile(file=io.BytesIO(data), clip=True)
        tempo, ours = _Tempo(file), _is_ours(file)
        rows = [row for track in file.tracks for row in _notes(track, tempo, ours)]
    except (OSError, EOFError, ValueError, LookupError, TypeError, ArithmeticError) as error:
        raise BadCues("The cue file is not a MIDI file, or a damaged one.") from error
    if not rows:
        raise BadCues("The MIDI file holds no note.")
    return track_of(sorted(rows, key=lambda row: row.time), limits)


def write(track: CueTrack, clock: FrameClock | None) -> bytes:
    """A MIDI file at 120 beats per minute, 1 920 ticks a second."""
    from mido import Message, MetaMessage, MidiFile, MidiTrack  # keeps `import a2s` fast

    file = MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT, charset="utf-8")
    file.tracks.append(MidiTrack([MetaMessage("text", text=OURS), MetaMessage("set_tempo", tempo=TEMPO)]))
    for (action, material), cues in groupby(sorted(track, key=_class), key=_class):
        note = FIRST_NOTE + ACTIONS.index(action) if action else OTHER_NOTE
        name = " ".join(word for word in (action, material) if word) or "cue"
        events: list[tuple[int, int, int]] = []
        for begin, end, velocity in _lengths(list(cues)):
            events += [(begin, 1, velocity), (end, 0, 0)]
        messages: list = [MetaMessage("track_name", name=name)]
        now = 0
        for tick, on, velocity in sorted(events):
            kind = "note_on" if on else "note_off"
            messages.append(Message(kind, channel=DRUMS, note=note, velocity=velocity, time=tick - now))
            now = tick
        file.tracks.append(MidiTrack(messages))
    out = io.BytesIO()
    file.save(file=out)
    return out.getvalue()


def _class(cue: Cue) -> tuple[str, str]:
    return cue.action or "", cue.material or ""


def _lengths(cues: list[Cue]) -> list[tuple[int, int, int]]:
    """(begin, end, velocity) of each note in ticks; a note ends before the next one of its track begins."""
    begins = [round(cue.time * TICKS_PER_SECOND) for cue in cues]
    found = []
    for index, (cue, begin) in enumerate(zip(cues, begins, strict=True)):
        end = begin + max(1, round((cue.duration or NOTE_SECONDS) * TICKS_PER_SECOND))
        if index + 1 < len(begins):
            end = max(begin + 1, min(end, begins[index + 1]))
        found.append((begin, end, max(1, round(127 * cue.strength))))
    return found


class _Tempo:
    """Seconds of a tick, through the changes of tempo in all tracks."""

    def __init__(self, file: MidiFile) -> None:
        self.per_beat = file.ticks_per_beat
        changes = sorted((tick, tempo) for track in file.tracks for tick, tempo in _changes(track))
        self.changes: list[tuple[int, float, float]] = [(0, 0.0, self._seconds(TEMPO))]
        for tick, tempo in changes:
            self.changes.append((tick, self.at(tick), self._seconds(tempo)))

    def at(self, tick: int) -> float:
        """Seconds from the start."""
        first, seconds, each = self.changes[bisect(self.changes, tick, key=lambda change: change[0]) - 1]
        return seconds + (tick - first) * each

    def _seconds(self, tempo: int) -> float:
        if self.per_beat > 0:
            return tempo / 1e6 / self.per_beat
        frames, ticks = -(self.per_beat >> 8), self.per_beat & 0xFF  # SMPTE: frames a second, ticks of a frame
        return 1 / ({29: 30_000 / 1001}.get(frames, frames) * ticks)


def _changes(track: MidiTrack) -> Iterator[tuple[int, int]]:
    tick = 0
    for message in track:
        tick += message.time
        if message.type == "set_tempo":
            yield tick, message.tempo


def _is_ours(file: MidiFile) -> bool:
    texts = (message.text for track in file.tracks[:1] for message in track if message.type == "text")
    return OURS in texts


def _notes(track: MidiTrack, tempo: _Tempo, ours: bool) -> Iterator[Row]:
    """The notes of one track. A length counts in our own files, and for sounds that last."""
    name, tick = "", 0
    held: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for message in track:
        tick += message.time
        if message.type == "track_name":
            name = "".join(c for c in message.name if not c.isdigit())
        elif message.type == "note_on" and message.velocity:
            held.setdefault((message.channel, message.note), []).append((tick, message.velocity))
        elif message.type in ("note_on", "note_off") and held.get((message.channel, message.note)):
            begin, velocity = held[message.channel, message.note].pop(0)
            yield _row(name, message.note, velocity, tempo.at(begin), tempo.at(tick), ours)
    for (_, note), left in held.items():
        for begin, velocity in left:
            yield _row(name, note, velocity, tempo.at(begin), tempo.at(begin), ours)


def _row(name: str, note: int, velocity: int, begin: float, end: float, ours: bool) -> Row:
    label = read_label(name)
    if ours and label.action is None and label.material is None and 0 <= note - FIRST_NOTE < len(ACTIONS):
        name, label = ACTIONS[note - FIRST_NOTE], read_label(ACTIONS[note - FIRST_NOTE])
    lasts = label.action in SUSTAINED or ours
    length = end - begin if lasts and end - begin > NOTE_SECONDS + 2 / TICKS_PER_SECOND else None
    return Row(begin, name, velocity / 127, length)
