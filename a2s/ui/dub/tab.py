"""The Dub tab: layout and handlers put together. Which handler answers which control is said here and nowhere else."""

from __future__ import annotations

from types import SimpleNamespace

import gradio as gr

from a2s.ui.dub import layout
from a2s.ui.dub.ambience import AmbienceHandlers
from a2s.ui.dub.cues import CueHandlers
from a2s.ui.dub.job import DubHandlers
from a2s.ui.dub.takes import TakesHandlers
from a2s.ui.dub.video import VideoHandlers
from a2s.ui.engine import Engine
from a2s.ui.events import LATEST, MAKE, MODEL, PICTURE, PRESSED, QUIET, STEP
from a2s.ui.examples import Example
from a2s.ui.state import Visits
from a2s.ui.validation import report_errors


def add_dub_tab(engine: Engine, visits: Visits, examples: tuple[Example, ...]) -> SimpleNamespace:
    """Build the tab inside a `gr.Blocks`. Returns its desks and its corners."""
    place = AmbienceHandlers(engine, visits)
    desks = SimpleNamespace(
        picture=VideoHandlers(engine, visits, examples),
        cues=CueHandlers(engine, visits),
        place=place,
        dub=DubHandlers(engine, visits, place),
        takes=TakesHandlers(engine, visits, place),
    )
    with gr.Row(equal_height=False):
        with gr.Column(scale=1, min_width=340):
            picture = layout.picture(examples)
        with gr.Column(scale=1, min_width=340):
            result = layout.result()
    cues = layout.cues(engine)
    with gr.Row(equal_height=False):
        with gr.Column(scale=1, min_width=340):
            place = layout.place()
            settings = layout.settings(engine, place.amount)
        with gr.Column(scale=1, min_width=340):
            sound = layout.sound()
    bar = layout.bar()
    page = SimpleNamespace(
        picture=picture, result=result, cues=cues, place=place, settings=settings, sound=sound, bar=bar
    )
    _wire_picture(desks, page)
    _wire_place(desks, page)
    _wire_cues(desks, page)
    _wire_job(desks, page)
    _wire_takes(desks, page)
    seen = [page.place.search, page.place.k, page.place.amount]
    refresh = {"fn": report_errors(desks.place.fresh), "inputs": seen, "outputs": [page.place.cards, page.place.level]}
    return SimpleNamespace(desks=desks, page=page, refresh=refresh)


def _estimate(desks, page) -> dict:
    """Arguments of an event that says anew how long a dub would take."""
    inputs = [*page.settings.values, page.bar.progress]
    return {"fn": report_errors(desks.dub.estimate), "inputs": inputs, "outputs": page.bar.progress}


def _wire_picture(desks, page) -> None:
    picture, bar = page.picture, page.bar
    upload, example = (
        report_errors(take, logged=True) for take in (desks.picture.take_upload, desks.picture.take_example)
    )
    readings = (
        picture.video.upload(upload, picture.video, picture.facts, **PICTURE),
        picture.strip.take(example, None, [picture.video, picture.facts], **PICTURE),
    )
    heard = [page.place.cards, page.place.level]
    for reading in readings:
        reading.failure(
            report_errors(desks.picture.refuse), None, [picture.video, picture.facts, bar.progress], **PICTURE
        )
        reading.success(
            report_errors(desks.cues.fresh), None, page.cues.timeline, **STEP
        )  # those of the clip before go
        fresh = reading.success(report_errors(desks.takes.newest), None, [page.result.takes, page.sound.other], **STEP)
        fresh.then(report_errors(desks.takes.show), page.result.takes, _shown(page), **STEP)
        watching = reading.success(
            report_errors(desks.picture.watch, logged=True), [page.place.k, page.settings.model], bar.progress, **MODEL
        )
        watching.failure(report_errors(desks.picture.unseen), None, bar.progress, **STEP)
        searched = [page.place.search, page.place.k, page.place.amount]
        known = watching.success(report_errors(desks.place.fresh), searched, heard, **STEP)
        known.then(report_errors(desks.cues.fresh), None, page.cues.timeline, **STEP).then(
            **_estimate(desks, page), **STEP
        )
    picture.video.clear(report_errors(desks.picture.forget), None, [picture.facts, bar.progress], **PICTURE)


def _wire_place(desks, page) -> None:
    place = page.place
    searched = [place.search, place.k]
    place.cards.choose(report_errors(desks.place.choose), place.amount, place.level, **STEP)
    place.cards.move(report_errors(desks.place.move), None, None, **STEP)
    for asked in (place.search.change, place.k.input):  # a text box tells of keys as input, not of pasting or deleting
        asked(report_errors(desks.place.search), searched, place.cards, **LATEST)
    place.own.upload(
        report_errors(desks.place.take_own),
        [place.own, *searched, place.amount], [place.cards, place.level, place.keep],
        **QUIET,
    )  # fmt: skip
    place.keep.click(report_errors(desks.place.keep_own), searched, [place.cards, place.keep], **PRESSED)
    place.amount.input(report_errors(desks.place.level), place.amount, place.level, queue=False, **LATEST)


