"""What the page has that gradio has no component for: a template, a style and a script each, in files of their own."""

from __future__ import annotations

from abc import ABCMeta
from pathlib import Path
from urllib.parse import quote

import gradio as gr

_HERE = Path(__file__).parent


def served(path: Path) -> str:
    """Address of a file that gradio serves, relative to the page, so that it also holds behind a proxy's prefix."""
    return f"gradio_api/file={quote(str(path))}"


class _PartMeta(type(gr.HTML)):
    """gradio writes a .pyi file beside every class of components, even into an installation that is read-only."""

    def __new__(mcs, name, bases, attributes):
        return ABCMeta.__new__(mcs, name, bases, attributes)


class Part(gr.HTML, metaclass=_PartMeta):
    """A component made of FILES.html, FILES.css and FILES.js. Arguments beyond gradio's are props of the script."""

    FILES = ""

    def __init__(self, value=None, **kwargs):
        text = {suffix: (_HERE / f"{self.FILES}.{suffix}").read_text("utf-8") for suffix in ("html", "css", "js")}
        ours = {
            "html_template": text["html"],
            "css_template": text["css"],
            "js_on_load": text["js"],
            "apply_default_css": False,
        }
        # After an update gradio makes the component anew from all arguments that it ever had, these among them.
        super().__init__(value, **kwargs | ours)
