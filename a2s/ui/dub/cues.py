"""Cues between page and track: what the timeline shows, and what it sends back, judged as a cue file would be."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import gradio as gr

from a2s.cues import CueTrack
from a2s.errors import A2SError, BadCues
from a2s.settings import LIMITS
from a2s.ui.engine import Engine
from a2s.ui.parts.part import served
from a2s.ui.parts.timeline import FRAMES
from a2s.ui.state import Visit, Visits

_SLACK = 1e-6
"""Seconds by which a cue may lie behind the clip's end: the two were not always rounded alike."""


def timeline_value(track: CueTrack, duration: float, picture: str = "") -> dict:
    """Value of the timeline for a track of a clip that lasts `duration` seconds. Numbers keep their full precision.

    picture: the visit's name for the clip; it comes back with the cues, and tells whose they are.
    """
    cues = [{"id": number, **asdict(cue)} for number, cue in enumerate(track)]
    return {"picture": picture, "duration": duration, "cues": cues, "source": track.source}


def value_in(visit: Visit, track: CueTrack) -> dict:
    """Value of a visit's timeline for a track of its picture."""
    return timeline_value(track, visit.info.duration, visit.need_picture().name)


def track_in(visit: Visit, value: object) -> CueTrack | None:
    """The track that a visit's timeline shows. Raises BadCues.

    Where it shows none, or still those of the picture before, it is what the machine saw in this one; None before that.
    """
    if not value or isinstance(value, dict) and value.get("picture") != visit.need_picture().name:
        return visit.track
    return track_of(value, visit.info.duration, visit.track)


def track_of(value: object, duration: float, seen: CueTrack | None = None) -> CueTrack:
    """The track that the timeline shows: `seen` itself where nothing was edited, else one by the creator.

    The value comes from a browser, so every cue goes through the cue file's own reader, and none may lie behind the
    `duration`, s, that the server knows. Raises BadCues.
    """
    if not isinstance(value, dict) or not isinstance(value.get("cues"), list):
        raise BadCues("The page sent no list of cues; load the video again.")
    cues = value["cues"]
    if len(cues) > LIMITS.max_cues:
        raise BadCues(f"There are {len(cues)} cues; at most {LIMITS.max_cues} are allowed.")
    if seen is not None and cues == timeline_value(seen, 0.0)["cues"]:
        return seen
    track = _read([_entry(cue) for cue in cues])
    _check_end(track, duration)
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


def _check_end(track: CueTrack, duration: float) -> None:
    for number, cue in enumerate(track, 1):
        if cue.time > duration + _SLACK:
            raise BadCues(f"Cue {number} is at {cue.time:.2f} s, behind the end of the clip at {duration:.2f} s.")


class CueHandlers:
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
        return value_in(visit, track)

    def restore(self, request: gr.Request) -> dict:
        """The cues that the machine saw, back onto the timeline. Returns the timeline's value."""
        visit = self._watched(request)
        return value_in(visit, visit.track)

    def fresh(self, request: gr.Request):
        """Cues and filmstrip of the picture, none before it was watched; the sound of the clip before goes."""
        visit = self.visits.of(request.session_hash)
        if visit.track is None or visit.info is None:
            return gr.HTML(value=None, strip="", wave=[])
        return gr.HTML(value=value_in(visit, visit.track), strip=_strip(visit), wave=[])

    def _watched(self, request: gr.Request) -> Visit:
        """The visit, once it has a picture whose cues are known."""
        visit = self.visits.of(request.session_hash)
        if visit.track is None or visit.info is None:
            raise A2SError("There are no cues yet: load a video first.")
        return visit


def _strip(visit: Visit) -> str:
    """Address of the filmstrip of the visit's picture; "" where none can be made, for the cues matter more."""
    from a2s.media.filmstrip import write_filmstrip

    for old in visit.folder.glob("strip-*.jpg"):
        old.unlink(missing_ok=True)
    try:
        return served(write_filmstrip(visit.need_picture(), visit.next_path("strip", ".jpg"), FRAMES))
    except A2SError:
        return ""
