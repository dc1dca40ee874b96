"""Where the components of the Compare tab are, and which handler answers which of them."""

from __future__ import annotations

from types import SimpleNamespace

import gradio as gr

from a2s.evaluation.listening import ABX, NEITHER, QUESTIONS
from a2s.ui import text
from a2s.ui.compare.handlers import CompareHandlers
from a2s.ui.events import HIDDEN, LATEST, MODEL_ONCE, ONCE
from a2s.ui.html import heading, html_block
from a2s.ui.parts.player import ABPlayer
from a2s.ui.state import Visits
from a2s.ui.state.listening_session import BLIND, OPEN
from a2s.ui.validation import report_errors

SUFFIXES = [".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".aac"]


def add_compare_tab(visits: Visits) -> SimpleNamespace:
    """Build the tab inside an open `gr.Tab`. `refresh`: arguments of an event that offers the sounds anew."""
    handlers = CompareHandlers(visits)
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=340):
            heading("Two sounds, one video")
            player = ABPlayer(None, elem_id="player")
        with gr.Column(scale=2, min_width=320):
            pair = _pair_section()
            trial = _trial_section()
            result = _result_section()
    chosen = [pair.a, pair.b, pair.mode]
    shown = [player, trial.note, trial.questions, trial.abx, trial.submit, *trial.answers]
    refresh = {"fn": report_errors(handlers.refresh), "inputs": chosen, "outputs": [pair.a, pair.b, *shown]}
    for control in chosen:
        control.input(report_errors(handlers.show), chosen, shown, **LATEST)
    pair.upload.upload(report_errors(handlers.upload), [pair.upload, pair.a, pair.mode], refresh["outputs"], **HIDDEN)
    export = report_errors(handlers.export, logged=True)
    pair.export.click(export, [pair.a, pair.b], pair.video, show_progress_on=pair.export, **MODEL_ONCE)
    results = [result.table, result.csv]
    trial.submit.click(report_errors(handlers.submit), [*chosen, *trial.answers], [*results, *shown], **ONCE)
    result.show.click(report_errors(handlers.results), None, results, **HIDDEN)
    result.start_over.click(report_errors(handlers.start_over), chosen, [*results, *shown], **HIDDEN)
    return SimpleNamespace(handlers=handlers, refresh=refresh)


def _pair_section() -> SimpleNamespace:
    heading("Sounds to compare")
    with gr.Row():
        a, b = (
            gr.Dropdown([], label=name, filterable=False, min_width=150, elem_id=f"sound-{id}")
            for id, name in (("a", "First sound (A)"), ("b", "Second sound (B)"))
        )
    with gr.Row():
        upload = gr.UploadButton(
            "Upload audio", file_types=SUFFIXES, size="sm", elem_id="upload-audio", elem_classes="quiet", min_width=90
        )
        export = gr.Button(
            "Export comparison", size="sm", elem_id="export-comparison", elem_classes="quiet", min_width=90
        )
        video = gr.DownloadButton("comparison.mp4", size="sm", visible=False, elem_id="get-comparison", min_width=90)
    mode = gr.Radio(
        [("Open", OPEN), ("Blind", BLIND), ("ABX", ABX)], value=OPEN, label="Mode", elem_id="compare-mode",
        info="Blind: the letters are assigned at random. ABX: decide whether X is A or B, which shows whether there is"
        " an audible difference.",
    )  # fmt: skip
    return SimpleNamespace(a=a, b=b, upload=upload, mode=mode, export=export, video=video)


def _trial_section() -> SimpleNamespace:
    note = html_block(text.NOTHING_TO_COMPARE, elem_id="trial-note")
    letters = [("A", "a"), ("B", "b")]
    with gr.Group(visible=False, elem_id="questions") as questions:
        answers = [
            gr.Radio([*letters, ("Neither", NEITHER)], label=question, elem_id=f"ask-{key}")
            for key, question in QUESTIONS.items()
        ]
    with gr.Group(visible=False, elem_id="abx") as abx:
        x = gr.Radio([("X is A", "a"), ("X is B", "b")], label="Which one is X?", elem_id="ask-abx")
    submit = gr.Button("Submit and continue", variant="primary", visible=False, elem_id="submit-answers")
    return SimpleNamespace(note=note, questions=questions, abx=abx, answers=[*answers, x], submit=submit)


def _result_section() -> SimpleNamespace:
    with gr.Row():
        show = gr.Button("Show results", size="sm", elem_id="results", elem_classes="quiet", min_width=110)
        csv = gr.DownloadButton("trials.csv", size="sm", visible=False, elem_id="get-trials", min_width=90)
        start_over = gr.Button("Start over", size="sm", elem_id="start-over", elem_classes="quiet", min_width=90)
    table = html_block("", elem_id="listening")
    return SimpleNamespace(show=show, csv=csv, start_over=start_over, table=table)
