"""Two things that gradio's queue can't do by itself.

Reason: gradio's `cancels=` stops what runs, but an event that still waits would run later, and the message of a full
queue ("Queue is full. Max size is 16 and size is 16.") is gradio's own.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import gradio as gr
from anyio import from_thread
from gradio.context import LocalContext
from gradio.queueing import Queue
from gradio.server_messages import ProcessCompletedMessage


def set_queue_full_message(page: gr.Blocks, message: str) -> None:
    """What a visitor reads when the queue of the page is full."""
    push = page._queue.push

    async def push_with_message(*args: Any, **options: Any) -> tuple[Any, Any, Any]:
        joined, answer, state = await push(*args, **options)
        return joined, message if state == "queue_full" else answer, state

    page._queue.push = push_with_message  # type: ignore[method-assign]


def leave_queue(session: str | None, handlers: Collection[str]) -> bool:
    """Remove a session's waiting events, as if they had run and changed nothing. Events that run are left alone.

    handlers: names of the handlers whose events are meant. May only be called inside a handler of the page. Returns
    whether an event was removed.
    """
    page = LocalContext.blocks.get(None)
    if page is None or session is None:
        return False
    return from_thread.run(_leave, page._queue, session, handlers)


async def _leave(queue: Queue, session: str, handlers: Collection[str]) -> bool:
    waiting = [event for each in queue.event_queue_per_concurrency_id.values() for event in each.queue]
    removed = [event for event in waiting if event.session_hash == session and event.fn.name in handlers]
    for event in removed:
        await queue.remove_from_queue(event._id)
        unchanged = {"data": [gr.skip()] * len(event.fn.outputs), "is_generating": False}
        queue.send_message(event, ProcessCompletedMessage(output=unchanged, success=True))
        queue.broadcast_estimations(event.concurrency_id)
    return bool(removed)
