"""Lines of our own HTML, without the margins that gradio gives prose."""

from __future__ import annotations

import gradio as gr


def line(html: str, **options) -> gr.HTML:
    """html is ours: whatever a visitor named in it is escaped already."""
    return gr.HTML(html, apply_default_css=False, **options)


def part(name: str) -> gr.HTML:
    """A heading of a corner of the page."""
    return line(f'<h2 class="part">{name}</h2>')
