"""How the page's events are sent and served: arguments of gradio's event listeners, the same on every tab.

By default gradio drops an event while an earlier one of the same kind waits or runs: a video that is loaded while
another is analysed would never be analysed. So each set of options says what becomes of the second of two events.
"""

from __future__ import annotations

from typing import Any

Options = dict[str, Any]  # Any: gradio's listener arguments have many types

HIDDEN: Options = {"api_visibility": "private", "show_progress": "hidden", "trigger_mode": "multiple"}
"""No progress indicator. Every event is served."""

CHAINED: Options = HIDDEN | {"queue": False}
"""A small step that is served at once, without the queue, so a full queue doesn't stop what follows on a dub."""

LATEST: Options = HIDDEN | {"trigger_mode": "always_last"}
"""A control was changed: only the latest value counts."""

ONCE: Options = HIDDEN | {"trigger_mode": "once"}
"""A button that is pressed twice counts once."""

VIDEO_QUEUE: Options = HIDDEN | {"concurrency_id": "video", "concurrency_limit": 1}
"""Videos are loaded and removed in the order in which that was asked for."""

PREVIEW_QUEUE: Options = HIDDEN | {"concurrency_id": "preview", "concurrency_limit": 1}
"""Films are made playable one after the other, beside the work of the model."""

MODEL_QUEUE: Options = HIDDEN | {"concurrency_id": "model", "concurrency_limit": 1, "show_progress": "minimal"}
"""The model serves one event at a time. A visitor who waits sees the position in the queue."""

MODEL_ONCE: Options = MODEL_QUEUE | {"trigger_mode": "once"}
"""A button that uses the model."""
