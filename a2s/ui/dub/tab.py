"""The Dub tab: which handler answers which component."""

from __future__ import annotations

from types import SimpleNamespace

import gradio as gr
from gradio.components import Component
from gradio.events import Dependency as Event

from a2s.ui.dub import layout
from a2s.ui.dub.ambience import AmbienceHandlers
from a2s.ui.dub.cues import CueHandlers
from a2s.ui.dub.generate import DubHandlers
from a2s.ui.dub.takes import TakesHandlers
from a2s.ui.dub.video import VideoHandlers
from a2s.ui.engine import Engine
from a2s.ui.events import CHAINED, HIDDEN, LATEST, MODEL_ONCE, MODEL_QUEUE, ONCE, PREVIEW_QUEUE, VIDEO_QUEUE
from a2s.ui.examples import Example
from a2s.ui.state import Visits
from a2s.ui.validation import Handler, report_errors

Namespace = SimpleNamespace


def add_dub_tab(engine: Engine, visits: Visits, examples: tuple[Example, ...]) -> Namespace:
    """Build the tab inside an open `gr.Tab`. `refresh`: arguments of an event that shows the ambiences anew."""
    ambience_handlers = AmbienceHandlers(engine, visits)
    handlers = Namespace(
        video=VideoHandlers(engine, visits, examples),
        cues=CueHandlers(visits),
        ambience=ambience_handlers,
        dub=DubHandlers(engine, visits, ambience_handlers),
        takes=TakesHandlers(engine, visits, ambience_handlers),
    )
    with gr.Row(equal_height=False):
        with gr.Column(scale=1, min_width=340):
            video = layout.video_section(engine, examples)
        with gr.Column(scale=1, min_width=340):
            result = layout.result_section()
    cues = layout.cues_section(engine)
    with gr.Row(equal_height=False):
        with gr.Column(scale=1, min_width=340):
            ambience = layout.ambience_section()
            settings = layout.settings_section(engine, ambience.amount)
        with gr.Column(scale=1, min_width=340):
            pictures = layout.pictures_section()
    page = Namespace(
        video=video, result=result, cues=cues, ambience=ambience, settings=settings, pictures=pictures,
        bar=layout.action_bar(),
    )  # fmt: skip
    for wire in (_wire_video, _wire_ambience, _wire_cues, _wire_settings, _wire_generate, _wire_recipe, _wire_takes):
        wire(handlers, page)
    return Namespace(handlers=handlers, page=page, refresh=_refresh_ambience(handlers, page))


def _refresh_ambience(handlers: Namespace, page: Namespace) -> dict:
    inputs = [page.ambience.search, page.ambience.k, page.ambience.amount]
    outputs = [page.ambience.cards, page.ambience.level]
    return {"fn": report_errors(handlers.ambience.refresh), "inputs": inputs, "outputs": outputs}


def _estimate(handlers: Namespace, page: Namespace) -> dict:
    """Arguments of an event that shows how long a dub would take."""
    inputs = [*page.settings.values, page.bar.progress]
    return {"fn": report_errors(handlers.dub.estimate), "inputs": inputs, "outputs": page.bar.progress}


def _wire_video(handlers: Namespace, page: Namespace) -> None:
    video, bar, timeline = page.video, page.bar, page.cues.timeline
    upload = report_errors(handlers.video.load_upload, logged=True)
    example = report_errors(handlers.video.load_example, logged=True)
    analyse = report_errors(handlers.video.analyse, logged=True)
    for loading in (
        video.video.upload(upload, video.video, video.facts, **VIDEO_QUEUE),
        video.strip.load_example(example, None, [video.video, video.facts], **VIDEO_QUEUE),
    ):
        reject = report_errors(handlers.video.reject)
        loading.failure(reject, None, [video.video, video.facts, bar.progress], **VIDEO_QUEUE)
        refresh_cues = report_errors(handlers.cues.refresh)
        loading.success(refresh_cues, None, timeline, **CHAINED)  # removes those of the previous video
        loading.success(report_errors(handlers.video.list_tracks), None, page.settings.track, **CHAINED)
        loading.success(report_errors(handlers.video.show_preview), None, video.video, **PREVIEW_QUEUE)
        _show_newest(handlers, page, loading.success)
        analysing = loading.success(analyse, [page.ambience.k, page.settings.model], bar.progress, **MODEL_QUEUE)
        analysing.failure(report_errors(handlers.video.analysis_failed), None, bar.progress, **CHAINED)
        shown = analysing.success(**_refresh_ambience(handlers, page), **CHAINED)
        shown = shown.then(refresh_cues, None, timeline, **CHAINED)
        shown.then(**_estimate(handlers, page), **CHAINED)
    video.video.clear(report_errors(handlers.video.unload), None, [video.facts, bar.progress], **VIDEO_QUEUE)


