"""Hostile files with the name of a video. All are made here; none exceeds a few hundred kilobytes."""

from __future__ import annotations

import io
import struct
import wave
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from a2s.media.source import ASF, MXF
from tests.hostile.odd import PLAIN, Film, even

Maker = Callable[["Trap"], bytes]


class Trap:
    """A folder for hostile files, and their targets: a canary file outside of it and an address with a server."""

    def __init__(self, folder: Path, canary: Path, address: str = "http://127.0.0.1:9/a.ts") -> None:
        self.folder, self.canary, self.address = folder, canary, address
        folder.mkdir(exist_ok=True)
        self._films: dict[str, bytes] = {}

    def film(self, **how) -> bytes:
        """The bytes of a good film."""
        key = repr(sorted(how.items()))
        if key not in self._films:
            path = replace(PLAIN, **how).write(self.folder)
            self._films[key] = path.read_bytes()
            path.unlink()
        return self._films[key]

    def set(self, name: str, data: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(data)
        return path


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box of an mp4."""
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + kind + body


FTYP = box(b"ftyp", b"isom", struct.pack(">I", 512), b"isomiso2")


def still(kind: str) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (64, 48), "red").save(file, kind)
    return file.getvalue()


def sound(trap: Trap, name: str, codec: str) -> bytes:
    path = trap.folder / name
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=48_000)
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 4800), np.float32), "fltp", "stereo")
        frame.sample_rate, frame.time_base, frame.pts = 48_000, Fraction(1, 48_000), 0
        if codec != "aac":
            frame = av.AudioResampler("s16", "stereo", 48_000).resample(frame)[0]
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    data = path.read_bytes()
    path.unlink()
    return data


def wav() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setparams((1, 2, 16_000, 0, "NONE", ""))
        out.writeframes(bytes(32_000))
    return file.getvalue()


def zipped(**files: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in files.items():
            out.writestr(name, data)
    return file.getvalue()


def playlist(*entries: str) -> bytes:
    lines = "".join(f"#EXTINF:10,\n{entry}\n" for entry in entries)
    return f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXT-X-MEDIA-SEQUENCE:0\n{lines}#EXT-X-ENDLIST\n".encode()


def hls(trap: Trap) -> bytes:
    return playlist(trap.canary.as_uri(), str(trap.canary), trap.address, f"concat:{trap.canary}|{trap.address}")


def ffconcat(trap: Trap) -> bytes:
    return f"ffconcat version 1.0\nfile '{trap.canary}'\nfile '{trap.address}'\n".encode()


def dash(trap: Trap) -> bytes:
    base = f"<BaseURL>{trap.address}</BaseURL><SegmentList><SegmentURL media='{trap.canary}'/></SegmentList>"
    inside = f"<Period><AdaptationSet mimeType='video/mp4'><Representation id='1'>{base}</Representation>"
    mpd = f"<MPD xmlns='urn:mpeg:dash:schema:mpd:2011' type='static'>{inside}</AdaptationSet></Period></MPD>"
    return b"<?xml version='1.0'?>" + mpd.encode()


def session(trap: Trap) -> bytes:
    return b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"


def reference(trap: Trap) -> bytes:
    """A QuickTime file whose picture lies in another file: the data reference is an alias to the canary."""
    film = trap.film(name="film.mov")
    place = str(trap.canary).encode()
    record = struct.pack(">HHH", 2, len(place), 0) + place + struct.pack(">h", -1)  # kind 2: an absolute path
    alias = box(b"alis", bytes(4), bytes(150) + record)
    dref = box(b"dref", bytes(4), struct.pack(">I", 1), alias)
    at = film.index(b"dref") - 4
    (size,) = struct.unpack_from(">I", film, at)
    grown = bytearray(film[:at] + dref + film[at + size :])
    for outer in (b"moov", b"trak", b"mdia", b"minf", b"dinf"):
        where = grown.rindex(outer, 0, at) - 4
        struct.pack_into(">I", grown, where, struct.unpack_from(">I", grown, where)[0] + len(dref) - size)
    return bytes(grown)


def subtitled(trap: Trap) -> bytes:
    """An AVI with a subtitle stream that is itself a file, of which ffmpeg guesses the kind: a playlist."""
    film = trap.film(name="film.avi", codec="mpeg4", times=(0.0, 0.04, 0.08))
    text = hls(trap)
    gab = b"GAB2\0" + struct.pack("<HI", 2, 2) + b"a\0" + struct.pack("<HI", 4, len(text)) + text
    header = struct.pack("<4s4sIHHIIIIIIII", b"txts", bytes(4), 0, 0, 0, 0, 1, 25, 0, 1, len(gab), 0, 0) + bytes(8)
    strl = b"strl" + chunk(b"strh", header) + chunk(b"strf", b"")
    data = bytearray(film)
    at = data.index(b"LIST", data.index(b"strl"))  # after the picture's own list
    grown = chunk(b"LIST", strl)
    where = data.index(b"hdrl") - 4
    struct.pack_into("<I", data, where, struct.unpack_from("<I", data, where)[0] + len(grown))
    data[at:at] = grown
    where = data.index(b"movi") - 4
    struct.pack_into("<I", data, where, struct.unpack_from("<I", data, where)[0] + len(chunk(b"01tx", gab)))
    data[where + 8 : where + 8] = chunk(b"01tx", gab)
    struct.pack_into("<I", data, 4, len(data) - 8)
    return bytes(data)


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of an AVI."""
    return kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def gif(width: int, height: int) -> bytes:
    size = struct.pack("<HH", width, height)
    return b"GIF89a" + size + b"\x80\0\0" + bytes(3) + b"\xff" * 3 + b"," + bytes(4) + size + b"\0\2\2\x4c\1\0;"


def large_picture(trap: Trap) -> bytes:
    """A PNG of 60 000 x 60 000 black pixels as the frame of a film: four megabytes would become ten thousand."""
    film = trap.film(name="film.mov", codec="png", pix_fmt="rgb24", times=(0.0,))
    at = film.index(b"IHDR")
    header = b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return film[:at] + header + struct.pack(">I", zlib.crc32(header)) + film[at + len(header) + 4 :]


def animated_png(width: int, height: int) -> bytes:
    """An animation of one frame without any pixel."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    size = struct.pack(">II", width, height)
    parts = (b"IHDR", size + b"\x08\x02\0\0\0"), (b"acTL", struct.pack(">II", 1, 0)), (b"IDAT", b""), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def encrypted(trap: Trap) -> bytes:
    """A film under common encryption, without its key."""
    path = trap.folder / "made.mp4"
    how = {"encryption_scheme": "cenc-aes-ctr", "encryption_key": "0f" * 16, "encryption_kid": "1e" * 16}
    clear = trap.folder / "clear.mp4"
    clear.write_bytes(trap.film())
    with av.open(str(clear)) as source, av.open(str(path), "w", options=how) as out:
        picture = out.add_stream_from_template(source.streams.video[0], opaque=True)
        for packet in source.demux(source.streams.video[0]):
            if packet.size:
                packet.stream = picture
                out.mux(packet)
    data = path.read_bytes()
    path.unlink()
    clear.unlink()
    return data


def vast_index(trap: Trap) -> bytes:
    """A movie header that is compressed: 256 MB of zeros in 256 kB (QuickTime's `cmov`)."""
    size = 256 * 2**20
    squeezer = zlib.compressobj(1)
    squeezed = b"".join(squeezer.compress(bytes(2**20)) for _ in range(size // 2**20)) + squeezer.flush()
    inside = box(b"dcom", b"zlib") + box(b"cmvd", struct.pack(">I", size), squeezed)
    return FTYP + box(b"moov", box(b"cmov", inside))


def declared(trap: Trap) -> bytes:
    """An mp4 whose tables declare four thousand million frames in a few hundred bytes."""
    film = bytearray(trap.film())
    for table, where in ((b"stsz", 12), (b"stts", 8), (b"stco", 8), (b"ctts", 8)):
        at = film.find(table)
        if at > 0:
            struct.pack_into(">I", film, at + where, 0xFFFFFFF0)
    return bytes(film)


def deep(trap: Trap) -> bytes:
    """Boxes in boxes, a hundred thousand deep."""
    depth = 100_000
    return FTYP + b"".join(struct.pack(">I", 8 * (depth - k)) + b"moov" for k in range(depth))


def fragments(trap: Trap) -> bytes:
    """An index of fragments that points back to itself."""
    sidx = box(b"sidx", bytes(4), struct.pack(">IIIIHHIII", 1, 1000, 0, 0, 0, 1, 0x80000000, 1000, 0))
    return FTYP + sidx * 3


REFUSED: dict[str, Maker] = {
    "empty.mp4": lambda trap: b"",
    "one byte.mp4": lambda trap: b"\0",
    "random.mp4": lambda trap: np.random.default_rng(0).bytes(50_000),
    "random behind ftyp.mp4": lambda trap: FTYP + np.random.default_rng(1).bytes(50_000),
    "random behind ebml.mkv": lambda trap: b"\x1aE\xdf\xa3" + np.random.default_rng(2).bytes(50_000),
    "text.mp4": lambda trap: b"This is no film.\n" * 99,
    "page.webm": lambda trap: b"<html><script>alert(1)</script><video src='a.mp4'></html>",
    "program.mp4": lambda trap: b"\x7fELF" + bytes(500),
    "script.mp4": lambda trap: b"#!/bin/sh\ntouch /tmp/here\n",
    "cut short.mp4": lambda trap: trap.film()[:-300],
    "cut in the header.mkv": lambda trap: trap.film(name="film.mkv")[:200],
    "its end only.mp4": lambda trap: trap.film()[5000:],
    "sound only.mp4": lambda trap: sound(trap, "a.mp4", "aac"),
    "sound only.mkv": lambda trap: sound(trap, "a.mkv", "flac"),
    "sound only.wav": lambda trap: wav(),
    "sound named a film.mp4": lambda trap: wav(),
    "picture.png": lambda trap: still("PNG"),
    "picture named a film.mp4": lambda trap: still("PNG"),
    "photo named a film.mov": lambda trap: still("JPEG"),
    "picture.webp": lambda trap: still("WEBP"),
    "zip.mp4": lambda trap: zipped(**{"film.mp4": trap.film()}),
    "zip.zip": lambda trap: zipped(**{"../../film.mp4": trap.film()}),
    "zip bomb.mp4": lambda trap: zipped(a=bytes(32 * 2**20)),
    "playlist.m3u8": hls,
    "playlist.mp4": hls,
    "playlist.ts": hls,
    "list.mp4": ffconcat,
    "list.ffconcat": ffconcat,
    "list.txt": ffconcat,
    "manifest.mpd": dash,
    "manifest.mp4": dash,
    "session.sdp": session,
    "session.mp4": session,
    "reference.mov": reference,
    "playlist behind ftyp.mp4": lambda trap: FTYP + hls(trap),
    "playlist behind gif.gif": lambda trap: b"GIF89a\n" + hls(trap),
    "playlist behind ebml.mkv": lambda trap: b"\x1aE\xdf\xa3\n" + hls(trap),
    "playlist behind ogg.ogg": lambda trap: b"OggS\n" + hls(trap),
    "list behind flv.flv": lambda trap: b"FLV\x01\n" + ffconcat(trap),
    "playlist in sync bytes.ts": lambda trap: (b"G" + hls(trap)).ljust(188, b"\n") * 4,
    "script and gif.gif": lambda trap: b"GIF89a/*" + bytes(20) + b"*/=1;alert(1);",
    "absurd.gif": lambda trap: gif(65_535, 65_535),
    "absurd.y4m": lambda trap: b"YUV4MPEG2 W1000000 H1000000 F25:1 Ip A1:1 C420jpeg\nFRAME\n" + bytes(1000),
    "zero.y4m": lambda trap: b"YUV4MPEG2 W0 H0 F0:0\nFRAME\n",
    "absurd.png": lambda trap: animated_png(2**30, 2**30),
    "only a header.mxf": lambda trap: MXF + bytes(4000),
    "random.mxf": lambda trap: MXF + b"\x02\x04\0" + np.random.default_rng(5).bytes(4000),
    "cut.mxf": lambda trap: trap.film(name="film.mxf", codec="mpeg2video", times=even(25, 1), size=(160, 112))[:1200],
    "only a header.wmv": lambda trap: ASF + struct.pack("<QI", 2**62, 2**31) + bytes(4000),
    "random.wmv": lambda trap: ASF + np.random.default_rng(6).bytes(4000),
    "cut.wmv": lambda trap: trap.film(name="film.wmv", codec="wmv2")[:500],
    "random.dv": lambda trap: b"\x1f\x07\0\x3f" + np.random.default_rng(7).bytes(4000),
    "raw.h264": lambda trap: b"\0\0\0\1\x67" + bytes(1000),
    "encrypted.mp4": encrypted,
    "absurd declared.avi": lambda trap: _resized(trap),
    "large picture.mov": large_picture,
    "vast index.mov": vast_index,
    "deep boxes.mp4": deep,
    "fragments.mp4": fragments,
    "three hours.mkv": lambda trap: _three_hours(trap),
    "three hours in a frame.mp4": lambda trap: _long_frame(trap),
}
"""Each of these is one sentence, and nothing else happens."""

DOUBLE: dict[str, Maker] = {
    "film and zip.mp4": lambda trap: trap.film() + zipped(**{"../evil": b"x"}),
    "film and page.mp4": lambda trap: trap.film() + b"<script>alert(1)</script>",
    "film and playlist.mp4": lambda trap: trap.film() + hls(trap),
    "playlist in subtitles.avi": subtitled,
    "playlist in a free box.mp4": lambda trap: trap.film() + box(b"free", hls(trap)),
    "declared.mp4": declared,
}
"""Each is a film and something else as well: dubbed as the film, or refused; the other half does nothing."""


def _resized(trap: Trap) -> bytes:
    """An AVI of raw pictures, 1 000 000 x 1 000 000 by its header."""
    film = trap.film(name="film.avi", codec="rawvideo", pix_fmt="bgr24", times=(0.0,), size=(16, 16))
    at = film.index(b"strf") + 8
    return film[: at + 4] + struct.pack("<ii", 1_000_000, 1_000_000) + film[at + 12 :]


def _three_hours(trap: Trap) -> bytes:
    film = Film("film.mkv", "ffv1", tuple(float(k) for k in range(10_800)), (16, 16), hits=())
    path = film.write(trap.folder)
    data = path.read_bytes()
    path.unlink()
    return data


def _long_frame(trap: Trap) -> bytes:
    """A film of two frames, the second three hours after the first."""
    return trap.film(times=(0.0, 10_800.0), hits=())
