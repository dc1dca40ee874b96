"""The address under which gradio serves a file.

Reason: a value inside our own HTML components is not a gradio file component, so its address must be written by hand.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from gradio.route_utils import API_PREFIX


def file_url(path: Path) -> str:
    """Relative to the page, so that it also holds behind a proxy's prefix."""
    return f"{API_PREFIX.lstrip('/')}/file={quote(str(path))}"
