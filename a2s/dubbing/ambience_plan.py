"""The places of a video: which ambience begins when, as a request says it and as the ambient conditions of a dub."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from a2s.errors import BadSettings
from a2s.pipelines.ambience import Ambience, choose_ambience
from a2s.settings import AmbientChange, DubSettings, Limits

if TYPE_CHECKING:
    from a2s.ambient import AmbientBank
    from a2s.pipelines import AVLDMPipeline
    from a2s.vision import Motion

_TIME = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d*)?|\.\d+)=(.*)", re.DOTALL)


def read_places(texts: Iterable[str]) -> tuple[str | None, tuple[AmbientChange, ...]]:
    """(`ambient_clip`, `ambient_changes`) of texts ID|FILE, or TIME=ID|FILE for a change of place.

    TIME is in seconds, minutes:seconds or hours:minutes:seconds. An empty ID is the bank's best match. The name of a
    file that begins like a time needs its folder: ./12=3.wav. Raises BadSettings for two ambiences without a time.
    """
    first: list[str | None] = []
    changes: list[AmbientChange] = []
    for text in texts:
        timed = _TIME.fullmatch(text)
        if timed is None:
            first.append(text)
        else:
            hours, minutes, seconds, clip = timed.groups()
            time = 3600 * int(hours or 0) + 60 * int(minutes or 0) + float(seconds)
            changes.append(AmbientChange(time, clip or None))
    changes.sort(key=lambda change: change.time)
    if changes and changes[0].time == 0:
        first.append(changes.pop(0).clip)
    if len(first) > 1:
        raise BadSettings(
            f"A film begins in one place, not in both {first[0]} and {first[1]}; give one of them a time."
        )
    return (first[0] if first else None), tuple(changes)


def choose_places(
    settings: DubSettings, pipe: AVLDMPipeline, bank: AmbientBank, motion: Motion, limits: Limits | None = None
) -> tuple[Ambience, ...]:
    """The ambient condition of each place of a video, in order. Raises BadSettings, UnreadableAudio, BankError."""
    changes, end = settings.ambient_changes, motion.duration
    if changes and changes[-1].time > end:
        raise BadSettings(
            f"A change of place must lie within the film, which is {end:.2f} s long, not at {changes[-1].time:g} s."
        )
    begins = [0.0, *(change.time for change in changes)]
    clips = [settings.ambient_clip, *(change.clip for change in changes)]
    parts = zip(begins, [*begins[1:], end], strict=True) if changes else [None]
    return tuple(
        choose_ambience(motion, pipe, bank, settings.ambient, clip, within, limits)
        for clip, within in zip(clips, parts, strict=True)
    )