def _wire_cues(desks, page) -> None:
    cues = page.cues
    cues.load.upload(report_errors(desks.cues.load), cues.load, cues.timeline, **QUIET)
    cues.restore.click(report_errors(desks.cues.restore), None, cues.timeline, **QUIET)


def _wire_job(desks, page) -> None:
    settings, bar = page.settings, page.bar
    roll = "() => Math.floor(Math.random() * 2147483647)"
    settings.dice.click(None, None, settings.seed, js=roll, api_visibility="private", show_progress="hidden")
    for control in (settings.takes, settings.steps, settings.guidance):
        control.input(**_estimate(desks, page), **LATEST)
    suited = [settings.model, settings.steps, settings.guidance, page.cues.note]
    place = page.place
    asked = [settings.model, place.search, place.k, place.amount]
    chosen = settings.model.input(report_errors(desks.dub.choose_model), settings.model, suited, **LATEST)
    ready = chosen.success(
        report_errors(desks.dub.ready, logged=True), [*settings.values, bar.progress], bar.progress, **MODEL
    )
    ready.failure(desks.dub.unready, None, bar.progress, **STEP)
    ready.success(report_errors(desks.place.suit, logged=True), asked, [place.cards, place.level], **MODEL)
    _make(desks, page, bar.dub.click, desks.dub.dub)
    _make(desks, page, bar.ladder.click, desks.dub.ladder)
    bar.cancel.click(report_errors(desks.dub.cancel), None, bar.progress, **STEP)
    read = settings.recipe.upload(
        report_errors(desks.takes.restore),
        [settings.recipe, place.search, place.k],
        [page.cues.timeline, page.cues.note, place.cards, place.level, settings.lock, *settings.values],
        **QUIET,
    )
    read.then(lambda: None, None, settings.recipe, **STEP)
    begun = read.success(report_errors(desks.dub.begin_again), None, _busy(page), **STEP)
    _run(desks, page, begun, desks.dub.again, None)


def _make(desks, page, asked, work) -> None:
    """From a button being pressed to showing the takes. asked: the event that asks."""
    settings = page.settings
    begun = asked(
        report_errors(desks.dub.begin),
        [settings.seed, settings.lock],
        [*_busy(page), settings.seed],
        queue=False,
        **PRESSED,
    )
    _run(desks, page, begun, work, [page.cues.timeline, *settings.values])


def _busy(page) -> list:
    """The outputs of `DubDesk.begin_again`."""
    return [*_buttons(page), page.bar.progress]


def _buttons(page) -> list:
    """The outputs of `DubDesk.rest`."""
    return [page.bar.dub, page.bar.ladder, page.result.stems, page.bar.cancel]


def _run(desks, page, begun, work, told: list | None) -> None:
    """Make the takes and show them. told: inputs of `work`."""
    result = page.result
    over = _work(desks, page, begun, work, told, [page.bar.progress])
    fresh = over.then(report_errors(desks.takes.newest), None, [result.takes, page.sound.other], **STEP)
    fresh.then(report_errors(desks.takes.show), result.takes, _shown(page), **STEP).then(
        report_errors(desks.takes.wipe), [result.takes, page.sound.other], page.sound.wipe, **STEP
    )


def _work(desks, page, begun, work, told, outputs: list):
    """Have the model do what was begun, and rest. Returns the event of its end, however it ended."""
    bar = page.bar
    run = begun.success(report_errors(work, logged=True), told, outputs, show_progress_on=bar.progress, **MODEL)
    run.failure(report_errors(desks.dub.failed), None, bar.progress, **STEP)
    return run.then(desks.dub.rest, None, _buttons(page), **STEP)


def _wire_takes(desks, page) -> None:
    result, sound = page.result, page.sound
    wiped = {"inputs": [result.takes, sound.other], "outputs": sound.wipe}
    result.takes.input(report_errors(desks.takes.show), result.takes, _shown(page), **LATEST).then(
        report_errors(desks.takes.wipe), **wiped, **STEP
    )
    sound.other.input(report_errors(desks.takes.wipe), **wiped, **LATEST)
    begun = result.stems.click(report_errors(desks.dub.begin_again), None, _busy(page), queue=False, **PRESSED)
    _work(desks, page, begun, desks.takes.stems, result.takes, [*result.stem_files, page.bar.progress])
    result.share.click(
        report_errors(desks.takes.share, logged=True),
        result.takes,
        result.share_file,
        show_progress_on=result.share,
        **MAKE,
    )


def _shown(page) -> list:
    """The outputs of `TakesDesk.show`."""
    result = page.result
    files = [*result.files, *result.stem_files, result.share_file]
    return [result.video, page.sound.picture, result.summary, page.cues.timeline, *files]
