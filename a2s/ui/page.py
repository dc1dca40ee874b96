"""The page: three tabs over one engine. Nothing is computed when it is built."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import gradio as gr
from gradio import mcp
from starlette.middleware import Middleware

from a2s.settings import LIMITS
from a2s.ui import text
from a2s.ui.api import add_endpoints
from a2s.ui.bank.layout import add_bank_tab
from a2s.ui.compare.layout import add_compare_tab
from a2s.ui.dub.tab import add_dub_tab
from a2s.ui.engine import EXAMPLES, Engine
from a2s.ui.events import QUIET
from a2s.ui.examples import find_examples
from a2s.ui.gradio_compat.hardening import Admission, block_outgoing_requests
from a2s.ui.html import line
from a2s.ui.state import LONGEST_IDLE, Visits
from a2s.ui.theme import STYLE, studio_theme

QUEUE = LIMITS.max_waiting
"""Visitors who may wait; the next one is told that it is full."""


SWEEP = 600.0
"""Seconds between two looks for visits that were left."""


def build(engine: Engine, examples: Path = EXAMPLES, visits: Visits | None = None) -> gr.Blocks:
    """The page over an engine; `serve` serves it."""
    visits = visits or Visits()
    visits.sweep_every(SWEEP)
    block_outgoing_requests()
    os.environ["GRADIO_TEMP_DIR"] = mcp.DEFAULT_TEMP_DIR = str(visits.root)  # what gradio stores goes with the visits
    cleaning = int(SWEEP), int(LONGEST_IDLE)
    with gr.Blocks(title="a2s · foley studio", analytics_enabled=False, delete_cache=cleaning) as page:
        add_endpoints(engine, visits)
        line(text.HEADER)
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab("Dub", id="dub") as dub_tab:
                dub = add_dub_tab(engine, visits, find_examples(examples))
            with gr.Tab("Compare", id="compare") as compare_tab:
                compare = add_compare_tab(engine, visits)
            with gr.Tab("Bank", id="bank") as bank_tab:
                bank = add_bank_tab(engine, visits)
        for tab, corner in ((dub_tab, dub), (compare_tab, compare), (bank_tab, bank)):
            tab.select(**corner.refresh, **QUIET)  # what was done on another tab is known on this one

        def leave(request: gr.Request) -> None:
            visits.leave(request.session_hash)

        page.unload(leave)
    page.queue(max_size=QUEUE, default_concurrency_limit=1, api_open=False)
    page._queue.push = _says_it_is_full(page._queue.push)
    return page


def _says_it_is_full(push: Callable) -> Callable:
    """gradio's way into the line, with a sentence of ours for who finds no place in it."""

    async def told(*args, **more):
        joined, said, state = await push(*args, **more)
        return joined, text.FULL if state == "queue_full" else said, state

    return told


def launch_options(examples: Path = EXAMPLES) -> dict:
    """How the page is served, whoever starts it: look, limits, and only the examples readable beside the visits."""
    return {
        "theme": studio_theme(), "css_paths": STYLE, "footer_links": ["api", "settings"],
        "allowed_paths": [str(examples)], "max_file_size": LIMITS.max_bytes,
        "app_kwargs": {"middleware": [Middleware(Admission)]},
        "run_history": False, "enable_monitoring": False, "ssr_mode": False, "show_error": False,
    }  # fmt: skip


def launch(page: gr.Blocks, **options) -> None:
    """Start serving a page, on a busy machine as well: gradio gives up one that does not answer itself within 3 s."""
    gr.networking.url_ok = lambda url: True
    page.launch(prevent_thread_lock=True, **options)


def serve(page: gr.Blocks, engine: Engine, examples: Path = EXAMPLES, **where) -> None:
    """Serve the page until the process is asked to end. where: host, port and what else `gr.Blocks.launch` takes."""
    launch(page, **where, **launch_options(examples))
    engine.warm()  # only now: loading a model holds up what else this process does
    page.block_thread()
