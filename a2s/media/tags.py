"""Tags and chapters of a film, as its dub keeps them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from av.container import InputContainer, OutputContainer

from a2s.media.timeline import Timeline

if TYPE_CHECKING:
    from av.container.core import Chapter

MADE_BY_WRITERS = re.compile(
    r"major_brand|minor_version|compatible_brands|encoder|duration|vendor_id|bps|number_of_\w+|_statistics_\w+|"
    r"\w*_umid|uid|generation_uid|operational_pattern_ul|product_uid|product_version\w*|toolkit_\w+|application_platform|rotate|alpha_mode|enc_key_id",
    re.IGNORECASE,
)
"""Tags that describe the old file rather than the film; the new file has its own."""

WRITTEN = {
    "mp4": frozenset(
        "title artist album_artist composer album date comment genre copyright grouping lyrics description synopsis"
        " show episode_id network keywords episode_sort season_number track disc creation_time location encoder".split()
    ),
    "mov": frozenset(
        "title artist author album date comment genre copyright make model keywords creation_time location".split()
    ),
}
"""Tags that ffmpeg writes to a container by itself. It drops all others."""

MAX_TAG = 64 * 1024
"""Characters of a tag; a longer one is left out."""


def film_tags(tags: Mapping[str, str], comment: str | None) -> dict[str, str]:
    """The tags of a dub: those of the film, and `comment` as the comment.

    The film's own comment becomes the description, unless there is one, or it is the recipe of an earlier dub.
    """
    kept = {key: value for key, value in tags.items() if not MADE_BY_WRITERS.fullmatch(key) and len(value) < MAX_TAG}
    names = {key.lower(): key for key in kept}
    if date := names.get("creation_time"):
        kept[date] = kept[date].split(";")[0]  # where a file states it twice, ffmpeg joins both
    if comment:
        own = kept.pop(names["comment"]) if "comment" in names else None
        if own and "description" not in names and not _is_recipe(own):
            kept["description"] = own
        kept["comment"] = comment
    return kept


def stream_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags of a stream, such as its language, title and timecode."""
    kept = {key: value for key, value in tags.items() if not MADE_BY_WRITERS.fullmatch(key) and len(value) < MAX_TAG}
    kept = {key.lower() if key.isupper() else key: value for key, value in kept.items()}
    if title := kept.pop("name", None):  # mp4's word for the title of a track
        kept.setdefault("title", title)
    if "title" in kept:
        kept.setdefault("handler_name", kept["title"])  # most players of mp4 show this one
    return kept


def dropped_tags(tags: Mapping[str, str], container: str) -> dict[str, str]:
    """Those tags that ffmpeg would drop when it writes this container, by name."""
    written = WRITTEN.get(container)
    return {} if written is None else {k: v for k, v in tags.items() if k.lower().split("-")[0] not in written}


def fitting_timecode(timecode: str | None, rate: Fraction) -> str | None:
    """The timecode, if a film of this rate in frames per second can count it; else None."""
    if not timecode:
        return None
    count, drop = round(rate), ";" in timecode
    fits = int(timecode[9:]) < count and (not drop or count in (30, 60))
    return timecode if fits else None


def keep_chapters(source: InputContainer, out: OutputContainer, timeline: Timeline) -> int:
    """Give the output the chapters that lie within the picture, in its time. Returns how many."""
    begin = timeline.start * timeline.time_base
    end = int(timeline.placed(timeline.end)) * timeline.placed_base
    kept: list[Chapter] = []
    for chapter in source.chapters():
        base = chapter["time_base"]
        if not base:
            continue
        first, last = (max(chapter[edge] * base - begin, 0 * base) for edge in ("start", "end"))
        if first < min(end, last):
            start, stop = round(first / base), round(min(last, end) / base)
            title = dict(chapter["metadata"])
            kept.append({"id": len(kept) + 1, "start": start, "end": stop, "time_base": base, "metadata": title})
    if kept:
        out.set_chapters(kept)
    return len(kept)


def _is_recipe(text: str) -> bool:
    """Whether a comment is the recipe of a dub."""
    if not text.startswith("{"):
        return False
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(values, dict) and "a2s" in values
