"""Generating takes: one after the other, with progress, and kept if a later one is cancelled."""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from a2s.dubbing.delivery import writing_share
from a2s.errors import A2SError, BadSettings, Cancelled
from a2s.settings import DubSettings, check_settings
from a2s.ui import text
from a2s.ui.dub.ambience import AmbienceHandlers
from a2s.ui.dub.controls import ORDER, Value, read_settings
from a2s.ui.dub.cues import track_in
from a2s.ui.dub.request import DubRequest, take_maker, until_cancelled
from a2s.ui.dub.results import TakeLabel, Writing, export
from a2s.ui.dub.scene_changes import ambient_changes_of
from a2s.ui.engine import Engine
from a2s.ui.gradio_compat.queue import leave_queue
from a2s.ui.parts.job_progress import NO_VIDEO, Progress, cancelled, progress
from a2s.ui.state import Visit, Visits
from a2s.ui.state.records import FilmFormat
from a2s.ui.worker import Emit, PreviewImage, ProgressReport, Worker

if TYPE_CHECKING:
    from a2s.cues import CueTrack
    from a2s.dubbing.take import Take
    from a2s.ui.state.take_files import TakeFiles

AMBIENCE_LEVELS = (0.0, 1 / 3, 2 / 3, 1.0)
"""Amounts of the takes of `generate_levels`."""

CANCELLABLE = ("generate", "generate_levels", "generate_restored", "export_stems", "export_package")
"""Names of the handlers that Cancel stops."""

Buttons = tuple[gr.Button, gr.Button, gr.Button, gr.Button, gr.Button]
"""(generate, generate levels, export stems, package for editors, cancel)"""


def _buttons(busy: bool) -> Buttons:
    generate, levels, stems, package = (gr.Button(interactive=not busy) for _ in range(4))
    return generate, levels, stems, package, gr.Button(interactive=busy)


