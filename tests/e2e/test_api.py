"""The endpoints for programs, as `gradio_client` and as an assistant that speaks MCP call them."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile
from gradio_client import Client, handle_file

from a2s.audio.onsets import detect_onsets
from a2s.media import probe_video
from tests.fakes import draw_video

NAMES = {"dub", "retrieve", "ambience", "compare_stats"}


@pytest.fixture(scope="module")
def client(site, tmp_path_factory):
    made = Client(site, verbose=False, download_files=str(tmp_path_factory.mktemp("got")), analytics_enabled=False)
    yield made
    made.close()


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    return draw_video(tmp_path_factory.mktemp("film") / "my film.mp4", seconds=2.0)


def test_four_endpoints_are_listed_and_every_argument_is_described(client):
    listed = client.view_api(return_format="dict", print_info=False)
    assert set(listed["named_endpoints"]) == {f"/{name}" for name in NAMES} and not listed["unnamed_endpoints"]


def test_dub_follows_the_cues_that_it_is_given(client, film):
    cues = json.dumps([{"time": 0.4, "action": "hit", "material": "wood"}, {"time": 1.3}])
    mp4, wav, report = client.predict(handle_file(film), ambient=0.0, seed=5, cues=cues, steps=4, api_name="/dub")
    assert probe_video(mp4).has_audio and probe_video(mp4).duration == pytest.approx(2.0, abs=0.01)
    onsets = detect_onsets(*_read(wav))
    assert [min(abs(onsets - at)) < 0.08 for at in (0.4, 1.3)] == [True, True]
    assert report["seed"] == 5 and "my-film" in Path(wav).name


def test_dub_changes_the_ambience_at_the_given_time(client, film):
    first, second = (found["id"] for found in client.predict(handle_file(film), k=2, api_name="/retrieve"))
    asked = {"ambient": 1.0, "steps": 4, "api_name": "/dub"}
    *_, report = client.predict(handle_file(film), ambient_clip=f"{first}, 0:01={second}", **asked)
    assert [(change["time"], change["clip"]) for change in report["settings"]["ambient_changes"]] == [(1.0, second)]
    assert report["ambient"]["clip"] == first
    for hostile in ("../../etc/passwd", f"{first}, 1=/etc/passwd"):
        with pytest.raises(Exception, match="no ambience of that id"):
            client.predict(handle_file(film), ambient_clip=hostile, **asked)


def test_retrieve_ranks_ambiences_and_ambience_returns_the_asked_level(client, film):
    found = client.predict(handle_file(film), k=3, api_name="/retrieve")
    assert len(found) == 3 and [each["score"] for each in found] == sorted((e["score"] for e in found), reverse=True)
    levels = []
    for amount in (0.0, 0.5, 1.0):
        flac, about = client.predict(found[0]["id"], amount, api_name="/ambience")
        sound, _ = _read(flac)
        levels.append(10 * np.log10(np.mean(np.square(sound))))
        assert levels[-1] == pytest.approx(about["level_db"], abs=0.1)
    assert levels[0] + 3 < levels[1] < levels[2] - 3


def test_compare_stats_counts(client):
    answer = {"first": "ours", "second": "theirs", "question": "prefer", "answer": "first"}
    (found,) = client.predict([answer] * 9, api_name="/compare_stats")["preferences"]
    assert found["share"] == 1.0 and found["interval"][0] == pytest.approx(0.7009, abs=1e-3)


@pytest.mark.parametrize(
    "arguments, endpoint",
    [
        (("../../etc/passwd", 1.0), "/ambience"),
        (("rain", "loud"), "/ambience"),
        ((["first"],), "/compare_stats"),
    ],
)
def test_a_bad_request_is_one_sentence(client, arguments, endpoint):
    with pytest.raises(Exception) as refused:
        client.predict(*arguments, api_name=endpoint)
    said = str(refused.value)
    assert "Traceback" not in said and "/" not in said.replace("../../etc/passwd", "") and said.strip().endswith(".")


def test_mcp_offers_the_endpoints_as_tools(site):
    pytest.importorskip("mcp", reason="needs gradio[mcp]")
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async def call_tool():
        async with streamable_http_client(f"{site}/gradio_api/mcp/") as (read, write, _):
            async with ClientSession(read, write) as session:
                await session.initialize()
                tools = {tool.name: tool for tool in (await session.list_tools()).tools}
                name = next(name for name in tools if name.endswith("ambience"))
                answer = await session.call_tool(name, {"clip": "rain", "amount": 0.5})
                return tools, answer

    with ThreadPoolExecutor(1) as thread:  # the browser's driver has a loop in this one
        tools, answer = thread.submit(asyncio.run, call_tool()).result()
    assert {name.removeprefix("a2s_") for name in tools} >= NAMES
    assert all(tool.description for tool in tools.values())
    assert not answer.isError and "Rain" in str(answer.content)


def _read(path) -> tuple[np.ndarray, int]:
    """(n,) float32, the mean of all channels, and the rate."""
    sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return sound.mean(axis=1), rate
