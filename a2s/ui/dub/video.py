"""The picture: an upload or an example, read at once, then watched for its cues and its place."""

from __future__ import annotations

import shutil
from pathlib import Path

import gradio as gr

from a2s.errors import A2SError
from a2s.ui import text
from a2s.ui.dub.worker import Report, Worker
from a2s.ui.engine import Engine
from a2s.ui.examples import Example
from a2s.ui.parts.progress import NOTHING, job
from a2s.ui.state import Visit, Visits


class VideoHandlers:
    """Handlers of the picture's corner of the page."""

    def __init__(self, engine: Engine, visits: Visits, examples: tuple[Example, ...] = ()) -> None:
        self.engine, self.visits = engine, visits
        self.examples = {example.id: example for example in examples}

    def take_example(self, event: gr.EventData, request: gr.Request):
        """A click on an example. Returns (video, facts)."""
        example = self.examples.get(str(event.example))
        if example is None:
            raise A2SError("There is no such example.")
        visit = self.visits.of(request.session_hash)
        copy = visit.next_path("picture", ".mp4")
        shutil.copyfile(example.path, copy)
        return str(copy), self._read(visit, copy, example.name)

    def take_upload(self, upload: str | None, request: gr.Request) -> str:
        """An upload: into the visit's folder under our name, then probed before anything else touches it."""
        visit = self.visits.of(request.session_hash)
        if upload is None:
            raise A2SError("Choose a video first: upload one or take an example.")
        return self._read(visit, visit.receive(upload, "picture"), Path(upload).name)

    def _read(self, visit: Visit, picture: Path, name: str) -> str:
        from a2s.media import probe_video

        visit.cancel.set()  # a dub of the clip before, should one be under way
        try:
            info = probe_video(picture)
        except A2SError as error:
            picture.unlink(missing_ok=True)
            visit.picture = None
            raise type(error)(str(error).replace(picture.name, name)) from None
        visit.load(picture, name)
        visit.info = info
        return text.facts(info, name)

    def forget(self, request: gr.Request):
        """The picture was taken off the page. Returns (facts, progress), no video: another may be there already."""
        visit = self.visits.of(request.session_hash)
        visit.cancel.set()
        visit.picture = visit.info = None
        return text.NOTHING_READ, NOTHING

    def refuse(self, request: gr.Request):
        """The picture could not be read, and the page has said why. Returns (video, facts, progress)."""
        return None, *self.forget(request)

    def watch(self, k: int, model: str, request: gr.Request):
        """Watch the picture for its cues and its place, which the visit then knows. Yields job progress."""
        visit = self.visits.of(request.session_hash)
        picture = visit.need_picture()

        def look(tell) -> tuple:
            def told(stage: str, done: float, detail: str) -> None:
                tell(Report(stage, done, detail))

            return self.engine.analyse(visit, int(k), told, lambda: visit.picture != picture, model)

        yield job("running", text.STAGES["analysing"])
        with Worker(look) as worker:
            for report in worker:
                yield job("running", text.STAGES[report.stage], report.detail, done=report.done)
            try:
                seen = worker.result
            except A2SError:  # it was stopped, or its file is gone
                if visit.picture == picture:
                    raise
        if visit.picture is None:  # it was taken off the page meanwhile
            yield NOTHING
            return
        if visit.picture != picture:  # another one came meanwhile; it has its own watch
            return
        visit.motion, visit.track, matches, visit.cuts = seen
        visit.model = model
        if not visit.by_hand:
            visit.chosen = matches[0].clip.id if matches else None
        yield job("idle", text.count(len(visit.track), "cue") + " seen", "look through them, then dub")

    def unseen(self) -> dict:
        """The picture was not watched to its end, and the page has said why. Returns progress."""
        return job("failed", "The picture was not watched")
