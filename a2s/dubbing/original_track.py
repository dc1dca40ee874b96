"""Choose the sound track of a film that is mixed into its dub."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from a2s.errors import BadSettings

if TYPE_CHECKING:
    from a2s.media import OriginalTrack, SoundStream
    from a2s.settings import DubSettings
    from a2s.vision.video import Video


@dataclass(frozen=True)
class ChosenTrack:
    """track: as it is mixed in. note: which of several it is; "" where the film has one."""

    track: OriginalTrack
    note: str = ""


def chosen_track(video: Video, settings: DubSettings, outside: bool = False) -> ChosenTrack | None:
    """The sound track that the settings keep; None where they keep none or the film has none.

    outside: whether a part of the film is not dubbed, which keeps its soundtrack at its own level. Raises BadSettings
    for a track that the film lacks.
    """
    from a2s.media import OriginalTrack, SoundStream, read_sound_streams  # keeps `import a2s` fast: PyAV

    wanted, gain = settings.original_track, settings.original_audio
    if gain is None and not outside:
        if wanted is not None:
            raise BadSettings("A track of the original sound needs its level: original_audio, such as 0 dB.")
        return None
    streams = [SoundStream(*values) for values in read_sound_streams(video.path, limits=video.limits)]
    if wanted is None and not any(stream.decodable for stream in streams):
        return None
    stream = pick_track(streams, wanted, video.path.name)
    all_of_them = "; ".join(map(str, streams))
    note = f"Sound track {stream.number} of {len(streams)} is kept; the film has {all_of_them}."
    return ChosenTrack(OriginalTrack(video.path, stream.number, gain), note if len(streams) > 1 else "")


def pick_track(streams: Sequence[SoundStream], wanted: int | str | None, name: str) -> SoundStream:
    """The stream of a number from 1, or of a title or language; of several, the first.

    None takes the default one, else the first that can be decoded. name: of the film. Raises BadSettings that lists the
    tracks.
    """
    usable = [stream for stream in streams if stream.decodable]
    if wanted is None:
        return next((stream for stream in usable if stream.default), usable[0])
    text = str(wanted).strip().lower()
    found = [
        stream
        for stream in usable
        if text in (str(stream.number), stream.title.strip().lower(), stream.language.lower())
    ]
    if found:
        by_number = [stream for stream in found if str(stream.number) == text]
        return (by_number or found)[0]
    asked = f"{name} has no sound track {repr(wanted)[:40]}"
    if not streams:
        raise BadSettings(f"{asked}: it has no sound.")
    raise BadSettings(f"{asked} that can be decoded; it has {'; '.join(map(str, streams))}.")
