"""The page: a thin face on `a2s.dub`. `build` makes it, `launch_options` says how it is served."""

from __future__ import annotations

import os

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read when gradio is imported; nothing leaves this machine

from a2s.ui.engine import Engine
from a2s.ui.page import build, launch_options

__all__ = ["Engine", "build", "launch_options"]
