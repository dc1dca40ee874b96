"""Cues between page and track: what the timeline shows, and what it sends back, judged as a cue file would be."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path

import gradio as gr

from a2s.cues import CueTrack
from a2s.errors import A2SError, BadCues
from a2s.settings import LIMITS
from a2s.ui.engine import Engine
from a2s.ui.parts.part import served
from a2s.ui.parts.timeline import FRAMES
from a2s.ui.visit import Visit, Visits

_SLACK = 1e-6
"""Seconds by which a cue may lie behind the clip's end: the two were not always rounded alike."""


def timeline_value(track: CueTrack, duration: float) -> dict:
    """Value of the timeline for a track of a clip that lasts `duration` seconds. Numbers keep their full precision."""
    cues = [{"id": number, **asdict(cue)} for number, cue in enumerate(track)]
    return {"duration": duration, "cues": cues, "source": track.source}


def track_of(value: object, seen: CueTrack | None = None) -> CueTrack:
    """The track that the timeline shows: `seen` itself where nothing was edited, else one by the creator.

    The value comes from a browser, so every cue goes through the cue file's own reader. Raises BadCues.
    """
    if not isinstance(value, dict) or not isinstance(value.get("cues"), list):
        raise BadCues("The page sent no list of cues; load the video again.")
    cues = value["cues"]
    if len(cues) > LIMITS.max_cues:
        raise BadCues(f"There are {len(cues)} cues; at most {LIMITS.max_cues} are allowed.")
    if seen is not None and cues == timeline_value(seen, 0.0)["cues"]:
        return seen
    track = _read([_entry(cue) for cue in cues])
    _check_end(track, _duration(value.get("duration")))
    return track


def _entry(cue: object) -> object:
    """A cue as the file has it; what is no cue at all is left to the reader to refuse."""
    return {key: part for key, part in cue.items() if key != "id"} if isinstance(cue, dict) else cue


def _read(cues: list) -> CueTrack:
    try:
        text = json.dumps({"version": 1, "source": "creator", "cues": cues})
    except (TypeError, ValueError, RecursionError):
        raise BadCues("The page sent cues that cannot be read.") from None
    try:
        return CueTrack.from_json(text)
    except BadCues as error:
        raise BadCues(str(error).replace(" of the file:", ":")) from None


def _duration(value: object) -> float:
    """Length of the clip in seconds, as the page says it."""
    number = value if isinstance(value, (int, float)) and not isinstance(value, bool) else math.nan
    if not 0 < number <= LIMITS.max_seconds:
        raise BadCues("The page sent cues for a clip without a length; load the video again.")
    return number


def _check_end(track: CueTrack, duration: float) -> None:
    for number, cue in enumerate(track, 1):
        if cue.time > duration + _SLACK:
            raise BadCues(f"Cue {number} is at {cue.time:.2f} s, behind the end of the clip at {duration:.2f} s.")


class CueDesk:
    """Handlers of the cues' corner of the page."""

    def __init__(self, engine: Engine, visits: Visits) -> None:
        self.engine, self.visits = engine, visits

    def load(self, upload: str | None, request: gr.Request) -> dict:
        """A cue file onto the timeline. Returns the timeline's value."""
        visit = self._watched(request)
        if upload is None:
            raise A2SError("Choose a cue file first.")
        file = visit.receive(upload, "cues")
        try:
            track = CueTrack.load(file)
        except BadCues as error:
            raise BadCues(str(error).replace(file.name, Path(upload).name)) from None
        finally:
            file.unlink(missing_ok=True)
        _check_end(track, visit.info.duration)
        return timeline_value(track, visit.info.duration)

    def restore(self, request: gr.Request) -> dict:
        """The cues that the machine saw, back onto the timeline. Returns the timeline's value."""
        visit = self._watched(request)
        return timeline_value(visit.track, visit.info.duration)

    def fresh(self, request: gr.Request):
        """After a picture was watched: its cues and its filmstrip; the sound of the clip before goes."""
        visit = self.visits.of(request.session_hash)
        if visit.track is None or visit.info is None:
            return gr.HTML(value=None, strip="", wave=[])
        value = timeline_value(visit.track, visit.info.duration)
        return gr.HTML(value=value, strip=_strip(visit), wave=[])

    def _watched(self, request: gr.Request) -> Visit:
        """The visit, once it has a picture whose cues are known."""
        visit = self.visits.of(request.session_hash)
        if visit.track is None or visit.info is None:
            raise A2SError("There are no cues yet: load a video first.")
        return visit


def _strip(visit: Visit) -> str:
    """Address of the filmstrip of the visit's picture; "" where none can be made, for the cues matter more."""
    from a2s.media.filmstrip import filmstrip

    for old in visit.folder.glob("strip-*.jpg"):
        old.unlink(missing_ok=True)
    try:
        return served(filmstrip(visit.need_picture(), visit.next_path("strip", ".jpg"), FRAMES))
    except A2SError:
        return ""
