"""Fetching from a Hub on this machine whose connections break off; no other network is touched."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from a2s.cli.main import main
from a2s.errors import BadSettings, CannotFetch, CannotWrite
from a2s.weights import fetch as fetching
from a2s.weights import verify
from a2s.weights.fetch import Offer, RemoteFile, download, fetch, look_up
from a2s.weights.registry import origin_of
from tests.unit.weights.hub import REPOSITORY, Hub
from tests.unit.weights.releases import write_release

COMPACT = Path(__file__).resolve().parents[3] / "checkpoints" / "compact"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The release without HiFi-GAN, as it was published, and its sizes, since it is a small one."""
    paths = write_release(tmp_path_factory.mktemp("release"))
    return {paths[part].name: paths[part].read_bytes() for part in ("latent", "av", "sizes")}


@pytest.fixture
def hub(files, tmp_path, monkeypatch):
    monkeypatch.setenv("A2S_RESOURCES", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda seconds: None)
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 100_000)  # less than our small files
    shutil.copytree(COMPACT / "vocoder", tmp_path / "checkpoints" / "compact" / "vocoder")
    shutil.copy(COMPACT / "model_index.json", tmp_path / "checkpoints" / "compact")
    with Hub(dict(files)).open() as opened:
        # The fake release is a small one, whose configuration the authors would not publish: fetch it too.
        monkeypatch.setattr(fetching, "WELCOME", ("config.json",))
        yield opened


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "checkpoints" / "official"


def test_fetch_goes_on_where_the_connection_broke(hub, folder):
    hub.breaks = {"epoch=000007.ckpt": [1_000_000, 500_000, 0, 300_000], "av.pth": [100_000]}
    said = []
    assert fetch("official", endpoint=hub.endpoint, tell=said.append) == folder
    # The redirect is followed anew each time, and no byte is asked for twice.
    firsts = [first for name, first in hub.ranges if name == "epoch=000007.ckpt"]
    assert firsts == [0, 1_000_000, 1_500_000, 1_500_000, 1_800_000]
    assert [first for name, first in hub.ranges if name == "av.pth"] == [0, 100_000]
    assert verify(folder).compared
    origin = origin_of(folder)
    assert origin["commit"] == hub.commit and origin["repository"] == REPOSITORY and origin["vocoder"] == "compact"
    assert hub.commit in said[0] and "licence: cc-by-nc-4.0" in said[0] and "epoch=000007.ckpt" in said[0]
    assert "cc-by-nc-4.0" in (folder / "README.md").read_text()
    assert sorted(path.name for path in folder.parent.iterdir()) == ["compact", "official"]


def test_what_is_here_is_not_fetched_again(hub, folder):
    fetch("official", endpoint=hub.endpoint, tell=lambda text: None)
    asked, said = len(hub.asked), []
    assert fetch("official", endpoint=hub.endpoint, tell=said.append) == folder
    assert len(hub.asked) == asked and "here already" in said[0]


def test_a_broken_off_fetch_keeps_its_part_and_goes_on_later(hub, folder):
    hub.breaks = {"epoch=000007.ckpt": [700_000, *[0] * 20]}
    with pytest.raises(CannotFetch, match="broke off at 0.7 of .* MB; the same command goes on"):
        fetch("official", endpoint=hub.endpoint, tell=lambda text: None)
    assert not folder.exists()
    hub.breaks, hub.ranges = {}, []
    fetch("official", endpoint=hub.endpoint, tell=lambda text: None)
    assert hub.ranges[0] == ("epoch=000007.ckpt", 700_000)
    assert verify(folder).compared and not folder.with_name("official.download").exists()


def test_a_new_commit_does_not_continue_an_old_ones_part(hub, folder):
    hub.breaks = {"epoch=000007.ckpt": [700_000, *[0] * 20]}
    with pytest.raises(CannotFetch):
        fetch("official", endpoint=hub.endpoint, tell=lambda text: None)
    hub.breaks, hub.ranges, hub.commit = {}, [], "b" * 40
    fetch("official", endpoint=hub.endpoint, tell=lambda text: None)
    assert hub.ranges[0] == ("epoch=000007.ckpt", 0)
    assert origin_of(folder)["commit"] == "b" * 40


def test_all_files_are_of_one_commit(hub, folder):
    """What the branch names may change between two files; what the commit names cannot."""
    offer = look_up(REPOSITORY, "main", hub.endpoint)
    assert offer.commit == hub.commit
    fetch("official", endpoint=hub.endpoint, tell=lambda text: None)
    resolved = [path for path in hub.asked if "/resolve/" in path]
    assert len(resolved) == 3 and all(f"/resolve/{hub.commit}/" in path for path in resolved)


def test_a_damaged_download_is_not_kept(hub, tmp_path):
    offer = look_up(REPOSITORY, "main", hub.endpoint)
    file = RemoteFile("av.pth", len(hub.files["av.pth"]), "0" * 64)
    with pytest.raises(CannotFetch, match="came damaged"):
        download(offer, file, tmp_path / "d", hub.endpoint)
    assert list((tmp_path / "d").iterdir()) == []


