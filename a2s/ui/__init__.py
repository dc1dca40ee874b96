"""The page: a thin face on `a2s.dub`. `build` makes it, `serve` serves it."""

from __future__ import annotations

import os
from importlib import import_module

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read when gradio is imported; nothing leaves this machine

_HOME = {"Engine": "engine", "build": "page", "launch_options": "page", "serve": "page"}
__all__ = list(_HOME)


def __getattr__(name: str):
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