def _wire_ambience(handlers: Namespace, page: Namespace) -> None:
    ambience, handle = page.ambience, handlers.ambience
    searched = [ambience.search, ambience.k]
    ambience.cards.choose(report_errors(handle.choose), ambience.amount, ambience.level, **CHAINED)
    ambience.cards.change_ambience(report_errors(handle.choose_at_scene_change), None, None, **CHAINED)
    for asked in (ambience.search.change, ambience.k.input):  # `input` of a text box misses pasting and deleting
        asked(report_errors(handle.search), searched, ambience.cards, **LATEST)
    ambience.own.upload(
        report_errors(handle.upload_own),
        [ambience.own, *searched, ambience.amount],
        [ambience.cards, ambience.level, ambience.save],
        **HIDDEN,
    )
    ambience.save.click(report_errors(handle.save_own), searched, [ambience.cards, ambience.save], **ONCE)
    ambience.amount.input(report_errors(handle.level), ambience.amount, ambience.level, queue=False, **LATEST)


def _wire_cues(handlers: Namespace, page: Namespace) -> None:
    cues = page.cues
    cues.load.upload(report_errors(handlers.cues.load_file), cues.load, cues.timeline, **HIDDEN)
    cues.save.input(
        report_errors(handlers.cues.save_file), [cues.save, cues.timeline], [cues.save, cues.saved], **HIDDEN
    )
    cues.reset.click(report_errors(handlers.cues.reset), None, cues.timeline, **HIDDEN)


def _wire_settings(handlers: Namespace, page: Namespace) -> None:
    settings, ambience = page.settings, page.ambience
    random_seed = "() => Math.floor(Math.random() * 2147483647)"
    settings.new_seed.click(None, None, settings.seed, js=random_seed, api_visibility="private", show_progress="hidden")
    for control in (settings.takes, settings.steps, settings.guidance):
        control.input(**_estimate(handlers, page), **LATEST)
    for control in settings.checked:
        control.change(report_errors(handlers.dub.check), settings.values, settings.note, queue=False, **LATEST)
    chosen = settings.model.input(
        report_errors(handlers.dub.choose_model),
        settings.model,
        [settings.model, settings.steps, settings.guidance, page.cues.note],
        **LATEST,
    )
    prepared = chosen.success(
        report_errors(handlers.dub.prepare_model, logged=True),
        [*settings.values, page.bar.progress],
        page.bar.progress,
        **MODEL_QUEUE,
    )
    prepared.failure(handlers.dub.model_failed, None, page.bar.progress, **CHAINED)
    prepared.success(
        report_errors(handlers.ambience.change_model, logged=True),
        [settings.model, ambience.search, ambience.k, ambience.amount],
        [ambience.cards, ambience.level],
        **MODEL_QUEUE,
    )


def _wire_generate(handlers: Namespace, page: Namespace) -> None:
    settings, bar = page.settings, page.bar
    for button, work in ((bar.generate, handlers.dub.generate), (bar.levels, handlers.dub.generate_levels)):
        begun = button.click(
            report_errors(handlers.dub.begin),
            [settings.seed, settings.lock, *settings.film],
            [*_buttons(page), bar.progress, settings.seed],
            queue=False,
            **ONCE,
        )
        _make_takes(handlers, page, begun, work, [page.cues.timeline, *settings.values])
    bar.cancel.click(report_errors(handlers.dub.cancel), None, bar.progress, **CHAINED)


