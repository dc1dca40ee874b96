"""What is where on the Bank tab, and which handler answers which control."""

from __future__ import annotations

from types import SimpleNamespace

import gradio as gr

from a2s.ui import text
from a2s.ui.bank.handlers import ADD, REPLACE, SORTS, BankHandlers
from a2s.ui.engine import Engine
from a2s.ui.events import LATEST, MAKE, PRESSED, QUIET
from a2s.ui.html import line, part
from a2s.ui.parts.ambiences import AmbienceCards
from a2s.ui.parts.progress import JobProgress, job
from a2s.ui.state import Visits
from a2s.ui.validation import report_errors

SUFFIXES = [".zip", ".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".aac", ".mp4", ".mov", ".webm"]


def add_bank_tab(engine: Engine, visits: Visits) -> SimpleNamespace:
    """Build the tab inside an open `gr.Tab`. `refresh`: arguments of an event that lists the bank anew."""
    desk = BankHandlers(engine, visits)
    with gr.Row(equal_height=False):
        with gr.Column(scale=1, min_width=340):
            browse = _browse()
        with gr.Column(scale=1, min_width=340):
            detail = _detail()
            make = _make()
    listed = {
        "fn": report_errors(desk.list), "inputs": [browse.search, browse.sort], "outputs": [browse.cards, browse.note]
    }  # fmt: skip
    for asked in (browse.search.change, browse.sort.input):
        asked(**listed, **LATEST)
    browse.cards.choose(report_errors(desk.show), None, [detail.picture, detail.facts, detail.chosen], **QUIET).success(
        lambda: gr.Button(interactive=True), None, detail.use, **QUIET
    )
    detail.use.click(report_errors(desk.use), detail.chosen, detail.facts, **QUIET)
    make.build.click(
        report_errors(desk.build, logged=True),
        [make.files, make.mode],
        make.progress,
        show_progress_on=make.progress,
        **MAKE,
    ).success(**listed, **QUIET).then(lambda: None, None, make.files, **QUIET)
    make.save.click(report_errors(desk.save), None, make.zip, **PRESSED)
    make.reset.click(report_errors(desk.reset), None, make.progress, **PRESSED).then(**listed, **QUIET)
    return SimpleNamespace(desk=desk, refresh=listed)


def _browse() -> SimpleNamespace:
    part("Ambiences")
    with gr.Row(elem_classes="tools"):
        search = gr.Textbox(
            placeholder="Search: rain, kitchen, birds …", show_label=False, label="Search the bank", container=False,
            elem_id="bank-search", max_lines=1, scale=2, min_width=150,
        )  # fmt: skip
        sort = gr.Dropdown(
            [(name, key) for key, name in SORTS.items()], value="kind", show_label=False, label="Sort by",
            container=False, filterable=False, elem_id="bank-sort", scale=1, min_width=140,
        )  # fmt: skip
    note = line("", elem_id="bank-note")
    cards = AmbienceCards(None, elem_id="bank-clips", elem_classes="tall")
    return SimpleNamespace(search=search, sort=sort, note=note, cards=cards)


def _detail() -> SimpleNamespace:
    part("Spectrogram")
    picture = gr.Image(
        show_label=False, label="Spectrogram of the ambience", interactive=False, height=300, type="filepath",
        elem_id="bank-spectrogram", buttons=["fullscreen"],
        alt_text="Mel spectrogram of the chosen ambience: seconds across, hertz up",
    )  # fmt: skip
    facts = line(text.NO_CLIP, elem_id="bank-facts")
    use = gr.Button("Use it for the dub", size="sm", elem_id="bank-use", elem_classes="quiet", interactive=False)
    return SimpleNamespace(picture=picture, facts=facts, use=use, chosen=gr.State(""))


def _make() -> SimpleNamespace:
    part("Your own bank")
    files = gr.File(
        label="Recordings, a zip of them, or a bank that was saved", file_count="multiple", file_types=SUFFIXES,
        height=170, elem_id="bank-files",
    )  # fmt: skip
    mode = gr.Radio(
        [("Instead of what is there", REPLACE), ("Beside what is there", ADD)], value=REPLACE, show_label=False,
        label="Where the recordings go", container=False, elem_id="bank-mode",
    )  # fmt: skip
    progress = JobProgress(
        job("idle", "Each recording gives its quietest and its typical 3 s"), elem_id="bank-progress"
    )
    with gr.Row():
        build = gr.Button("Build", variant="primary", elem_id="bank-build", min_width=90)
        save = gr.Button("Make a zip", elem_id="bank-save", elem_classes="quiet", min_width=90)
        zip_file = gr.DownloadButton("Download", visible=False, elem_id="bank-zip", min_width=90)
        reset = gr.Button("Shipped bank", elem_id="bank-reset", elem_classes="quiet", min_width=90)
    return SimpleNamespace(files=files, mode=mode, progress=progress, build=build, save=save, zip=zip_file, reset=reset)
