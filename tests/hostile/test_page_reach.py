"""The page over real connections: a client tries to make the server connect elsewhere, or to fill its disk."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import gradio as gr
import httpx
import pytest
import safehttpx
from gradio import processing_utils, routes
from gradio_client import Client, handle_file
from starlette.middleware import Middleware

from a2s.settings import Limits
from a2s.ui import Engine, build, launch_options, text
from a2s.ui.gradio_compat.admission import Admission
from a2s.ui.page import launch
from a2s.ui.state import Visits
from a2s.ui.state.storage import stored_bytes
from tests.fakes import FakeBank, FakePipeline

FILE_COMPONENTS = ("file", "uploadbutton", "video", "audio", "image")
LIMITS = Limits(max_stored_bytes=100_000)


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """Where the server stores files."""
    return tmp_path_factory.mktemp("root")


@pytest.fixture(scope="module")
def site(root) -> Iterator[gr.Blocks]:
    """The page, served with small limits. Local addresses count as public ones, so that a request would arrive."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(safehttpx, "is_public_ip", lambda ip: True)
        patch.setenv("GRADIO_TEMP_DIR", "")
        for module, name in (
            (processing_utils, "async_ssrf_protected_get"),
            (processing_utils, "async_ssrf_protected_download"),
            (routes, "secure_url_stream_response"),
            (gr.networking, "url_ok"),
        ):
            patch.setattr(module, name, getattr(module, name))  # restored at the end
        engine = Engine(FakePipeline(), FakeBank(), limits=LIMITS)
        page = build(engine, root, Visits(root, LIMITS))
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        admission = Middleware(Admission, limits=LIMITS, max_body_bytes=50_000, check_every_bytes=2_000)
        options = launch_options(root, LIMITS) | {"app_kwargs": {"middleware": [admission]}}
        launch(page, server_name="127.0.0.1", server_port=port, mcp_server=True, quiet=True, **options)
        yield page
        page.close()


def send_event(page: gr.Blocks, number: int, data: list) -> dict:
    """The last message of the queue for an event with these inputs."""
    with httpx.Client(base_url=f"{page.local_url}gradio_api/", timeout=60) as http:
        event = {"data": data, "fn_index": number, "session_hash": f"visitor{number}"}
        http.post("queue/join", json=event).raise_for_status()
        with http.stream("GET", "queue/data", params={"session_hash": event["session_hash"]}) as stream:
            for line in stream.iter_lines():
                message = json.loads(line.removeprefix("data: ") or "{}")
                if message.get("msg") == "process_completed":
                    return message
    raise AssertionError("the queue sent no result")


def files_in(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def test_no_event_of_the_page_downloads_a_url(site, listener, root):
    """Every event that takes a file gets a URL instead."""
    address, connections = listener
    file_data = {"path": address, "meta": {"_type": "gradio.FileData"}}
    tried = set()
    for number, event in site.fns.items():
        kinds = [block.get_block_name() for block in event.inputs]
        if not {*kinds} & {*FILE_COMPONENTS}:
            continue
        multiple = [getattr(block, "file_count", "single") == "multiple" for block in event.inputs]
        data = [
            ([file_data] if many else file_data) if kind in FILE_COMPONENTS else None
            for kind, many in zip(kinds, multiple)
        ]
        answer = send_event(site, number, data)
        assert not answer["success"] and answer["output"]["error"] == text.NO_URL, (event.api_name, answer)
        tried.add(event.api_name)
    assert {"dub", "retrieve"} < tried and len(tried) > 5, tried
    assert not connections
    assert not files_in(root)


def test_a_url_behind_the_file_route_is_refused(site, listener):
    """gradio would stream it to the browser and so be a proxy for anybody."""
    address, connections = listener
    answer = httpx.get(f"{site.local_url}gradio_api/file={address}", timeout=60)
    assert (answer.status_code, answer.text) == (403, text.NO_URL) and not connections


def test_clients_and_mcp_get_one_sentence_for_a_url(site, listener):
    pytest.importorskip("mcp", reason="needs gradio[mcp]")
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    address, connections = listener
    client = Client(site.local_url, verbose=False, analytics_enabled=False)
    with pytest.raises(Exception) as refused:
        client.predict(handle_file(address), api_name="/dub")
    assert str(refused.value) == text.NO_URL
    client.close()

    async def call_tool() -> str:
        async with streamable_http_client(f"{site.local_url}gradio_api/mcp/") as (read, write, _):
            async with ClientSession(read, write) as session:
                await session.initialize()
                name = next(tool.name for tool in (await session.list_tools()).tools if tool.name.endswith("dub"))
                answer = await session.call_tool(name, {"video": address})
                assert answer.isError
                return answer.content[0].text

    with ThreadPoolExecutor(1) as thread:  # a browser's driver may have an event loop in this thread
        assert thread.submit(asyncio.run, call_tool()).result().endswith(text.NO_URL) and not connections


def test_a_request_that_is_no_upload_is_bounded(site):
    address, event = f"{site.local_url}gradio_api/queue/join", {"data": ["a" * 60_000], "fn_index": 0}
    refused = httpx.post(address, json=event)
    assert (refused.status_code, refused.text) == (413, text.REQUEST_TOO_LARGE)
    chunked = httpx.post(address, content=(b"[" for _ in range(60_000)))
    assert 400 <= chunked.status_code < 500


def test_the_endpoint_for_screen_recordings_is_closed(site, root):
    refused = httpx.post(f"{site.local_url}gradio_api/process_recording", files={"video": ("a.mp4", bytes(100))})
    assert (refused.status_code, refused.text) == (404, text.NOT_FOUND)
    assert not files_in(root)


def upload(page: gr.Blocks, *files: bytes, chunked: bool = False) -> httpx.Response:
    """POST files as the page does, or without a content length."""
    sent = httpx.Request("POST", f"{page.local_url}gradio_api/upload", files=[("files", file) for file in files])
    if not chunked:
        return httpx.Client(timeout=60).send(sent)
    body, kind = sent.read(), sent.headers["content-type"]
    pieces = (body[k : k + 1000] for k in range(0, len(body), 1000))
    return httpx.post(sent.url, content=pieces, headers={"content-type": kind}, timeout=60)


def test_uploads_beyond_the_storage_limit_are_refused_whatever_their_length_says(site, root):
    """gradio bounds each file. Here many small ones come in one request, one after the other, or without a length."""
    assert upload(site, bytes(40_000)).status_code == 200
    stored = stored_bytes(root)
    assert 40_000 <= stored < 50_000
    for refused in (upload(site, *[bytes([k]) * 10_000 for k in range(9)]), upload(site, b"a" * 99_000)):
        assert (refused.status_code, refused.text) == (507, text.NO_ROOM)
    assert stored_bytes(root) == stored, "a request with a length is refused before a byte is stored"
    refused = upload(site, b"b" * 2_000_000, chunked=True)
    assert (refused.status_code, refused.text) == (507, text.NO_ROOM)
    assert stored_bytes(root) < 500_000, "the server may read ahead, but not more than that"
    assert upload(site, b"c").status_code == 507, "nothing more while it is full"
