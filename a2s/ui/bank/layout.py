"""Where the components of the Bank tab are, and which handler answers which of them."""

from __future__ import annotations

from types import SimpleNamespace

import gradio as gr

from a2s.ui import text
from a2s.ui.bank.handlers import ADD, REPLACE, SORTS, BankHandlers
from a2s.ui.engine import Engine
from a2s.ui.events import HIDDEN, LATEST, MODEL_ONCE, ONCE
from a2s.ui.html import heading, html_block
from a2s.ui.parts.ambiences import AmbienceCards
from a2s.ui.parts.job_progress import JobProgress, progress
from a2s.ui.state import Visits
from a2s.ui.validation import report_errors

SUFFIXES = [".zip", ".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".aac", ".mp4", ".mov", ".webm"]


def add_bank_tab(engine: Engine, visits: Visits) -> SimpleNamespace:
    """Build the tab inside an open `gr.Tab`. `refresh`: arguments of an event that lists the bank anew."""
    handlers = BankHandlers(engine, visits)
    with gr.Row(equal_height=False):
        with gr.Column(scale=1, min_width=340):
            browse = _browse_section()
        with gr.Column(scale=1, min_width=340):
            detail = _detail_section()
            own = _own_bank_section()
    listed = {
        "fn": report_errors(handlers.list_clips), "inputs": [browse.search, browse.sort],
        "outputs": [browse.cards, browse.note],
    }  # fmt: skip
    for asked in (browse.search.change, browse.sort.input):
        asked(**listed, **LATEST)
    shown = browse.cards.choose(
        report_errors(handlers.show), None, [detail.picture, detail.facts, detail.chosen], **HIDDEN
    )
    shown.success(lambda: gr.Button(interactive=True), None, detail.use, **HIDDEN)
    detail.use.click(report_errors(handlers.use), detail.chosen, detail.facts, **HIDDEN)
    build = report_errors(handlers.build, logged=True)
    built = own.build.click(build, [own.files, own.mode], own.progress, show_progress_on=own.progress, **MODEL_ONCE)
    built.success(**listed, **HIDDEN).then(lambda: None, None, own.files, **HIDDEN)
    own.save.click(report_errors(handlers.save), None, own.zip, **ONCE)
    own.reset.click(report_errors(handlers.reset), None, own.progress, **ONCE).then(**listed, **HIDDEN)
    return SimpleNamespace(handlers=handlers, refresh=listed)


def _browse_section() -> SimpleNamespace:
    heading("Ambiences")
    with gr.Row(elem_classes="tools"):
        search = gr.Textbox(
            placeholder="Search: rain, kitchen, birds …", show_label=False, label="Search the bank", container=False,
            elem_id="bank-search", max_lines=1, scale=2, min_width=150,
        )  # fmt: skip
        sort = gr.Dropdown(
            [(name, key) for key, name in SORTS.items()], value="kind", show_label=False, label="Sort by",
            container=False, filterable=False, elem_id="bank-sort", scale=1, min_width=140,
        )  # fmt: skip
    note = html_block("", elem_id="bank-note")
    cards = AmbienceCards(None, elem_id="bank-clips", elem_classes="tall")
    return SimpleNamespace(search=search, sort=sort, note=note, cards=cards)


def _detail_section() -> SimpleNamespace:
    heading("Spectrogram")
    picture = gr.Image(
        show_label=False, label="Spectrogram of the ambience", interactive=False, height=300, type="filepath",
        elem_id="bank-spectrogram", buttons=["fullscreen"],
        alt_text="Mel spectrogram of the chosen ambience: time in seconds, frequency in hertz",
    )  # fmt: skip
    facts = html_block(text.NO_CLIP, elem_id="bank-facts")
    use = gr.Button("Use this ambience", size="sm", elem_id="bank-use", elem_classes="quiet", interactive=False)
    return SimpleNamespace(picture=picture, facts=facts, use=use, chosen=gr.State(""))


def _own_bank_section() -> SimpleNamespace:
    heading("Your own bank")
    files = gr.File(
        label="Recordings, a zip of recordings, or a saved bank", file_count="multiple", file_types=SUFFIXES,
        height=170, elem_id="bank-files",
    )  # fmt: skip
    mode = gr.Radio(
        [("Replace bank", REPLACE), ("Add to bank", ADD)], value=REPLACE, show_label=False,
        label="What to do with the recordings", container=False, elem_id="bank-mode",
    )  # fmt: skip
    hint = progress("idle", "Each recording adds up to two 3-second clips (quietest, typical)")
    job = JobProgress(hint, elem_id="bank-progress")
    with gr.Row():
        build = gr.Button("Build", variant="primary", elem_id="bank-build", min_width=90)
        save = gr.Button("Save as zip", elem_id="bank-save", elem_classes="quiet", min_width=90)
        zip_file = gr.DownloadButton("Download", visible=False, elem_id="bank-zip", min_width=90)
        reset = gr.Button("Reset to built-in bank", elem_id="bank-reset", elem_classes="quiet", min_width=90)
    return SimpleNamespace(files=files, mode=mode, progress=job, build=build, save=save, zip=zip_file, reset=reset)
