"""What the server keeps of each open page. Nothing in this package imports a handler."""

from __future__ import annotations

from a2s.ui.state.storage import plain_name
from a2s.ui.state.visit import Visit
from a2s.ui.state.visits import Visits

__all__ = ["Visit", "Visits", "plain_name"]