class DubHandlers:
    """Handlers of the buttons at the bottom of the page, and of what they start."""

    def __init__(self, engine: Engine, visits: Visits, ambience: AmbienceHandlers) -> None:
        self.engine, self.visits, self.ambience = engine, visits, ambience
        self._make = take_maker(engine, visits)

    def begin(self, seed: Value, seed_locked: bool, container: str, picture: Any, request: gr.Request) -> tuple:
        """A generate button was pressed. Returns as `begin_again`, and the seed: a new one unless it is locked.

        The visit knows the seed as well, for a browser may send the next event before it shows it.
        container, picture: of the film to download, as in `FilmFormat`.
        """
        chosen, busy = FilmFormat(container, picture), self.begin_again(request)
        visit = self.visits.of(request.session_hash)
        visit.film_format = chosen
        visit.seed = seed if seed_locked else secrets.randbelow(2**31)
        return *busy, visit.seed

    def begin_again(self, request: gr.Request) -> tuple:
        """A job was asked for. From now on, also while it waits, Cancel stops it. Returns (*buttons, progress)."""
        visit = self.visits.of(request.session_hash)
        visit.need_video()
        visit.cancel.clear()
        return *_buttons(busy=True), progress("running", "Waiting for the model")

    def finished(self) -> Buttons:
        """A job ended without an error. Returns the buttons."""
        return _buttons(busy=False)

    def failed(self) -> tuple:
        """A job ended with an error, which the page shows. Returns (*buttons, progress)."""
        return *_buttons(busy=False), progress("failed", text.FAILED)

    def estimate(self, request: gr.Request, *controls_and_progress: Value) -> Progress:
        """How long a dub with the current settings would take. Returns progress, unchanged while something runs."""
        *controls, shown = controls_and_progress
        visit = self.visits.of(request.session_hash)
        running = isinstance(shown, dict) and shown.get("state") == "running"
        if visit.info is None or visit.motion is None or running:
            return gr.skip()
        settings, model = read_settings(*controls)
        one, levels = (
            self.engine.estimate(model, settings, visit.info.duration, takes)
            for takes in (settings.takes, len(AMBIENCE_LEVELS))
        )
        takes = f"for {text.count(settings.takes, 'take')} of {text.seconds(visit.info.duration)}"
        if one is None:
            return progress("idle", "Time not known yet", f"the first dub with {model} measures it")
        detail = f"{takes}, {text.about(levels)} for {len(AMBIENCE_LEVELS)} ambience levels"
        return progress("idle", f"{text.about(one)} to generate".capitalize(), detail)

    def check(self, *controls: Value) -> str:
        """A setting was changed. Returns the note below the settings of the sound: what is wrong, if anything is."""
        try:
            check_settings(read_settings(*controls)[0], self.engine.limits)
        except BadSettings as error:
            return text.note(str(error), wrong=True)
        return ""

    def choose_model(self, name: str) -> tuple[str, int, float, str]:
        """A model was chosen. If it isn't installed, the page says how to install it and returns to the default.

        Returns (model, steps, guidance, cues note): the sampler settings are those that suit it.
        """
        missing = {choice.name: choice.missing for choice in self.engine.model_choices()}
        if missing.get(name):
            gr.Warning(f"The model {name} is not installed. {missing[name]}")
        if missing.get(name) != "":
            name = self.engine.default
        elif note := self.engine.model_note(name):
            gr.Info(note)
        return name, *self.engine.sampler_defaults(name), text.cues_note(self.engine.uses_cues(name))

    def prepare_model(self, request: gr.Request, *controls_and_progress: Value) -> Iterator[Progress]:
        """A model was chosen: load it and measure its speed, unless that is known. Yields progress."""
        *controls, shown = controls_and_progress
        model, visit = controls[-1], self.visits.of(request.session_hash)
        if self.engine.estimator(model) is None:
            yield progress("running", f"Loading the model {model}")
            self.engine.bank_of(visit, model)
            yield progress("running", f"Measuring the speed of {model}")
            self.engine.measure_speed(model)
            yield (shown := NO_VIDEO)
        yield self.estimate(request, *controls, shown)

    def model_failed(self) -> Progress:
        """A model could not be loaded, and the page shows why."""
        return progress("failed", "The model could not be loaded")

    def cancel(self, request: gr.Request) -> Progress:
        """Cancel was pressed. A running job stops within a step and reports it; a waiting one leaves the queue now."""
        self.visits.of(request.session_hash).cancel.set()
        return cancelled() if leave_queue(request.session_hash, CANCELLABLE) else gr.skip()

    def generate(self, request: gr.Request, cues: Any, *controls: Value) -> Iterator[Progress]:
        """Make the takes that the controls ask for. cues: value of the timeline. Yields progress."""
        settings, model = self._read(controls, request)
        check_settings(settings, self.engine.limits)  # it bounds the number of takes
        takes = [
            replace(settings, takes=1, first_take=settings.first_take + number) for number in range(settings.takes)
        ]
        yield from self._make_all(takes, track_in(self.visits.of(request.session_hash), cues), model, request)

    def generate_restored(self, request: gr.Request) -> Iterator[Progress]:
        """Make the take of the recipe that was loaded last, whatever the browser shows. Yields progress."""
        found = self.visits.of(request.session_hash).restored
        if found is None:
            raise A2SError("Choose a recipe first.")
        yield from self._make_all([found.settings], found.cues, found.model or self.engine.default, request)

    def generate_levels(self, request: gr.Request, cues: Any, *controls: Value) -> Iterator[Progress]:
        """One take at each of AMBIENCE_LEVELS, equal in all else. Yields progress."""
        settings, model = self._read(controls, request)
        takes = [replace(settings, takes=1, ambient=amount) for amount in AMBIENCE_LEVELS]
        yield from self._make_all(takes, track_in(self.visits.of(request.session_hash), cues), model, request)

    def _read(self, controls: tuple, request: gr.Request) -> tuple[DubSettings, str]:
        """The settings, with the seed of `begin`."""
        values, visit = list(controls), self.visits.of(request.session_hash)
        if visit.seed is not None:
            values[ORDER.index("seed")] = visit.seed
        return read_settings(*values)

    def _make_all(
        self, takes: list[DubSettings], cues: CueTrack | None, model: str, request: gr.Request
    ) -> Iterator[Progress]:
        visit = self.visits.of(request.session_hash)
        requests = self._requests(takes, cues, model, request)
        began = time.perf_counter()
        for number, one in enumerate(requests):
            try:
                yield from self._make_one(one, visit, number, len(requests))
            except Cancelled:
                yield cancelled(f"{text.count(number, 'take')} of this job kept") if number else cancelled()
                return
        detail = f"{text.count(len(requests), 'take')} in {time.perf_counter() - began:.1f} s"
        yield progress("done", "Done", detail, done=1.0)

    def _requests(
        self, takes: list[DubSettings], cues: CueTrack | None, model: str, request: gr.Request
    ) -> list[DubRequest]:
        visit = self.visits.of(request.session_hash)
        video, seconds = visit.need_video(), visit.need_info().duration
        bank, (pipe, _) = self.engine.bank_of(visit, model), self.engine.load(model)
        clip, changes = self.ambience.clip_for(visit, model), ambient_changes_of(visit, bank)
        complete = [replace(take, ambient_clip=clip, ambient_changes=changes).suited_to(pipe) for take in takes]
        return [
            DubRequest(request.session_hash, video, settings, cues, visit.motion, bank, model, seconds)
            for settings in complete
        ]

    def _make_one(self, request: DubRequest, visit: Visit, number: int, count: int) -> Iterator[Progress]:
        """Make one take and keep it. Yields progress."""
        estimated = self.engine.estimate(request.model, request.settings, request.seconds)
        prefix = f"Take {number + 1} of {count} · " if count > 1 else ""
        film = visit.film_format
        writing = writing_share(visit.need_info(), [Path(f"film.{film.container}")], film.picture)
        began, preview = time.perf_counter(), ""
        report = ProgressReport("reading", 0.0, "")
        for event in until_cancelled(self._make(request), visit):
            if isinstance(event, ProgressReport):
                report = event
            elif isinstance(event, PreviewImage):
                preview = event.url
            else:
                took = time.perf_counter() - began
                self.engine.record_duration(request.model, request.settings, request.seconds, took)
                for done, left in self._write(event, request.model, visit):
                    whole = (number + 1 - writing + writing * done) / count
                    yield progress("running", prefix + text.stage_name("writing"), "", left, whole)
                return
            left = _seconds_left(time.perf_counter() - began, report.done, estimated)
            stage = prefix + text.dub_stage(report.stage, report.done)
            detail = "" if report.stage == "generating" else report.detail
            whole = (number + (1 - writing) * report.done) / count
            yield progress("running", stage, detail, left, whole, preview)

    def _write(self, take: Take, model: str, visit: Visit) -> Iterator[tuple[float, str]]:
        """Write the files of a take and keep it. Yields (part that is done, text about the time left)."""
        own = visit.own_recording.name if visit.own_recording else None
        label, folder = TakeLabel(visit.name, visit.takes_made + 1, model, own), visit.next_path("take")

        def work(emit: Emit) -> TakeFiles:
            def on_share(done: float) -> None:
                emit(ProgressReport("writing", done, ""))

            writing = Writing(visit.film_format, visit.limits, visit.cancel.is_set, on_share)
            return export(take, folder, label, writing)

        began, done = time.perf_counter(), 0.0
        yield done, ""
        try:
            with Worker(work) as worker:
                for event in until_cancelled(iter(worker), visit):
                    done = event.done if isinstance(event, ProgressReport) else done
                    yield done, _seconds_left(time.perf_counter() - began, done, None)
                visit.keep(worker.result)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise


def _seconds_left(spent: float, done: float, estimated: float | None) -> str:
    """At first from the estimate, if there is one, later from the progress itself."""
    if estimated is None and done <= 0.05:
        return ""
    estimated = spent / done if estimated is None else estimated
    by_progress = spent * (1 - done) / done if done > 0.05 else estimated
    left = max(0.0, (1 - done) * max(0.0, estimated - spent) + done * by_progress)
    return f"{left:.0f} s left" if left >= 1 else "almost done"
