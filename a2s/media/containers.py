"""The containers that a dub can be written as, and what each of them holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import av
from av.container import OutputContainer

from a2s.errors import CannotWrite
from a2s.io import display_name

_PCM = frozenset(
    f"pcm_{kind}" for kind in ("s16le", "s16be", "s24le", "s24be", "s32le", "s32be", "f32le", "f32be", "f64le", "f64be")
)


@dataclass(frozen=True)
class Container:
    """A container for a dub.

    name: in messages. format: ffmpeg's name of the writer. options: of the writer.
    edit_lists: whether sound may begin before time 0 and stay unheard. sounds: codecs of sound tracks that are copied.
    subtitles: codecs of subtitle tracks that are copied. text: the codec that other text subtitles are converted to.
    covers, attachments: whether the container holds a cover picture and attached files.
    """

    name: str
    format: str
    sounds: frozenset[str]
    subtitles: frozenset[str]
    text: str
    options: dict[str, str] = field(default_factory=dict)
    edit_lists: bool = True
    covers: bool = True
    attachments: bool = False


_MOV_OPTIONS = {"movflags": "+faststart", "strict": "unofficial"}
"""faststart: the index comes first, so that a browser plays the file while it loads. unofficial: boxes of 360-degree
and Dolby Vision pictures, which are newer than the base standard."""

CONTAINERS = {
    ".mp4": Container(
        "mp4",
        "mp4",
        _PCM | {"aac", "ac3", "eac3", "mp3", "mp2", "alac", "opus", "flac", "vorbis", "dts", "truehd"},
        frozenset({"mov_text", "dvd_subtitle"}),
        "mov_text",
        _MOV_OPTIONS,
    ),
    ".mov": Container(
        "mov",
        "mov",
        _PCM | {"pcm_s8", "pcm_u8", "aac", "ac3", "eac3", "mp3", "alac", "adpcm_ima_qt"},
        frozenset({"mov_text"}),
        "mov_text",
        _MOV_OPTIONS,
        covers=False,
    ),
    ".mkv": Container(
        "mkv",
        "matroska",
        (_PCM - {"pcm_f32be", "pcm_f64be"})
        | {"pcm_u8", "aac", "ac3", "eac3", "mp3", "mp2", "alac", "opus", "flac", "vorbis"}
        | {"dts", "truehd", "mlp", "tta", "wavpack"},
        frozenset({"subrip", "ass", "webvtt", "hdmv_pgs_subtitle", "dvd_subtitle", "dvb_subtitle"}),
        "subrip",
        edit_lists=False,
        attachments=True,
    ),
}
"""By the suffix of the file's name."""


def container_of(out: Path) -> Container:
    """The container that a file name asks for. Raises CannotWrite."""
    container = CONTAINERS.get(out.suffix.lower())
    if container is None:
        *most, last = CONTAINERS
        raise CannotWrite(f"{display_name(out.name)} must end in {', '.join(most)} or {last}.")
    return container


def open_output(part: Path, container: Container) -> OutputContainer:
    """Open `part` for writing as `container`, whatever its suffix."""
    return av.open(f"file:{part.absolute()}", "w", format=container.format, options=dict(container.options))
