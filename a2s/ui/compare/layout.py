"""What is where on the Compare tab, and which handler answers which control."""

from __future__ import annotations

from types import SimpleNamespace

import gradio as gr

from a2s.evaluation.listening import ABX, NEITHER, QUESTIONS
from a2s.ui import text
from a2s.ui.compare.handlers import CompareHandlers
from a2s.ui.compare.listening_session import BLIND, OPEN
from a2s.ui.engine import Engine
from a2s.ui.events import LATEST, MAKE, PRESSED, QUIET
from a2s.ui.html import line, part
from a2s.ui.parts.player import ABPlayer
from a2s.ui.state import Visits
from a2s.ui.validation import report_errors

SUFFIXES = [".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".aac"]


def add_compare_tab(engine: Engine, visits: Visits) -> SimpleNamespace:
    """Build the tab inside an open `gr.Tab`. `refresh`: arguments of an event that offers anew what can be heard."""
    desk = CompareHandlers(engine, visits)
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=340):
            part("Two sounds, one picture")
            player = ABPlayer(None, elem_id="player")
        with gr.Column(scale=2, min_width=320):
            pair = _pair()
            trial = _trial()
            result = _result()
    chosen = [pair.a, pair.b, pair.mode]
    shown = [player, trial.note, trial.questions, trial.abx, trial.answer, *trial.answers]
    refresh = {"fn": report_errors(desk.fresh), "inputs": chosen, "outputs": [pair.a, pair.b, *shown]}
    for control in chosen:
        control.input(report_errors(desk.show), chosen, shown, **LATEST)
    pair.own.upload(report_errors(desk.bring), [pair.own, pair.a, pair.mode], refresh["outputs"], **QUIET)
    share = report_errors(desk.share, logged=True)
    pair.share.click(share, [pair.a, pair.b], pair.video, show_progress_on=pair.share, **MAKE)
    trial.answer.click(
        report_errors(desk.answer), [*chosen, *trial.answers], [result.table, result.csv, *shown], **PRESSED
    )
    result.show.click(report_errors(desk.results), None, [result.table, result.csv], **QUIET)
    result.over.click(report_errors(desk.start_over), chosen, [result.table, result.csv, *shown], **QUIET)
    return SimpleNamespace(desk=desk, refresh=refresh)


def _pair() -> SimpleNamespace:
    part("Which two")
    with gr.Row():
        a, b = (
            gr.Dropdown([], label=name, filterable=False, min_width=150, elem_id=f"sound-{id}")
            for id, name in (("a", "First sound (A)"), ("b", "Second sound (B)"))
        )
    with gr.Row():
        own = gr.UploadButton(
            "Bring a recording", file_types=SUFFIXES, size="sm", elem_id="bring", elem_classes="quiet", min_width=90
        )
        share = gr.Button("Make a video of both", size="sm", elem_id="share-both", elem_classes="quiet", min_width=90)
        video = gr.DownloadButton("comparison.mp4", size="sm", visible=False, elem_id="get-both", min_width=90)
    mode = gr.Radio(
        [("Openly", OPEN), ("Blind", BLIND), ("ABX", ABX)], value=OPEN, label="How", elem_id="compare-mode",
        info="Blind shuffles the letters. ABX asks which of the two X is: whether the difference can be heard at all.",
    )  # fmt: skip
    return SimpleNamespace(a=a, b=b, own=own, mode=mode, share=share, video=video)


def _trial() -> SimpleNamespace:
    note = line(text.NOTHING_TO_COMPARE, elem_id="trial-note")
    letters = [("A", "a"), ("B", "b")]
    with gr.Group(visible=False, elem_id="questions") as questions:
        answers = [
            gr.Radio([*letters, ("Neither", NEITHER)], label=asked, elem_id=f"ask-{key}")
            for key, asked in QUESTIONS.items()
        ]
    with gr.Group(visible=False, elem_id="abx") as abx:
        x = gr.Radio([("X is A", "a"), ("X is B", "b")], label="Which one is X?", elem_id="ask-abx")
    answer = gr.Button("Answer, and the next", variant="primary", visible=False, elem_id="answer")
    return SimpleNamespace(note=note, questions=questions, abx=abx, answers=[*answers, x], answer=answer)


def _result() -> SimpleNamespace:
    with gr.Row():
        show = gr.Button("Show the results", size="sm", elem_id="results", elem_classes="quiet", min_width=110)
        csv = gr.DownloadButton("trials.csv", size="sm", visible=False, elem_id="get-trials", min_width=90)
        over = gr.Button("Start over", size="sm", elem_id="start-over", elem_classes="quiet", min_width=90)
    table = line("", elem_id="listening")
    return SimpleNamespace(show=show, csv=csv, over=over, table=table)
