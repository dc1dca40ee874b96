"""The handlers of the Dub tab over fakes, put together as the page does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from a2s.settings import DubSettings, Limits
from a2s.ui.dub.ambience import AmbienceHandlers
from a2s.ui.dub.controls import control_values
from a2s.ui.dub.cues import CueHandlers, value_in
from a2s.ui.dub.generate import DubHandlers
from a2s.ui.dub.takes import TakesHandlers
from a2s.ui.dub.video import VideoHandlers
from a2s.ui.engine import Engine
from a2s.ui.state import Visits
from tests.fakes import FakeBank, FakePipeline

SHORT_ABSENCE = Limits(max_away_seconds=0.05)


@dataclass
class PageHandlers:
    """All handlers over one engine and one set of visits. request: a person's session."""

    engine: Engine
    visits: Visits
    video: VideoHandlers
    ambience: AmbienceHandlers
    cues: CueHandlers
    dub: DubHandlers
    takes: TakesHandlers

    def load(self, clip: Path, request: Any) -> None:
        self.video.load_upload(str(clip), request)
        list(self.video.analyse(3, self.engine.default, request))

    def make(
        self, request: Any, cues: Any = "detected", work: str = "generate", model: str | None = None,
        film: tuple[str, str] = ("mp4", "copy"), **changes: Any,
    ) -> list[dict]:  # fmt: skip
        """Press a generate button; returns all progress. cues: a timeline's value, "detected" for an unedited one.

        film: container and picture of the download.
        """
        visit = self.visits.of(request.session_hash)
        if cues == "detected":
            cues = value_in(visit, visit.detected_cues)
        settings = DubSettings(**{"steps": 4, "seed": 3} | changes)
        self.dub.begin(settings.seed, True, *film, request)
        return list(getattr(self.dub, work)(request, cues, *control_values(settings), model or self.engine.default))


def make_handlers(root: Path, more: dict | None = None, bank: Any = None, limits: Limits | None = None) -> PageHandlers:
    limits = limits or SHORT_ABSENCE
    engine, visits = Engine(FakePipeline(), bank or FakeBank(), more, limits), Visits(root, limits)
    ambience = AmbienceHandlers(engine, visits)
    return PageHandlers(
        engine=engine,
        visits=visits,
        video=VideoHandlers(engine, visits),
        ambience=ambience,
        cues=CueHandlers(visits),
        dub=DubHandlers(engine, visits, ambience),
        takes=TakesHandlers(engine, visits, ambience),
    )


def is_unchanged(outcome: object) -> bool:
    """Whether a handler left its outputs alone."""
    return outcome == gr.skip()
