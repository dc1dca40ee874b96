"""Pieces of the page that gradio has no component for: a template, a style and a script each, in files of their own."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import gradio as gr

_HERE = Path(__file__).parent


def _read(name: str) -> dict[str, str]:
    text = {suffix: (_HERE / f"{name}.{suffix}").read_text("utf-8") for suffix in ("html", "css", "js")}
    return {
        "html_template": text["html"],
        "css_template": text["css"],
        "js_on_load": text["js"],
        "apply_default_css": False,
    }


def served(path: Path) -> str:
    """Address of a file that gradio serves, relative to the page, so that it also holds behind a proxy's prefix."""
    return f"gradio_api/file={quote(str(path))}"


# Made by functions, not subclasses: gradio writes a .pyi file beside every subclass that has events.
def ambience_cards(**kwargs) -> gr.HTML:
    """Ambiences to listen to, one to choose. Event `choose`: `event.clip` is the id that the browser says was chosen.

    Value: {"items": [{"id", "name", "kind", "level", "score", "url", "chosen"}, ...]}
    """
    return gr.HTML({"items": []}, **_read("ambiences"), **kwargs)


def example_strip(examples: list[dict[str, str]], **kwargs) -> gr.HTML:
    """Example clips as pictures; a click loads one. Event `take`: `event.example` is its id.

    examples: [{"id", "name", "url"}, ...]
    """
    return gr.HTML(examples, **_read("examples"), **kwargs)
