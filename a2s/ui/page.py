"""The page's layout, and which handler answers which control. Nothing is computed when it is built."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import gradio as gr

from a2s.settings import LIMITS, DubSettings
from a2s.ui import text
from a2s.ui.api import add_dub_endpoint
from a2s.ui.cue_table import HEADERS, TYPES
from a2s.ui.engine import EXAMPLES, Engine
from a2s.ui.examples import find_examples
from a2s.ui.guard import guarded
from a2s.ui.parts import ambience_cards, example_strip, served
from a2s.ui.studio import OFF, Studio
from a2s.ui.theme import STYLE, studio_theme
from a2s.ui.visit import LONGEST_IDLE, Visits

QUEUE = 16
"""Visitors who may wait; the next one is told that it is full."""

AUDIO_SUFFIXES = [".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".aac", ".mp4", ".webm"]
_DEFAULT = DubSettings()


def build(engine: Engine, examples: Path = EXAMPLES, visits: Visits | None = None) -> gr.Blocks:
    """The page over an engine; `launch(**launch_options())` serves it."""
    visits = visits or Visits()
    os.environ["GRADIO_TEMP_DIR"] = str(visits.root)  # what gradio itself stores goes when the visits go
    found = find_examples(examples)
    studio = Studio(engine, visits, found)
    with gr.Blocks(title="a2s · foley studio", analytics_enabled=False, delete_cache=(600, int(LONGEST_IDLE))) as page:
        _line(text.HEADER)
        with gr.Row(equal_height=False):
            with gr.Column(scale=5, min_width=340):
                source = _source(found)
                place = _place()
                settings = _settings()
            with gr.Column(scale=6, min_width=340):
                result = _result()
                cues = _cues()
        add_dub_endpoint(studio)  # before the rest, so that the name /dub is its own
        _wire(studio, source, place, settings, result, cues)
        page.unload(studio.leave)
    return page.queue(max_size=QUEUE, default_concurrency_limit=1, api_open=False)


def launch_options(examples: Path = EXAMPLES) -> dict:
    """How the page is served, whoever starts it: look, limits, and only the examples readable beside the visits."""
    return {
        "theme": studio_theme(), "css_paths": STYLE, "footer_links": ["api", "settings"],
        "allowed_paths": [str(examples)], "max_file_size": LIMITS.max_bytes,
        "run_history": False, "enable_monitoring": False, "ssr_mode": False, "show_error": False,
    }  # fmt: skip


def _line(html: str, **options) -> gr.HTML:
    """A line of our own HTML, without the margins that gradio gives prose."""
    return gr.HTML(html, apply_default_css=False, **options)


def _source(examples) -> SimpleNamespace:
    _line('<h2 class="part">Picture</h2>')
    video = gr.Video(label="Your video", show_label=False, sources=["upload"], height=300, elem_id="source", buttons=[])
    facts = _line(text.NOTHING_READ, elem_id="facts")
    offered = [{"id": each.id, "name": each.name, "url": served(each.path)} for each in examples]
    strip = example_strip(offered, elem_id="examples", visible=bool(examples))
    return SimpleNamespace(video=video, facts=facts, strip=strip)


def _place() -> SimpleNamespace:
    _line('<h2 class="part">Place</h2>')
    cards = ambience_cards(elem_id="ambiences")
    own = gr.UploadButton(
        "Use my own recording", file_types=AUDIO_SUFFIXES, size="sm", elem_id="own", elem_classes="quiet"
    )
    with gr.Group(), gr.Row(elem_id="amount-row"):
        with gr.Column(scale=4, min_width=200):
            amount = gr.Slider(
                0, 1, _DEFAULT.ambient, step=0.01, label="Ambience", elem_id="amount", buttons=[],
                info="0 action only · 1 full place",
            )  # fmt: skip
        with gr.Column(scale=1, min_width=130):
            level = _line(text.level_note(_DEFAULT.ambient, None))
    with gr.Row():
        dub = gr.Button("Dub", variant="primary", size="lg", elem_id="dub", scale=3)
        cancel = gr.Button("Cancel", size="lg", interactive=False, elem_id="cancel", scale=1, min_width=90)
    return SimpleNamespace(cards=cards, own=own, amount=amount, level=level, dub=dub, cancel=cancel)


def _settings() -> SimpleNamespace:
    with gr.Accordion("Settings", open=False, elem_id="settings"):
        with gr.Row():
            seed = gr.Number(
                _DEFAULT.seed,
                label="Seed",
                precision=0,
                minimum=0,
                maximum=2**31 - 1,
                min_width=100,
                scale=3,
                elem_id="seed",
            )
            dice = gr.Button("New seed", size="sm", min_width=90, scale=1, elem_id="dice", elem_classes="quiet")
        with gr.Row():
            takes = _slider("Takes", 1, LIMITS.max_takes, _DEFAULT.takes)
            steps = _slider("Steps", 4, 50, _DEFAULT.steps)
        guidance = _slider("Guidance", 1, 8, _DEFAULT.guidance_scale, step=0.1)
        with gr.Row():
            quieter = {f"-{db}": f"under it, \N{MINUS SIGN}{db} dB" for db in (6, 12, 18, 24)}
            original = _choice("Original audio", _as_text(_DEFAULT.original_audio), {OFF: "left out"} | quieter)
            targets = {f"-{lufs}": f"\N{MINUS SIGN}{lufs} LUFS" for lufs in (14, 16, 23)}
            loudness = _choice("Loudness", _as_text(_DEFAULT.loudness), {OFF: "as generated"} | targets)
    roll = "() => Math.floor(Math.random() * 2147483647)"
    dice.click(None, None, seed, js=roll, api_visibility="private", show_progress="hidden")
    return SimpleNamespace(values=[seed, takes, steps, guidance, original, loudness])


def _slider(label: str, least: float, most: float, value: float, step: float = 1) -> gr.Slider:
    return gr.Slider(least, most, value, step=step, label=label, min_width=130, buttons=[], elem_id=label.lower())


def _as_text(value: float | None) -> str:
    return OFF if value is None else f"{value:g}"


def _choice(label: str, value: str, names: dict[str, str]) -> gr.Dropdown:
    """names: what is handed to the handler, to what is read."""
    choices = [(name, key) for key, name in names.items()]
    return gr.Dropdown(choices, value=value, label=label, min_width=130, filterable=False)


def _result() -> SimpleNamespace:
    _line('<h2 class="part">Dub</h2>')
    video = gr.Video(
        label="Dubbed video", show_label=False, interactive=False, height=300, elem_id="result", buttons=[]
    )
    takes = gr.Radio([], label="Takes", visible=False, container=False, elem_id="takes")
    summary = _line(text.NO_RESULT, elem_id="summary")
    picture = gr.Image(
        label="Spectrogram and cues", show_label=False, interactive=False, height=300, type="filepath",
        elem_id="spectrogram",
        alt_text="Mel spectrogram of the dubbed sound: seconds across, hertz up, cues above", buttons=["fullscreen"],
    )  # fmt: skip
    with gr.Row():
        files = [
            gr.DownloadButton(label, size="sm", interactive=False, elem_id=f"get-{label.lower()}", min_width=80)
            for label in ("mp4", "wav", "Recipe", "Cues")
        ]
    return SimpleNamespace(video=video, takes=takes, summary=summary, picture=picture, files=files)


def _cues() -> SimpleNamespace:
    with gr.Accordion("Cues", open=False, elem_id="cues"):
        note = _line(text.NO_CUES, elem_id="cue-note")
        table = gr.Dataframe(
            [], headers=HEADERS, datatype=TYPES, type="array", column_count=len(HEADERS), interactive=True,
            max_height=280, show_label=False, buttons=[], elem_id="cue-table",
        )  # fmt: skip
        with gr.Row():
            load = gr.UploadButton(
                "Load a cue file", file_types=[".json"], size="sm", elem_id="load-cues", elem_classes="quiet"
            )
            restore = gr.Button("Back to what was seen", size="sm", elem_id="restore-cues", elem_classes="quiet")
    return SimpleNamespace(note=note, table=table, load=load, restore=restore)


def _wire(studio: Studio, source, place, settings, result, cues) -> None:
    """Events. Only `/dub` is public; the model serves one event at a time, the rest is quick."""
    quiet = {"api_visibility": "private", "show_progress": "hidden"}
    model = {"api_visibility": "private", "concurrency_id": "model", "concurrency_limit": 1}
    shown = [result.video, result.picture, result.summary, *result.files]

    heard = [place.cards, cues.table, cues.note]
    readings = (
        source.video.upload(guarded(studio.take_upload), source.video, source.facts, **quiet),
        source.strip.take(guarded(studio.take_example), None, [source.video, source.facts], **quiet),
    )
    for reading in readings:
        reading.failure(guarded(studio.forget), None, [source.video, source.facts], **quiet)
        listening = reading.success(guarded(studio.listen), None, heard, show_progress_on=place.cards, **model)
        listening.success(guarded(studio.level), place.amount, place.level, **quiet)
    source.video.clear(guarded(studio.forget), None, [source.video, source.facts], **quiet)

    place.cards.choose(guarded(studio.choose), place.amount, place.level, queue=False, **quiet)
    place.own.upload(guarded(studio.take_own), [place.own, place.amount], [place.cards, place.level], **quiet)
    place.amount.input(
        guarded(studio.level), place.amount, place.level, queue=False, trigger_mode="always_last", **quiet
    )

    cues.load.upload(guarded(studio.take_cues), cues.load, [cues.table, cues.note], **quiet)
    cues.restore.click(guarded(studio.restore_cues), None, [cues.table, cues.note], **quiet)

    buttons = [place.dub, place.cancel]
    start = place.dub.click(guarded(studio.begin), None, buttons, queue=False, **quiet)
    run = start.then(
        guarded(studio.dub),
        [place.amount, *settings.values, cues.table],
        [result.takes, *shown],
        show_progress_on=result.video,
        **model,
    )
    run.then(studio.rest, None, buttons, queue=False, **quiet)
    place.cancel.click(guarded(studio.cancel), None, None, queue=False, **quiet)
    result.takes.input(guarded(studio.show), result.takes, shown, **quiet)
