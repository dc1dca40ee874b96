"""How the page's events are sent and served: arguments of gradio's listeners, the same on every tab.

Left to itself, gradio drops an event while the one before it is in work or in the line: a picture that comes while the
last one is watched would never be watched. So each kind says what becomes of the second of two.
"""

QUIET = {"api_visibility": "private", "show_progress": "hidden", "trigger_mode": "multiple"}
"""What goes on unseen; each is served."""

STEP = QUIET | {"queue": False}
"""Something small that is served at once: it does not wait in the line, nor is it refused because that is full. So what
follows on a dub reaches the page, however many wait for theirs."""

LATEST = QUIET | {"trigger_mode": "always_last"}
"""A control was turned: the last turn counts."""

PRESSED = QUIET | {"trigger_mode": "once"}
"""A button that is pressed twice was pressed once."""

PICTURE = QUIET | {"concurrency_id": "picture", "concurrency_limit": 1}
"""A picture is taken off and another one read in the order in which that was asked for."""

MODEL = QUIET | {"concurrency_id": "model", "concurrency_limit": 1, "show_progress": "minimal"}
"""The model serves one event at a time; who waits sees the place in line."""

MAKE = MODEL | {"trigger_mode": "once"}
"""A button that has the model make something."""
