"""The page over real connections, in the hands of somebody who wants it to call out or to fill the disk."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import gradio as gr
import httpx
import pytest
import safehttpx
from gradio import processing_utils, routes
from gradio_client import Client, handle_file

from a2s.settings import Limits
from a2s.ui import Engine, build, launch_options, state, text
from a2s.ui.gradio_compat import hardening
from a2s.ui.page import launch
from a2s.ui.state import Visits
from tests.fakes import FakeBank, FakePipeline

FILES = ("file", "uploadbutton", "video", "audio", "image")


@pytest.fixture
def site(tmp_path, monkeypatch) -> Iterator[gr.Blocks]:
    """The page, served. An address of this machine passes for one of the internet, so that a call would arrive."""
    monkeypatch.setattr(safehttpx, "is_public_ip", lambda ip: True)
    monkeypatch.setenv("GRADIO_TEMP_DIR", "")
    for module, name in (
        (processing_utils, "async_ssrf_protected_get"),
        (processing_utils, "async_ssrf_protected_download"),
        (routes, "secure_url_stream_response"),
        (gr.networking, "url_ok"),
    ):
        monkeypatch.setattr(module, name, getattr(module, name))  # put back afterwards
    page = build(Engine(FakePipeline(), FakeBank()), tmp_path, Visits(tmp_path / "root"))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    where = {"server_name": "127.0.0.1", "server_port": port, "mcp_server": True, "quiet": True}
    launch(page, **where, **launch_options(tmp_path))
    yield page
    page.close()


def joined(page: gr.Blocks, number: int, data: list) -> dict:
    """What the queue says in the end to an event with these inputs."""
    with httpx.Client(base_url=f"{page.local_url}gradio_api/", timeout=60) as http:
        order = {"data": data, "fn_index": number, "session_hash": f"visitor{number}"}
        http.post("queue/join", json=order).raise_for_status()
        with http.stream("GET", "queue/data", params={"session_hash": order["session_hash"]}) as told:
            for line in told.iter_lines():
                message = json.loads(line.removeprefix("data: ") or "{}")
                if message.get("msg") == "process_completed":
                    return message
    raise AssertionError("the queue said nothing")


def test_no_event_of_the_page_fetches_an_address(site, listener, tmp_path):
    """Every event that takes a file is handed an address in its place."""
    address, came = listener
    sent = {"path": address, "meta": {"_type": "gradio.FileData"}}
    tried = set()
    for number, event in site.fns.items():
        kinds = [block.get_block_name() for block in event.inputs]
        if not {*kinds} & {*FILES}:
            continue
        several = [getattr(block, "file_count", "single") == "multiple" for block in event.inputs]
        data = [([sent] if many else sent) if kind in FILES else None for kind, many in zip(kinds, several)]
        told = joined(site, number, data)
        assert not told["success"] and told["output"]["error"] == text.NO_ADDRESS, (event.api_name, told)
        tried.add(event.api_name)
    assert {"dub", "retrieve"} < tried and len(tried) > 5, tried
    assert not came
    assert not [path for path in (tmp_path / "root").rglob("*") if path.is_file()]


def test_no_address_is_passed_on_either(site, listener):
    """gradio would serve what it fetches: to a browser, so that it could be anybody's proxy."""
    address, came = listener
    answer = httpx.get(f"{site.local_url}gradio_api/file={address}", timeout=60)
    assert (answer.status_code, answer.text) == (403, text.NO_ADDRESS) and not came


def test_programs_and_assistants_are_told_so_in_one_sentence(site, listener):
    pytest.importorskip("mcp", reason="needs gradio[mcp]")
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    address, came = listener
    client = Client(site.local_url, verbose=False, analytics_enabled=False)
    with pytest.raises(Exception) as refused:
        client.predict(handle_file(address), api_name="/dub")
    assert str(refused.value) == text.NO_ADDRESS
    client.close()

    async def talk() -> str:
        async with streamable_http_client(f"{site.local_url}gradio_api/mcp/") as (read, write, _):
            async with ClientSession(read, write) as session:
                await session.initialize()
                name = next(tool.name for tool in (await session.list_tools()).tools if tool.name.endswith("dub"))
                told = await session.call_tool(name, {"video": address})
                assert told.isError
                return told.content[0].text

    with ThreadPoolExecutor(1) as thread:  # a browser's driver may have a loop in this one
        assert thread.submit(asyncio.run, talk()).result().endswith(text.NO_ADDRESS) and not came


def upload(page: gr.Blocks, *files: bytes, chunked: bool = False) -> httpx.Response:
    """POST files as the page does, or as one who does not say how much is coming."""
    sent = httpx.Request("POST", f"{page.local_url}gradio_api/upload", files=[("files", file) for file in files])
    if not chunked:
        return httpx.Client(timeout=60).send(sent)
    body, kind = sent.read(), sent.headers["content-type"]
    pieces = (body[k : k + 1000] for k in range(0, len(body), 1000))
    return httpx.post(sent.url, content=pieces, headers={"content-type": kind}, timeout=60)


def test_no_upload_is_stored_beyond_the_room_whatever_it_says_of_its_length(site, tmp_path, monkeypatch):
    """gradio bounds each file; here many that are small come in one request, one after the other, or unannounced."""
    monkeypatch.setattr(state, "LIMITS", Limits(max_stored_bytes=100_000))
    monkeypatch.setattr(hardening, "LOOK_EVERY", 2_000)
    assert upload(site, bytes(40_000)).status_code == 200
    kept = state.stored_bytes(tmp_path / "root")
    assert 40_000 <= kept < 50_000
    for refused in (upload(site, *[bytes([k]) * 10_000 for k in range(9)]), upload(site, b"a" * 99_000)):
        assert (refused.status_code, refused.text) == (507, text.NO_ROOM)
    assert state.stored_bytes(tmp_path / "root") == kept, "what says its length is refused before a byte is stored"
    refused = upload(site, b"b" * 2_000_000, chunked=True)
    assert (refused.status_code, refused.text) == (507, text.NO_ROOM)
    assert state.stored_bytes(tmp_path / "root") < 500_000, "a server reads ahead by as much as it likes, not by more"
    assert upload(site, b"c").status_code == 507, "and nothing more while it is full"


def test_no_request_is_read_beyond_what_words_need(site, tmp_path, monkeypatch):
    monkeypatch.setattr(hardening, "MAX_WORDS", 50_000)
    where, order = f"{site.local_url}gradio_api/queue/join", {"data": ["a" * 60_000], "fn_index": 0}
    refused = httpx.post(where, json=order)
    assert (refused.status_code, refused.text) == (413, text.TOO_MANY_WORDS)
    unannounced = httpx.post(where, content=(b"[" for _ in range(60_000)))
    assert 400 <= unannounced.status_code < 500


def test_what_the_page_does_not_show_is_not_there(site, tmp_path):
    refused = httpx.post(f"{site.local_url}gradio_api/process_recording", files={"video": ("a.mp4", bytes(100))})
    assert (refused.status_code, refused.text) == (404, text.NOT_HERE)
    assert not [path for path in (tmp_path / "root").rglob("*") if path.is_file()]