def _wire_recipe(handlers: Namespace, page: Namespace) -> None:
    settings, ambience = page.settings, page.ambience
    loaded = settings.recipe.upload(
        report_errors(handlers.takes.load_recipe),
        [settings.recipe, ambience.search, ambience.k],
        [page.cues.timeline, page.cues.note, ambience.cards, ambience.level, settings.lock, *settings.values],
        **HIDDEN,
    )
    loaded.then(lambda: None, None, settings.recipe, **CHAINED)
    begun = loaded.success(
        report_errors(handlers.dub.begin_again), None, [*_buttons(page), page.bar.progress], **CHAINED
    )
    _make_takes(handlers, page, begun, handlers.dub.generate_restored, None)


def _wire_takes(handlers: Namespace, page: Namespace) -> None:
    result, pictures, bar = page.result, page.pictures, page.bar
    shown = result.takes.input(report_errors(handlers.takes.show), result.takes, _take_outputs(page), **LATEST)
    shown.then(**_compare_spectrograms(handlers, page), **CHAINED)
    pictures.other.input(**_compare_spectrograms(handlers, page), **LATEST)
    begin = report_errors(handlers.dub.begin_again)
    begun = result.stems.click(begin, None, [*_buttons(page), bar.progress], queue=False, **ONCE)
    _run(handlers, page, begun, handlers.takes.export_stems, result.takes, [*result.stem_files, bar.progress])
    begun = result.package.click(begin, None, [*_buttons(page), bar.progress], queue=False, **ONCE)
    wanted = [result.takes, *result.package_options]
    _run(handlers, page, begun, handlers.takes.export_package, wanted, [result.package_file, bar.progress])
    result.share.click(
        report_errors(handlers.takes.export_spectrogram_video, logged=True),
        result.takes,
        result.share_file,
        show_progress_on=result.share,
        **MODEL_ONCE,
    )


def _buttons(page: Namespace) -> list[Component]:
    """The outputs of `DubHandlers.finished`."""
    return [page.bar.generate, page.bar.levels, page.result.stems, page.result.package, page.bar.cancel]


def _make_takes(handlers: Namespace, page: Namespace, begun: Event, work: Handler, inputs: list | None) -> None:
    """Make takes and show them, also those that were finished before an error."""
    for ended in _run(handlers, page, begun, work, inputs, [page.bar.progress]):
        shown = _show_newest(handlers, page, ended.then)
        shown.then(**_compare_spectrograms(handlers, page), **CHAINED)


def _run(
    handlers: Namespace,
    page: Namespace,
    begun: Event,
    work: Handler,
    inputs: Component | list | None,
    outputs: list[Component],
) -> tuple[Event, Event]:
    """Do what was begun with the model, then enable the buttons. Returns the events of success and of failure.

    gradio runs `failure` instead of `then`, so each end needs its own event.
    """
    bar, buttons = page.bar, _buttons(page)
    run = begun.success(report_errors(work, logged=True), inputs, outputs, show_progress_on=bar.progress, **MODEL_QUEUE)
    return (
        run.success(handlers.dub.finished, None, buttons, **CHAINED),
        run.failure(handlers.dub.failed, None, [*buttons, bar.progress], **CHAINED),
    )


def _show_newest(handlers: Namespace, page: Namespace, after: Handler) -> Event:
    """List the takes and show the newest. after: `then` or `success` of the event before."""
    listed = after(report_errors(handlers.takes.list_takes), None, [page.result.takes, page.pictures.other], **CHAINED)
    return listed.then(report_errors(handlers.takes.show), page.result.takes, _take_outputs(page), **CHAINED)


def _compare_spectrograms(handlers: Namespace, page: Namespace) -> dict:
    inputs = [page.result.takes, page.pictures.other]
    compare = report_errors(handlers.takes.compare_spectrograms)
    return {"fn": compare, "inputs": inputs, "outputs": page.pictures.comparison}


def _take_outputs(page: Namespace) -> list[Component]:
    """The outputs of `TakesHandlers.show`."""
    result = page.result
    files = [*result.files, *result.stem_files, result.package_file, result.share_file]
    return [result.video, page.pictures.figure, result.summary, page.cues.timeline, *files]
