"""Loading a video: an upload or an example is read at once, then analysed for cues and ambiences."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np

from a2s.errors import A2SError
from a2s.ui import text
from a2s.ui.dub.controls import AUTO
from a2s.ui.dub.scene_changes import find_scene_changes
from a2s.ui.engine import Analysis, Engine
from a2s.ui.examples import Example
from a2s.ui.parts.job_progress import NO_VIDEO, Progress, progress
from a2s.ui.state import Visit, Visits
from a2s.ui.state.records import SceneChange
from a2s.ui.worker import Emit, ProgressReport, Worker

if TYPE_CHECKING:
    from a2s.media import VideoInfo


MAX_PREVIEW_SECONDS = 600.0
"""Longest film that is made playable; a preview takes a fraction of its length."""


class VideoHandlers:
    """Handlers of the "Your video" section."""

    def __init__(self, engine: Engine, visits: Visits, examples: tuple[Example, ...] = ()) -> None:
        self.engine, self.visits = engine, visits
        self.examples = {example.id: example for example in examples}

    def load_example(self, event: gr.EventData, request: gr.Request) -> tuple[str, str]:
        """An example was clicked. Returns (video, facts)."""
        example = self.examples.get(str(event.example))
        if example is None:
            raise A2SError("There is no such example.")
        visit = self.visits.of(request.session_hash)
        copy = visit.next_path("video", ".mp4")
        shutil.copyfile(example.path, copy)
        return str(copy), self._load(visit, copy, example.name)

    def load_upload(self, upload: str | None, request: gr.Request) -> str:
        """A file was uploaded. It is probed before anything else opens it. Returns facts."""
        visit = self.visits.of(request.session_hash)
        if upload is None:
            raise A2SError("Choose a video first: upload one or click an example.")
        return self._load(visit, visit.receive(upload, "video"), Path(upload).name)

    def _load(self, visit: Visit, video: Path, name: str) -> str:
        from a2s.media import probe_video

        visit.cancel.set()  # stops a dub of the previous video
        try:
            info = probe_video(video, limits=visit.limits)
        except A2SError as error:
            video.unlink(missing_ok=True)
            visit.video = None
            raise type(error)(str(error).replace(video.name, name)) from None
        visit.load(video, name)
        visit.info = info
        return text.facts(info, name)

    def list_tracks(self, request: gr.Request) -> gr.Dropdown:
        """The choice among the sound tracks of the video, where it has several."""
        from a2s.media import SoundStream, read_sound_streams

        visit, tracks = self.visits.of(request.session_hash), []
        if visit.need_info().has_audio:
            found = read_sound_streams(visit.need_video(), limits=visit.limits)
            tracks = [track for values in found if (track := SoundStream(*values)).decodable]
        names = [("The film's default", AUTO), *((str(track), str(track.number)) for track in tracks)]
        return gr.Dropdown(names, value=AUTO, visible=len(tracks) > 1)

    def show_preview(self, request: gr.Request) -> Any:
        """Replace a film that browsers do not play by a small one that they do. Returns the video.

        The dub is made from the film itself.
        """
        visit = self.visits.of(request.session_hash)
        video, info = visit.need_video(), visit.need_info()
        if _plays(info) or info.duration > MAX_PREVIEW_SECONDS:
            return gr.skip()
        preview = visit.next_path("preview", ".mp4")
        try:
            _write_preview(visit, video, preview)
        except A2SError:  # also where another video was loaded meanwhile
            return gr.skip()
        if visit.video != video:
            preview.unlink(missing_ok=True)
            return gr.skip()
        visit.preview = preview
        return str(preview)

    def unload(self, request: gr.Request) -> tuple[str, Progress]:
        """The video was removed from the page. Returns (facts, progress), not the video: a new one may be there."""
        visit = self.visits.of(request.session_hash)
        visit.cancel.set()
        visit.unload()
        return text.no_video_facts(self.engine.limits), NO_VIDEO

    def reject(self, request: gr.Request) -> tuple[None, str, Progress]:
        """The video could not be read, and the page shows why. Returns (video, facts, progress)."""
        return None, *self.unload(request)

    def analyse(self, k: int, model: str, request: gr.Request) -> Iterator[Progress]:
        """Find the cues, the best k ambiences and the scene changes of the video. Yields progress."""
        visit = self.visits.of(request.session_hash)
        video = visit.need_video()

        def work(emit: Emit) -> tuple[Analysis, tuple[SceneChange, ...]]:
            def on_progress(stage: str, done: float, detail: str) -> None:
                emit(ProgressReport(stage, done, detail))

            analysis = self.engine.analyse(visit, int(k), on_progress, lambda: visit.video != video, model)
            return analysis, find_scene_changes(analysis.motion, self.engine.load(model)[0])

        yield progress("running", text.stage_name("analysing"))
        with Worker(work) as worker:
            for event in worker:
                if isinstance(event, ProgressReport):
                    yield progress("running", text.stage_name(event.stage), event.detail, done=event.done)
            try:
                found, scene_changes = worker.result
            except A2SError:  # it was cancelled, or its file is gone
                if visit.video == video:
                    raise
        if visit.video is None:  # it was removed from the page meanwhile
            yield NO_VIDEO
            return
        if visit.video != video:  # another one was loaded meanwhile and has its own analysis
            return
        visit.motion, visit.detected_cues, visit.model = found.motion, found.cues, model
        visit.scene_changes = scene_changes
        if not visit.chosen_by_user:
            visit.chosen_clip = found.matches[0].clip.id if found.matches else None
        yield progress("idle", text.count(len(found.cues), "cue") + " detected", text.CHECK_CUES)

    def analysis_failed(self) -> Progress:
        """The video could not be analysed, and the page shows why."""
        return progress("failed", "The video could not be analysed")


def _plays(info: VideoInfo) -> bool:
    """Whether browsers play a film as it was uploaded."""
    if info.container == "matroska":  # WebM is the part of it that browsers play
        return info.codec in ("vp8", "vp9", "av1")
    return info.container == "mp4" and info.plays_in_browsers


def _write_preview(visit: Visit, video: Path, preview: Path) -> None:
    """Write a film with the same picture and sound that browsers play. Raises A2SError, Cancelled."""
    from a2s.media import OriginalTrack, Soundtrack, mux_soundtrack
    from a2s.settings import DELIVERY

    original = OriginalTrack(video) if visit.need_info().has_audio else None
    sound = Soundtrack(np.zeros(1, np.float32), DELIVERY.sample_rate, original=original)
    mux_soundtrack(
        video, sound, preview, limits=visit.limits, cancelled=lambda: visit.video != video, picture="browser"
    )
