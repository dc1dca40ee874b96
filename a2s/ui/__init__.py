"""The page: a thin face on `a2s.dub`. `build` makes it, `serve` serves it.

Imports go one way: gradio_compat, parts, html, text < state < engine < handlers < layouts and wiring < page.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from a2s.ui.gradio_compat.environment import disable_analytics

disable_analytics()

_MODULES = {"Engine": "engine", "build": "page", "launch_options": "page", "serve": "page"}
__all__ = list(_MODULES)


def __getattr__(name: str) -> Any:  # Any: four names of different types
    if name in _MODULES:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
