"""The line before the model, as gradio keeps it: who no longer waits is taken out of it."""

from __future__ import annotations

from collections.abc import Collection

import gradio as gr
from anyio import from_thread
from gradio.context import LocalContext
from gradio.queueing import Queue
from gradio.server_messages import ProcessCompletedMessage


def leave_queue(session: str, works: Collection[str]) -> bool:
    """Take what a session has waiting out of the line, as if it were done and had changed nothing on the page.

    works: names of the handlers meant. Called by a handler. Returns whether there was any: what is in work stays.
    """
    page = LocalContext.blocks.get(None)
    return page is not None and from_thread.run(_leave, page._queue, session, works)


async def _leave(queue: Queue, session: str, works: Collection[str]) -> bool:
    lines = list(queue.event_queue_per_concurrency_id.values())
    left = [event for line in lines for event in line.queue if event.session_hash == session and event.fn.name in works]
    for event in left:
        await queue.remove_from_queue(event._id)
        nothing = {"data": [gr.skip()] * len(event.fn.outputs), "is_generating": False}
        queue.send_message(event, ProcessCompletedMessage(output=nothing, success=True))
        queue.broadcast_estimations(event.concurrency_id)
    return bool(left)
