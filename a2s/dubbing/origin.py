"""What the Broadcast Wave files of a take say about their place in the film: its timecode and its date."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from a2s.errors import BadCues
from a2s.settings import DELIVERY

if TYPE_CHECKING:
    from a2s.dubbing.recipe import Report
    from a2s.media import Broadcast
    from a2s.vision.video import Video


@dataclass(frozen=True)
class Origin:
    """time_reference: samples at 48 kHz from midnight to the first frame, by the film's timecode; 0 without one.

    date: YYYY-MM-DD and time: HH:MM:SS of the recording, as the film states them; "" where it states none.
    """

    time_reference: int = 0
    date: str = ""
    time: str = ""


def origin_of(video: Video) -> Origin:
    """The origin of a film. A timecode that does not exist at its frame rate counts as none. Raises UnreadableVideo."""
    from a2s.cues.formats.clock import FrameClock  # keeps `import a2s` fast
    from a2s.media import read_film_origin

    timecode, date, time = read_film_origin(video.path, limits=video.limits)
    if timecode is None:
        return Origin(0, date, time)
    clock = FrameClock.of(video.info.fps, timecode, video.info.duration)
    try:
        seconds = clock.frames(timecode) / clock.rate
    except BadCues:
        return Origin(0, date, time)
    return Origin(round(seconds * DELIVERY.sample_rate), date, time)


def broadcasts(names: Iterable[str], origin: Origin, report: Report) -> dict[str, Broadcast]:
    """The `bext` chunk of each sound file of a take: "mix" has its loudness, stems have none of their own."""
    from a2s.media import Broadcast  # keeps `import a2s` fast: PyAV

    figures, about = report.loudness, {}
    for name in names:
        description = f"{report.recipe.video.name}: {name}"
        about[name] = Broadcast(origin.time_reference, description, date=origin.date, time=origin.time)
    if "mix" in about:
        about["mix"] = Broadcast(
            origin.time_reference, f"{report.recipe.video.name}: mix", date=origin.date, time=origin.time,
            lufs=figures.lufs, range_lu=figures.range_lu, true_peak_db=figures.true_peak_db,
            momentary=figures.momentary, short_term=figures.short_term,
        )  # fmt: skip
    return about
