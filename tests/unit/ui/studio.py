"""The Dub tab's desks over stand-ins, as the page puts them together."""

from __future__ import annotations

from types import SimpleNamespace

import gradio as gr

from a2s.settings import DubSettings
from a2s.ui.dub.ambience import AmbienceHandlers
from a2s.ui.dub.controls import shown
from a2s.ui.dub.cues import CueHandlers, value_in
from a2s.ui.dub.job import DubHandlers
from a2s.ui.dub.takes import TakesHandlers
from a2s.ui.dub.video import VideoHandlers
from a2s.ui.engine import Engine
from a2s.ui.state import Visits
from tests.fakes import FakeBank, FakePipeline


class Desks(SimpleNamespace):
    """picture, place, cues, dub, takes over one engine and one set of visits; a person's session is `request`."""

    def load(self, clip, request) -> None:
        self.picture.take_upload(str(clip), request)
        list(self.picture.watch(3, self.engine.default, request))

    def make(self, request, cues="seen", work="dub", model=None, **changes) -> list[dict]:
        """Press Dub; returns all progress. cues: a timeline's value, "seen" for the machine's."""
        visit = self.visits.of(request.session_hash)
        if cues == "seen":
            cues = value_in(visit, visit.track)
        settings = DubSettings(**{"steps": 4, "seed": 3} | changes)
        self.dub.begin(settings.seed, True, request)
        return list(getattr(self.dub, work)(request, cues, *shown(settings), model or self.engine.default))


def desks(root, more=None, bank=None) -> Desks:
    engine, visits = Engine(FakePipeline(), bank or FakeBank(), more=more), Visits(root, grace=0.05)
    place = AmbienceHandlers(engine, visits)
    return Desks(
        engine=engine,
        visits=visits,
        picture=VideoHandlers(engine, visits),
        place=place,
        cues=CueHandlers(engine, visits),
        dub=DubHandlers(engine, visits, place),
        takes=TakesHandlers(engine, visits, place),
    )


def skipped(outcome) -> bool:
    """Whether a handler left its outputs alone."""
    return outcome == gr.skip()
