"""Find encrypted films, which open like others and then decode to noise or to nothing."""

from __future__ import annotations

from pathlib import Path

from av.container import InputContainer

from a2s.media.boxes import children, found, whole

PICTURES, SOUNDS = (b"encv", b"drmi"), (b"enca", b"drms")
OTHERS = (b"encs", b"enct", b"encm")
"""Sample entries of encrypted tracks: common encryption (ISO 23001-7) and FairPlay."""

ASF_HEADER = bytes.fromhex("3026b2758e66cf11")

ASF_ENCRYPTION = tuple(
    bytes.fromhex(guid)
    for guid in (
        "fbb31122 23bdd211 b4b700a0 c955fc6e",
        "14e68a29 2226174c b935dae0 7ee9289c",
        "33850543 8169e649 9b74ad12 cb86d58c",
    )
)
"""The three encryption objects in the header of a wmv file (ASF specification, sections 3.14, 3.15 and 3.16)."""

TS_PACKET, TS_LOOKED_AT = 188, 512 * 1024
"""Bytes of a packet of a transport stream, and bytes in which scrambled packets are counted."""


ENCRYPTED = "{} is encrypted (DRM); a2s opens a copy without encryption only."
"""A message; its argument is the file's name."""


def is_encrypted(path: Path, sound: bool) -> bool:
    """Whether the picture of an mp4, mov, wmv or transport stream is encrypted; with `sound`, whether its sound is."""
    with path.open("rb") as file:
        head = file.read(TS_PACKET + 1)
    if head.startswith(ASF_HEADER):
        return _has_asf_encryption(path)
    if head[:1] == head[TS_PACKET:] == b"G":
        return _is_scrambled(path)
    return bool(encrypted_entries(path).intersection(SOUNDS if sound else PICTURES))


def names_a_key(container: InputContainer, kind: str) -> bool:
    """Whether a WebM stream of a kind ("video", "audio") names the key that decrypts it."""
    return any("enc_key_id" in stream.metadata for stream in container.streams if stream.type == kind)


def encrypted_entries(path: Path) -> set[bytes]:
    """The kinds of encrypted sample entries of an mp4 or mov file; none for another file."""
    kinds = set()
    with path.open("rb") as file:
        for moov in found(file, whole(file), b"moov"):
            for entries in found(file, moov, b"trak", b"mdia", b"minf", b"stbl", b"stsd"):
                kinds |= {entry.kind for entry in children(file, entries.start + 8, entries.end)}
            break
    return kinds.intersection(PICTURES + SOUNDS)


def _has_asf_encryption(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(24)
        header = file.read(min(int.from_bytes(start[16:24], "little"), 2**20))
    return any(guid in header for guid in ASF_ENCRYPTION)


def _is_scrambled(path: Path) -> bool:
    """Whether most packets of a transport stream are scrambled (ISO 13818-1, transport_scrambling_control)."""
    with path.open("rb") as file:
        data = file.read(TS_LOOKED_AT)
    headers = [data[at : at + 4] for at in range(0, len(data) - 3, TS_PACKET)]
    marked = [header[3] >> 6 for header in headers if header[0] == 0x47]
    return len(marked) == len(headers) and sum(map(bool, marked)) > len(marked) / 2
