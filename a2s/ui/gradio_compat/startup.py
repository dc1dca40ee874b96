"""Start without gradio's check of its own address.

Reason: `launch` asks the new server for its page and gives up when the answer takes longer than 3 s, which happens on
a busy machine, and behind a proxy that refuses the local address.
"""

from __future__ import annotations

import gradio as gr


def skip_self_check() -> None:
    """For this process. Raises AttributeError if gradio has no such check any more."""
    gr.networking.url_ok  # noqa: B018
    gr.networking.url_ok = lambda url: True
