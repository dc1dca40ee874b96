"""Two settings that gradio reads from the process's environment and nowhere else.

Reason: analytics must be off before gradio is imported, and gradio's own copies of uploads must lie inside the folder
that a2s cleans up. `launch` has no argument for either.
"""

from __future__ import annotations

import os
from pathlib import Path


def disable_analytics() -> None:
    """Call this before gradio is imported. An operator's own value of the variable is kept."""
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")


def store_uploads_in(folder: Path) -> None:
    """Have gradio store uploads in `folder`. `gradio.mcp` reads the variable only when it is imported."""
    from gradio import mcp

    os.environ["GRADIO_TEMP_DIR"] = mcp.DEFAULT_TEMP_DIR = str(folder)
