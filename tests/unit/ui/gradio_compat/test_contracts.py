"""What `a2s.ui.gradio_compat` relies on inside gradio. A failure means that gradio changed it: adapt that module."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

import gradio as gr
import httpx
import pytest
from gradio import mcp, processing_utils, routes
from gradio.utils import get_upload_folder
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from a2s.settings import Limits
from a2s.ui import text
from a2s.ui.gradio_compat.admission import CLOSED_PATH, UPLOAD_PATHS, Admission
from a2s.ui.gradio_compat.environment import store_uploads_in
from a2s.ui.gradio_compat.files import file_url
from a2s.ui.gradio_compat.outgoing_requests import block_outgoing_requests
from a2s.ui.gradio_compat.queue import leave_queue, set_queue_full_message
from a2s.ui.gradio_compat.startup import skip_self_check
from a2s.ui.parts.examples import ExampleStrip


@pytest.fixture(autouse=True)
def gradio_restored(monkeypatch) -> None:
    """What a test changes in gradio is as before afterwards."""
    for module, name in (
        (processing_utils, "async_ssrf_protected_get"),
        (processing_utils, "async_ssrf_protected_download"),
        (routes, "secure_url_stream_response"),
        (gr.networking, "url_ok"),
        (mcp, "DEFAULT_TEMP_DIR"),
    ):
        monkeypatch.setattr(module, name, getattr(module, name))
    monkeypatch.setenv("GRADIO_TEMP_DIR", "")


@contextmanager
def served(page: gr.Blocks, **options) -> Iterator[str]:
    """The address of a page that is served in the block."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    page.launch(server_name="127.0.0.1", server_port=port, quiet=True, prevent_thread_lock=True, **options)
    yield page.local_url
    page.close()


def test_analytics_are_off_once_the_page_is_imported():
    import gradio.analytics

    assert not gradio.analytics.analytics_enabled()


def test_gradio_stores_uploads_where_the_environment_says(tmp_path):
    store_uploads_in(tmp_path / "uploads")
    assert get_upload_folder() == str(tmp_path / "uploads") == mcp.DEFAULT_TEMP_DIR


def test_gradio_downloads_a_url_only_through_the_functions_that_are_replaced(tmp_path):
    block_outgoing_requests()
    with pytest.raises(gr.Error, match="does not download"):
        processing_utils.save_url_to_cache("http://127.0.0.1:9/a.mp4", str(tmp_path))
    streamed = routes.secure_url_stream_response("http://127.0.0.1:9/a.mp4", None)
    with ThreadPoolExecutor(1) as thread:  # a browser's event loop may run in this thread
        answer = thread.submit(asyncio.run, streamed).result()
    assert answer.status_code == 403 and not list(tmp_path.iterdir())


def test_uploads_and_recordings_have_the_paths_that_admission_knows():
    app = gr.routes.App.create_app(gr.Blocks())
    paths = set(app.openapi()["paths"]) | {getattr(route, "path", "") for route in app.routes}
    assert {UPLOAD_PATHS[0], CLOSED_PATH} <= paths


def test_admission_bounds_uploads_together_and_other_requests_alone(tmp_path):
    store_uploads_in(tmp_path)
    (tmp_path / "stored").write_bytes(bytes(900))

    async def read(request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(len(await request.body())))

    limits = Limits(max_stored_bytes=1000)
    admission = Middleware(Admission, limits=limits, max_body_bytes=50, check_every_bytes=10)
    routes_ = [Route(path, read, methods=["POST"]) for path in (UPLOAD_PATHS[0], "/gradio_api/call", CLOSED_PATH)]
    client = TestClient(Starlette(routes=routes_, middleware=[admission]))
    answers = [
        client.post(UPLOAD_PATHS[0], content=bytes(60)), client.post(UPLOAD_PATHS[0], content=bytes(200)),
        client.post("/gradio_api/call", content=bytes(40)), client.post("/gradio_api/call", content=bytes(60)),
        client.post(CLOSED_PATH, content=bytes(1)),
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [200, 507, 200, 413, 404]


def test_a_part_leaves_no_stub_and_keeps_its_template_in_an_update():
    with gr.Blocks():
        part = ExampleStrip([{"id": "a"}], elem_id="strip")
    assert not list(Path(__file__).parents[4].joinpath("a2s", "ui", "parts").glob("*.pyi"))
    assert part.load_example, "an event that only its script names"
    again = ExampleStrip(**{**part._constructor_args[0], "value": []})
    assert again.html_template == part.html_template and again.value == []


def test_a_file_has_the_address_under_which_gradio_serves_it(tmp_path):
    (tmp_path / "a b.txt").write_text("content")
    page = gr.Blocks()
    app = gr.routes.App.create_app(page, app_kwargs={})
    page.allowed_paths, page.blocked_paths = [str(tmp_path)], []
    url = file_url(tmp_path / "a b.txt")
    assert TestClient(app).get(f"/{url}").text == "content" and " " not in url and str(tmp_path) in unquote(url)


def test_launch_asks_the_replaced_function_whether_the_page_answers():
    gr.networking.url_ok = lambda url: False
    with gr.Blocks() as page:
        gr.Textbox()
    with pytest.raises(ValueError, match="localhost is not accessible"), served(page):
        pass
    page.close()
    skip_self_check()
    with served(page) as address:
        assert httpx.get(address).status_code == 200


def results_of(address: str, session: str) -> list[dict]:
    """Messages of the queue to a session, up to the result."""
    messages = []
    with httpx.stream("GET", f"{address}gradio_api/queue/data", params={"session_hash": session}, timeout=60) as stream:
        for line in stream.iter_lines():
            messages.append(json.loads(line.removeprefix("data: ") or "{}"))
            if messages[-1].get("msg") == "process_completed":
                break
    return messages


def test_a_waiting_event_leaves_the_queue_and_a_full_queue_has_our_message():
    begun, go, ran, left = threading.Event(), threading.Event(), [], []

    def work(name: str) -> str:
        ran.append(name)
        begun.set()
        go.wait(30)
        return name

    def cancel(request: gr.Request) -> None:
        left.append(leave_queue("second", ("work",)))

    skip_self_check()
    with gr.Blocks() as page:
        box, out = gr.Textbox(), gr.Textbox()
        gr.Button().click(work, box, out, concurrency_limit=1)
        gr.Button().click(cancel, None, None, queue=False)
    page.queue(max_size=1)
    set_queue_full_message(page, text.QUEUE_FULL)
    with served(page) as address:

        def join(session: str, number: int = 0) -> httpx.Response:
            event = {"data": [session] if number == 0 else [], "fn_index": number, "session_hash": session}
            return httpx.post(f"{address}gradio_api/queue/join", json=event, timeout=60)

        assert join("first").status_code == 200
        assert begun.wait(30)
        assert join("second").status_code == 200
        full = join("third")
        assert full.status_code == 503 and text.QUEUE_FULL in full.text
        httpx.post(
            f"{address}gradio_api/run/predict", json={"data": [], "fn_index": 1, "session_hash": "x"}, timeout=60
        )
        (done,) = (each for each in results_of(address, "second") if each.get("msg") == "process_completed")
        go.set()
        assert left == [True] and done["success"] and ran == ["first"]
        assert done["output"]["data"] == [gr.skip()]