def test_what_the_hub_does_not_have(hub, folder):
    with pytest.raises(CannotFetch, match="no revision 'v9'"):
        fetch("official", "v9", endpoint=hub.endpoint)
    with pytest.raises(CannotFetch, match="shows no repository nobody/nothing"):
        look_up("nobody/nothing", "main", hub.endpoint)
    del hub.files["av.pth"]
    with pytest.raises(CannotFetch, match="holds no av.pth"):
        fetch("official", endpoint=hub.endpoint)
    assert not folder.exists() and not folder.with_name("official.download").exists()


def test_what_could_not_be_imported_is_not_fetched(hub, folder):
    with pytest.raises(BadSettings, match="float32 or float16"):
        fetch("official", dtype="int4", endpoint=hub.endpoint)
    folder.mkdir()
    (folder / "thesis.txt").write_text("mine")
    with pytest.raises(CannotWrite, match="there already"):
        fetch("official", endpoint=hub.endpoint)
    assert not hub.asked


def test_an_unstated_licence_is_said_to_be_unstated(hub):
    hub.licence = None
    assert f"not stated; see https://huggingface.co/{REPOSITORY}" in str(look_up(REPOSITORY, "main", hub.endpoint))


def test_a_full_disk_is_seen_before_the_download(hub, folder, monkeypatch):
    monkeypatch.setattr(fetching.shutil, "disk_usage", lambda path: SimpleNamespace(free=10_000_000))
    with pytest.raises(CannotWrite, match=r"0\.0 GB free; download and import need"):
        fetch("official", endpoint=hub.endpoint, tell=lambda text: None)
    assert not hub.ranges


def test_the_room_that_is_needed_counts_what_is_here(tmp_path, monkeypatch):
    offer = Offer(REPOSITORY, "c", None, (RemoteFile("a", 4_000_000_000, None),))
    monkeypatch.setattr(fetching, "_size", lambda path: 3_000_000_000)
    (tmp_path / "a.part").touch()
    for half, needed in ((False, 5.2), (True, 3.2)):
        monkeypatch.setattr(fetching.shutil, "disk_usage", lambda path, n=needed: SimpleNamespace(free=n * 1e9 + 1))
        fetching.check_room(tmp_path, offer, tmp_path, half)
        monkeypatch.setattr(fetching.shutil, "disk_usage", lambda path, n=needed: SimpleNamespace(free=n * 1e9 - 1))
        with pytest.raises(CannotWrite):
            fetching.check_room(tmp_path, offer, tmp_path, half)


def test_only_what_is_published_is_fetched():
    with pytest.raises(BadSettings, match="Nothing is fetched for compact"):
        fetch("compact")
    with pytest.raises(BadSettings, match="no model 'gpt'"):
        fetch("gpt")


@pytest.mark.parametrize("environment", [{"HF_HUB_OFFLINE": "1"}, {"HF_ENDPOINT": "http://127.0.0.1:9"}])
def test_offline_is_one_clear_sentence(environment, tmp_path):
    run = subprocess.run(
        [sys.executable, "-m", "a2s", "weights", "fetch", "official"],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert run.returncode == 2 and run.stdout == ""
    assert run.stderr.count("\n") == 1 and "cannot be reached, and fetching needs the internet" in run.stderr


def test_an_ended_process_leaves_a_part_for_the_next(hub, tmp_path):
    """The process is killed in the middle of a file; the next one asks for the rest only."""
    name = "epoch=000007.ckpt"
    hub.files[name] = hub.files[name] * 4
    hub.stalls = {name: 25_000_000}
    script = (
        "import sys; from pathlib import Path; from a2s.weights.fetch import *;"
        f"offer = look_up({REPOSITORY!r}, 'main', {hub.endpoint!r});"
        f"download(offer, offer.files[0], Path(sys.argv[1]), {hub.endpoint!r})"
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "d")], stderr=subprocess.DEVNULL)
    part = tmp_path / "d" / f"{name}.part"
    deadline = time.monotonic() + 100
    while not (part.exists() and part.stat().st_size > 20_000_000):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = part.stat().st_size
    hub.stalls, hub.ranges = {}, []
    offer = look_up(REPOSITORY, "main", hub.endpoint)
    path = download(offer, offer.files[0], tmp_path / "d", hub.endpoint)
    assert hub.ranges == [(name, kept)] and path.read_bytes() == hub.files[name]


def test_the_command_says_what_it_does(hub, folder, capsys, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.endpoint)
    monkeypatch.setattr(
        "huggingface_hub.file_download.constants.HUGGINGFACE_CO_URL_TEMPLATE",
        hub.endpoint + "/{repo_id}/resolve/{revision}/{filename}",
    )
    assert main(["weights", "fetch", "official", "--dtype", "float16", "--revision", hub.commit]) == 0
    printed = capsys.readouterr()
    assert "licence: cc-by-nc-4.0" in printed.err and str(folder) in printed.out
    assert main(["weights", "list"]) == 0
    assert "the compact model's takes its place" in capsys.readouterr().out
    assert main(["weights", "verify", "official"]) == 0
