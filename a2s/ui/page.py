"""The page: three tabs over one engine. Building it computes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from a2s.settings import Limits
from a2s.ui import text
from a2s.ui.api import add_endpoints
from a2s.ui.bank.layout import add_bank_tab
from a2s.ui.compare.layout import add_compare_tab
from a2s.ui.dub.tab import add_dub_tab
from a2s.ui.engine import EXAMPLES, Engine
from a2s.ui.events import HIDDEN
from a2s.ui.examples import find_examples
from a2s.ui.gradio_compat.admission import Admission
from a2s.ui.gradio_compat.environment import store_uploads_in
from a2s.ui.gradio_compat.outgoing_requests import block_outgoing_requests
from a2s.ui.gradio_compat.queue import set_queue_full_message
from a2s.ui.gradio_compat.startup import skip_self_check
from a2s.ui.html import html_block
from a2s.ui.state import Visits
from a2s.ui.theme import STYLE, studio_theme

CLEANUP_SECONDS = 600.0
"""Between two searches for idle visits."""


def build(engine: Engine, examples: Path = EXAMPLES, visits: Visits | None = None) -> gr.Blocks:
    """The page over an engine, within the engine's limits. `serve` serves it."""
    limits = engine.limits
    visits = visits or Visits(limits=limits)
    visits.remove_idle_every(CLEANUP_SECONDS)
    block_outgoing_requests()
    store_uploads_in(visits.root)
    cleaning = int(CLEANUP_SECONDS), int(limits.max_idle_seconds)
    with gr.Blocks(title="a2s · foley studio", analytics_enabled=False, delete_cache=cleaning) as page:
        add_endpoints(engine, visits)
        html_block(text.HEADER)
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab("Dub", id="dub") as dub_tab:
                dub = add_dub_tab(engine, visits, find_examples(examples))
            with gr.Tab("Compare", id="compare") as compare_tab:
                compare = add_compare_tab(visits)
            with gr.Tab("Bank", id="bank") as bank_tab:
                bank = add_bank_tab(engine, visits)
        for tab, content in ((dub_tab, dub), (compare_tab, compare), (bank_tab, bank)):
            tab.select(**content.refresh, **HIDDEN)  # shows what was done on another tab

        def leave(request: gr.Request) -> None:
            visits.leave(request.session_hash)

        page.unload(leave)
    page.queue(max_size=limits.max_waiting, default_concurrency_limit=1, api_open=False)
    set_queue_full_message(page, text.QUEUE_FULL)
    return page


def launch_options(examples: Path = EXAMPLES, limits: Limits | None = None) -> dict[str, Any]:
    """Arguments of `gr.Blocks.launch` for the page: theme, limits, and the examples as the only folder that is
    readable beside the visits."""
    limits = limits or Limits()
    return {
        "theme": studio_theme(), "css_paths": STYLE, "footer_links": ["api", "settings"],
        "allowed_paths": [str(examples)], "max_file_size": limits.max_bytes,
        "app_kwargs": {"middleware": [Middleware(Admission, limits=limits)]},
        "run_history": False, "enable_monitoring": False, "ssr_mode": False, "show_error": False,
    }  # fmt: skip


def launch(page: gr.Blocks, **options: Any) -> None:  # Any: of gr.Blocks.launch
    """Start to serve a page and return."""
    skip_self_check()
    page.launch(prevent_thread_lock=True, **options)


def serve(page: gr.Blocks, engine: Engine, examples: Path = EXAMPLES, **options: Any) -> None:
    """Serve the page until the process ends. options: host, port and others of `gr.Blocks.launch`."""
    launch(page, **options, **launch_options(examples, engine.limits))
    engine.preload()  # not earlier: loading a model delays the start of the server
    page.block_thread()
