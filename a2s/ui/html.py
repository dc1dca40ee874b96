"""Blocks of our own HTML, without the margins that gradio gives prose."""

from __future__ import annotations

from typing import Any

import gradio as gr


def html_block(html: str, **options: Any) -> gr.HTML:  # Any: options of gr.HTML
    """html: names that a visitor chose must be escaped in it. options: of `gr.HTML`."""
    return gr.HTML(html, apply_default_css=False, **options)


def heading(text: str) -> gr.HTML:
    """A heading of one section of the page."""
    return html_block(f'<h2 class="section-heading">{text}</h2>')
