"""Components that gradio doesn't have: a template, a style and a script each, in files of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from a2s.ui.gradio_compat.component_class import NoStubMeta

_FOLDER = Path(__file__).parent


class Part(gr.HTML, metaclass=NoStubMeta):
    """A component made of FILES.html, FILES.css and the scripts. Arguments that gradio doesn't know are props of the
    script. SCRIPTS: names of .js files that are joined in this order; FILES alone by default."""

    FILES = ""
    SCRIPTS: tuple[str, ...] = ()

    def __init__(self, value: Any = None, **kwargs: Any) -> None:  # Any: each part has a value and props of its own
        scripts = self.SCRIPTS or (self.FILES,)
        source = {
            "html_template": _read(f"{self.FILES}.html"),
            "css_template": _read(f"{self.FILES}.css"),
            "js_on_load": "".join(_read(f"{name}.js") for name in scripts),
            "apply_default_css": False,
        }
        # After an update gradio makes the component anew from all arguments that it ever had, these among them.
        super().__init__(value, **kwargs | source)


def _read(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")
