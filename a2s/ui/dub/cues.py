"""Cues between timeline and cue track. What a browser sends is validated like a cue file."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import gradio as gr

from a2s.cues import CueTrack
from a2s.cues.formats import CUE_SUFFIXES, FrameClock, read_cues, write_cues
from a2s.errors import A2SError, BadCues
from a2s.settings import Limits
from a2s.ui.gradio_compat.files import file_url
from a2s.ui.parts.timeline import FRAMES
from a2s.ui.state import Visit, Visits, plain_name

_SLACK = 1e-6
"""Seconds by which a cue may lie behind the clip's end, since both were rounded."""

TimelineValue = dict[str, Any]  # Any: the value of CueTimeline


def timeline_value(cues: CueTrack, duration: float, video: str = "") -> TimelineValue:
    """Value of the timeline for the cues of a clip that lasts `duration` s. Numbers keep their full precision.

    video: the visit's name for the clip. It comes back with the cues and says which video they belong to.
    """
    items = [{"id": number, **asdict(cue)} for number, cue in enumerate(cues)]
    return {"video": video, "duration": duration, "cues": items, "source": cues.source}


def value_in(visit: Visit, cues: CueTrack | None) -> TimelineValue:
    """Value of a visit's timeline for cues of its video."""
    return timeline_value(cues or CueTrack(()), visit.need_info().duration, visit.need_video().name)


def track_in(visit: Visit, value: object) -> CueTrack | None:
    """The cues on a visit's timeline. Raises BadCues.

    An empty timeline, or one with cues of an earlier video, gives the detected cues; None before they are known.
    """
    if not value or isinstance(value, dict) and value.get("video") != visit.need_video().name:
        return visit.detected_cues
    return track_of(value, visit.need_info().duration, visit.detected_cues, visit.limits)


def track_of(
    value: object, duration: float, detected: CueTrack | None = None, limits: Limits | None = None
) -> CueTrack:
    """The cues on the timeline: `detected` itself if nothing was edited, else a track by the creator.

    The value comes from a browser, so every cue goes through the reader of cue files, and none may lie behind
    `duration`, the length in s that the server knows. Raises BadCues.
    """
    limits = limits or Limits()
    if not isinstance(value, dict) or not isinstance(value.get("cues"), list):
        raise BadCues("The page sent no list of cues. Load the video again.")
    cues = value["cues"]
    if len(cues) > limits.max_cues:
        most, raised = limits.max_cues, limits.raised_by("max_cues")
        raise BadCues(f"There are {len(cues)} cues; at most {most} are allowed ({raised}).")
    if detected is not None and cues == timeline_value(detected, 0.0)["cues"]:
        return detected
    track = _read([_without_id(cue) for cue in cues])
    _check_end(track, duration)
    return track


def _without_id(cue: object) -> object:
    """A cue as a cue file has it. Anything else stays as it is, so that the reader refuses it."""
    return {key: value for key, value in cue.items() if key != "id"} if isinstance(cue, dict) else cue


def _read(cues: list) -> CueTrack:
    try:
        text = json.dumps({"version": 1, "source": "creator", "cues": cues})
    except (TypeError, ValueError, RecursionError):
        raise BadCues("The page sent cues that can't be read.") from None
    try:
        return CueTrack.from_json(text)
    except BadCues as error:
        raise BadCues(str(error).replace(" of the file:", ":")) from None


def _check_end(track: CueTrack, duration: float) -> None:
    for number, cue in enumerate(track, 1):
        if cue.time > duration + _SLACK:
            raise BadCues(f"Cue {number} is at {cue.time:.2f} s, behind the end of the clip at {duration:.2f} s.")


class CueHandlers:
    """Handlers of the Cues section."""

    def __init__(self, visits: Visits) -> None:
        self.visits = visits

    def load_file(self, upload: str | None, request: gr.Request) -> TimelineValue:
        """Show the cues of a cue file. Returns the timeline's value."""
        visit, _ = self._analysed(request)
        if upload is None:
            raise A2SError("Choose a cue file first.")
        file = visit.receive(upload, "cues")
        try:
            track = read_cues(file, _clock_of(visit), visit.limits, Path(upload).name)
        finally:
            file.unlink(missing_ok=True)
        _check_end(track, visit.need_info().duration)
        return value_in(visit, track)

    def save_file(self, suffix: str, value: Any, request: gr.Request) -> tuple[str, gr.DownloadButton]:
        """Write the cues on the timeline as a file. Returns (kind of file, for the next choice, and the download)."""
        visit, _ = self._analysed(request)
        if suffix not in CUE_SUFFIXES:
            raise A2SError(f"Cues can be saved as {', '.join(CUE_SUFFIXES)}.")
        track = track_in(visit, value) or CueTrack(())
        folder = visit.next_path("cues")
        folder.mkdir()
        path = folder / f"{plain_name(visit.name)}.cues{suffix}"
        write_cues(track, path, _clock_of(visit))
        return "", gr.DownloadButton(path.name, value=str(path), visible=True, interactive=True)

    def reset(self, request: gr.Request) -> TimelineValue:
        """Show the detected cues again. Returns the timeline's value."""
        return value_in(*self._analysed(request))

    def refresh(self, request: gr.Request) -> gr.HTML:
        """Show the cues and the frames of the video, nothing before it was analysed, and no sound."""
        visit = self.visits.of(request.session_hash)
        if visit.detected_cues is None or visit.info is None:
            return gr.HTML(value=None, strip="", wave=[])
        return gr.HTML(value=value_in(visit, visit.detected_cues), strip=_filmstrip_url(visit), wave=[])

    def _analysed(self, request: gr.Request) -> tuple[Visit, CueTrack]:
        """The visit and its detected cues. Raises A2SError before they are known."""
        visit = self.visits.of(request.session_hash)
        if visit.detected_cues is None or visit.info is None:
            raise A2SError("There are no cues yet. Load a video first.")
        return visit, visit.detected_cues


def _clock_of(visit: Visit) -> FrameClock:
    """Frame rate and first timecode of the video, for cue files that count frames."""
    from a2s.media import read_start_timecode

    info = visit.need_info()
    start = read_start_timecode(visit.need_video(), limits=visit.limits)
    return FrameClock.of(info.fps, start, info.duration)


def _filmstrip_url(visit: Visit) -> str:
    """Address of the filmstrip of the visit's video; "" if it can't be made, since the cues work without it."""
    from a2s.media.filmstrip import write_filmstrip

    for old in visit.folder.glob("strip-*.jpg"):
        old.unlink(missing_ok=True)
    try:
        return file_url(
            write_filmstrip(visit.need_video(), visit.next_path("strip", ".jpg"), FRAMES, limits=visit.limits)
        )
    except A2SError:
        return ""
