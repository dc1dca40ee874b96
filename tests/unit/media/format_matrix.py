"""The tables of docs/formats.md, from what the code does with small films.

`python -m tests.unit.media.format_matrix` writes them into the page.
"""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path

import av

from a2s.limits import Limits
from a2s.media.containers import CONTAINERS
from a2s.media.picture_plan import plan_picture
from a2s.media.probe import first_frame, probe_timeline
from a2s.media.source import open_media, picture_stream
from a2s.media.subtitles import BITMAPS, TEXT
from tests.unit.media.conftest import corner_picture

PAGE = Path(__file__).parents[3] / "docs/formats.md"
BEGIN, END = "<!-- tables: begin -->", "<!-- tables: end -->"

FILMS: dict[str, tuple[str, dict]] = {
    "mp4, H.264": ("a.mp4", {"codec": "libx264"}),
    "mp4, H.264 10 bit": ("b.mp4", {"codec": "libx264", "pix_fmt": "yuv420p10le"}),
    "mp4, HEVC": ("c.mp4", {"codec": "libx265", "options": {"x265-params": "log-level=none"}}),
    "mp4, AV1": ("d.mp4", {"codec": "libsvtav1", "options": {"preset": "12"}}),
    "mp4, MPEG-4": ("e.mp4", {"codec": "mpeg4"}),
    "mov, ProRes": ("a.mov", {"codec": "prores_ks", "pix_fmt": "yuv422p10le"}),
    "mov, ProRes 4444 with alpha": ("b.mov", {"codec": "prores_ks", "pix_fmt": "yuva444p10le"}),
    "mov, DNxHR": ("c.mov", {"codec": "dnxhd", "pix_fmt": "yuv422p", "size": (256, 144),
                             "options": {"profile": "dnxhr_sq"}}),
    "mov, png": ("d.mov", {"codec": "png", "pix_fmt": "rgba"}),
    "mov, Motion JPEG": ("e.mov", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}),
    "mov, Animation": ("f.mov", {"codec": "qtrle", "pix_fmt": "rgb24"}),
    "mkv, H.264": ("a.mkv", {"codec": "libx264"}),
    "mkv, FFV1": ("b.mkv", {"codec": "ffv1"}),
    "mkv, MPEG-2": ("c.mkv", {"codec": "mpeg2video"}),
    "webm, VP8": ("a.webm", {"codec": "libvpx"}),
    "webm, VP9": ("b.webm", {"codec": "libvpx-vp9"}),
    "webm, VP9 with alpha": ("c.webm", {"codec": "libvpx-vp9", "pix_fmt": "yuva420p"}),
    "avi, MPEG-4": ("a.avi", {"codec": "mpeg4"}),
    "mxf, MPEG-2": ("a.mxf", {"codec": "mpeg2video"}),
    "ts, H.264": ("a.ts", {"codec": "libx264"}),
    "ts, MPEG-2": ("b.ts", {"codec": "mpeg2video"}),
    "mpg, MPEG-2": ("a.mpg", {"codec": "mpeg2video"}),
    "wmv, WMV 2": ("a.wmv", {"codec": "wmv2"}),
    "flv, FLV 1": ("a.flv", {"codec": "flv"}),
    "dv, DV": ("a.dv", {"codec": "dvvideo", "size": (720, 576)}),
    "gif": ("a.gif", {"codec": "gif", "pix_fmt": "rgb8"}),
    "animated png": ("a.apng", {"codec": "apng", "pix_fmt": "rgba"}),
}  # fmt: skip
"""Containers and codecs of a film, and how a small one is made."""

NAMES = {"hdmv_pgs_subtitle": "PGS", "dvd_subtitle": "DVD", "dvb_subtitle": "DVB", "xsub": "XSUB"}


def write(path: Path, codec: str, size=(64, 48), pix_fmt="yuv420p", options=None) -> Path:
    """A film of twelve frames."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=25, options=options or {})
        stream.width, stream.height, stream.pix_fmt = *size, pix_fmt
        if codec == "libvpx":  # its threads wait for each other in a busy loop
            stream.codec_context.thread_count = 1
        for k in range(12):
            frame = av.VideoFrame.from_ndarray(corner_picture(k, *size)).reformat(format=pix_fmt)
            frame.pts, frame.time_base = k, Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def pictures(folder: Path) -> list[list[str]]:
    """A row for each film: its name, and what happens to its picture in each container."""
    rows = []
    for name, (file, options) in FILMS.items():
        path = write(folder / file, **options)
        timeline = probe_timeline(path, Limits())
        row = [name]
        for target in CONTAINERS.values():
            with open_media(path, Limits()) as container:
                stream = picture_stream(container, file)
                frame = first_frame(container, stream, file, Limits())
                plan = plan_picture(stream, frame, timeline, target, "copy")
                lost = plan.copied and "transparency is lost" in plan.reason
                row.append("copied without alpha" if lost else "copied" if plan.copied else "H.264")
        rows.append(row)
    return rows


def sounds() -> list[list[str]]:
    """A row for each codec of a further sound track."""
    codecs = sorted(frozenset.union(*(target.sounds for target in CONTAINERS.values())))
    return [[codec, *("copied" if codec in t.sounds else "left out" for t in CONTAINERS.values())] for codec in codecs]


def subtitles() -> list[list[str]]:
    """A row for each codec of subtitles."""

    def cell(codec, target):
        if codec in target.subtitles:
            return "copied"
        return f"becomes {target.text}" if codec in TEXT else "left out"

    return [[NAMES.get(codec, codec), *(cell(codec, t) for t in CONTAINERS.values())] for codec in (*TEXT, *BITMAPS)]


def table(first: str, rows: list[list[str]]) -> str:
    header = [first, *(target.name for target in CONTAINERS.values())]
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def markdown(folder: Path) -> str:
    """The tables of the page."""
    parts = ("## Picture", table("film", pictures(folder)), "## Further sound tracks", table("codec", sounds()))
    return "\n\n".join((*parts, "## Subtitles", table("codec", subtitles())))


def page_tables() -> str:
    """The tables as they stand in the page."""
    return PAGE.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0].strip()


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as made:
        tables = f"{BEGIN}\n\n{markdown(Path(made))}\n\n{END}"
    PAGE.write_text(text.split(BEGIN)[0] + tables + text.split(END)[1], encoding="utf-8")
