"""The main job: takes made one after the other, told while they are made, kept when one is cancelled."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from dataclasses import replace

import gradio as gr

from a2s.errors import A2SError, Cancelled
from a2s.settings import DubSettings, check_settings
from a2s.ui import text
from a2s.ui.dub.ambience import AmbienceHandlers
from a2s.ui.dub.controls import ORDER, read_settings
from a2s.ui.dub.cues import track_in
from a2s.ui.dub.request import DubRequest, attended, take_maker
from a2s.ui.dub.results import export
from a2s.ui.dub.scene_changes import changes_of
from a2s.ui.dub.worker import Report
from a2s.ui.engine import Engine
from a2s.ui.gradio_compat.queue import leave_queue
from a2s.ui.parts.progress import NOTHING, job, stopped
from a2s.ui.state import Visit, Visits

LADDER = (0.0, 1 / 3, 2 / 3, 1.0)
"""Amounts of the takes that `ladder` makes."""

CANCELLED = ("dub", "ladder", "again", "stems")
"""Names of the handlers whose work Cancel means."""


class DubHandlers:
    """Handlers of the Dub button and of what belongs to it."""

    def __init__(self, engine: Engine, visits: Visits, place: AmbienceHandlers) -> None:
        self.engine, self.visits, self.place = engine, visits, place
        self._make = take_maker(engine, visits)

    def begin(self, seed, keep_seed: bool, request: gr.Request):
        """Dub was pressed. Returns as `begin_again`, and the seed: a new one unless it is to be kept.

        The visit knows it as well, for a browser may send what follows before it shows it.
        """
        busy = self.begin_again(request)
        visit = self.visits.of(request.session_hash)
        visit.seed = seed if keep_seed else secrets.randbelow(2**31)
        return *busy, visit.seed

    def begin_again(self, request: gr.Request):
        """A dub was asked for: from now on, also in line, Cancel means this dub.

        Returns (dub, ladder, stems, cancel, progress).
        """
        visit = self.visits.of(request.session_hash)
        visit.need_picture()
        visit.cancel.clear()
        return *(gr.Button(interactive=False),) * 3, gr.Button(interactive=True), job("running", "In line")

    def rest(self):
        """A dub is over, in whatever way. Returns (dub, ladder, stems, cancel)."""
        return *(gr.Button(interactive=True),) * 3, gr.Button(interactive=False)

    def failed(self) -> dict:
        """A dub went wrong, and the page has said why. Returns progress."""
        return job("failed", "Nothing was made")

    def estimate(self, request: gr.Request, *controls_and_progress):
        """How long the dub that the controls ask for would take, said before it is asked for. Returns progress."""
        *controls, told = controls_and_progress
        visit = self.visits.of(request.session_hash)
        watched = visit.info is not None and visit.motion is not None
        if not watched or (isinstance(told, dict) and told.get("state") == "running"):
            return gr.skip()
        settings, model = read_settings(*controls)
        pace = self.engine.pace(model)
        of = f"for {text.count(settings.takes, 'take')} of {text.seconds(visit.info.duration)}"
        if pace is None:
            return job("idle", "Time to dub is not known yet", f"the first dub with {model} measures it")
        seconds, ladder = (
            text.about(pace.estimate(visit.info.duration, settings.steps, settings.guidance_scale, takes))
            for takes in (settings.takes, len(LADDER))
        )
        return job("idle", f"{seconds} to dub".capitalize(), f"{of}, {ladder} for all {len(LADDER)} amounts")

    def choose_model(self, name: str) -> tuple:
        """A model was chosen. One that isn't installed says what to do, and the one that the page began with stays.

        Returns (model, steps, guidance, what stands at the timeline): the sampler's as they suit it.
        """
        missing = {choice.name: choice.missing for choice in self.engine.choices()}
        if missing.get(name):
            gr.Warning(f"The model {name} is not installed. {missing[name]}")
        if missing.get(name) != "":
            name = self.engine.default
        elif note := self.engine.about(name):
            gr.Info(note)
        return name, *self.engine.sampler(name), text.cues_note(self.engine.uses_cues(name))

    def ready(self, request: gr.Request, *controls_and_progress) -> Iterator[dict]:
        """A model was chosen: load it and see how fast it is here, unless that is known. Yields as `estimate`."""
        *controls, told = controls_and_progress
        model, visit = controls[-1], self.visits.of(request.session_hash)
        if self.engine.pace(model) is None:
            yield job("running", f"Loading the model {model}")
            self.engine.bank_of(visit, model)
            yield job("running", f"Seeing how fast {model} is here", "a few steps, so that a dub's time is known")
            self.engine.measure(model)
            yield (told := NOTHING)
        yield self.estimate(request, *controls, told)

    def unready(self) -> dict:
        """A model could not be made ready, and the page has said why. Returns progress."""
        return job("failed", "The model is not ready")

    def cancel(self, request: gr.Request):
        """Cancel was pressed. What is in work stops within a step and says so; what is in line leaves it at once.
        Returns progress."""
        self.visits.of(request.session_hash).cancel.set()
        return stopped() if leave_queue(request.session_hash, CANCELLED) else gr.skip()

    def dub(self, request: gr.Request, cues, *controls) -> Iterator[dict]:
        """Make the takes that the controls ask for. Yields progress."""
        settings, model = self._read(controls, request)
        check_settings(settings)  # before a list is made that is as long as a stranger says
        takes = [
            replace(settings, takes=1, first_take=settings.first_take + number) for number in range(settings.takes)
        ]
        yield from self._make_all(takes, track_in(self.visits.of(request.session_hash), cues), model, request)

    def again(self, request: gr.Request) -> Iterator[dict]:
        """Make the take of the recipe that was read last, as it was read, whatever a browser has shown of it meanwhile.
        Yields as `dub`."""
        found = self.visits.of(request.session_hash).restored
        if found is None:
            raise A2SError("Choose a recipe first.")
        yield from self._make_all([found.settings], found.track, found.model or self.engine.default, request)

    def ladder(self, request: gr.Request, cues, *controls) -> Iterator[dict]:
        """One take at each amount of LADDER, alike in all else. Yields as `dub`."""
        settings, model = self._read(controls, request)
        takes = [replace(settings, takes=1, ambient=amount) for amount in LADDER]
        yield from self._make_all(takes, track_in(self.visits.of(request.session_hash), cues), model, request)

    def _read(self, controls: tuple, request: gr.Request) -> tuple[DubSettings, str]:
        visit = self.visits.of(request.session_hash)
        seed = controls[ORDER.index("seed")] if visit.seed is None else visit.seed
        return read_settings(*(seed if name == "seed" else value for name, value in zip((*ORDER, "model"), controls)))

    def _make_all(self, takes: list[DubSettings], track, model: str, request: gr.Request) -> Iterator[dict]:
        visit = self.visits.of(request.session_hash)
        picture = visit.need_picture()
        clip, bank = self.place.clip_of(visit, model), self.engine.bank_of(visit, model)
        one = DubRequest(request.session_hash, picture, takes[0], track, visit.motion, bank, model, visit.info.duration)
        pipe, _ = self.engine.parts(model)  # a recipe may leave open what suits the model
        where = {"ambient_clip": clip, "ambient_changes": changes_of(visit, bank)}
        orders = [replace(one, settings=replace(take, **where).suited_to(pipe)) for take in takes]
        began = time.perf_counter()
        for number, order in enumerate(orders):
            try:
                yield from self._watched(order, visit, number, len(orders))
            except Cancelled:
                yield stopped(f"{text.count(number, 'take')} of this dub kept") if number else stopped()
                return
        took = f"{text.count(len(orders), 'take')} in {time.perf_counter() - began:.1f} s"
        yield job("done", "Done", took, done=1.0)

    def _watched(self, order: DubRequest, visit: Visit, number: int, count: int) -> Iterator[dict]:
        """Make one take and keep it; yields job progress."""
        pace = self.engine.pace(order.model)
        said = pace and pace.estimate(order.seconds, order.settings.steps, order.settings.guidance_scale)
        prefix = f"Take {number + 1} of {count} · " if count > 1 else ""
        began, picture = time.perf_counter(), ""
        report = Report("reading", 0.0, "")
        for event in attended(self._make(order), visit):
            if not isinstance(event, (Report, str)):
                self.engine.learn(order.model, order.settings, order.seconds, time.perf_counter() - began)
                own = visit.own.name if visit.own else None
                about = visit.next_path("take"), visit.name, visit.made + 1, order.model, own
                visit.keep(export(event, *about, cancelled=visit.cancel.is_set))
                return
            if isinstance(event, Report):
                report = event
            else:
                picture = event
            left = _left(time.perf_counter() - began, report.done, said)
            yield job(
                "running",
                prefix + text.STAGES[report.stage],
                report.detail,
                left,
                (number + report.done) / count,
                picture,
            )


def _left(spent: float, done: float, said: float | None) -> str:
    """Seconds left: what was said at first, where anything was, more and more what the work itself shows."""
    if said is None and done <= 0.05:
        return ""
    said = spent / done if said is None else said
    shown = spent * (1 - done) / done if done > 0.05 else said
    left = max(0.0, (1 - done) * max(0.0, said - spent) + done * shown)
    return f"{left:.0f} s left" if left >= 1 else "nearly there"
