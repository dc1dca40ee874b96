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
from a2s.weights import origin_of, verify
from a2s.weights.fetch import RemoteFile, Snapshot, download_file, fetch_model, find_snapshot
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
        monkeypatch.setattr(fetching, "OPTIONAL", ("config.json",))
        yield opened


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "checkpoints" / "official"


def test_an_interrupted_connection_resumes(hub, folder):
    hub.breaks = {"epoch=000007.ckpt": [1_000_000, 500_000, 0, 300_000], "av.pth": [100_000]}
    messages = []
    assert fetch_model("official", endpoint=hub.endpoint, on_message=messages.append) == folder
    # The redirect is followed anew each time, and no byte is asked for twice.
    firsts = [first for name, first in hub.ranges if name == "epoch=000007.ckpt"]
    assert firsts == [0, 1_000_000, 1_500_000, 1_500_000, 1_800_000]
    assert [first for name, first in hub.ranges if name == "av.pth"] == [0, 100_000]
    assert verify(folder).compared
    origin = origin_of(folder)
    assert origin["commit"] == hub.commit and origin["repository"] == REPOSITORY and origin["vocoder"] == "compact"
    assert hub.commit in messages[0] and "licence: cc-by-nc-4.0" in messages[0] and "epoch=000007.ckpt" in messages[0]
    assert "cc-by-nc-4.0" in (folder / "README.md").read_text()
    assert sorted(path.name for path in folder.parent.iterdir()) == ["compact", "official"]


def test_an_installed_model_is_not_fetched_again(hub, folder):
    fetch_model("official", endpoint=hub.endpoint, on_message=lambda text: None)
    asked, messages = len(hub.asked), []
    assert fetch_model("official", endpoint=hub.endpoint, on_message=messages.append) == folder
    assert len(hub.asked) == asked and "exists" in messages[0]


def test_an_interrupted_download_resumes_later(hub, folder):
    hub.breaks = {"epoch=000007.ckpt": [700_000, *[0] * 20]}
    with pytest.raises(CannotFetch, match="interrupted at 0.7 of .* MB; run the command again"):
        fetch_model("official", endpoint=hub.endpoint, on_message=lambda text: None)
    assert not folder.exists()
    hub.breaks, hub.ranges = {}, []
    fetch_model("official", endpoint=hub.endpoint, on_message=lambda text: None)
    assert hub.ranges[0] == ("epoch=000007.ckpt", 700_000)
    assert verify(folder).compared and not folder.with_name("official.download").exists()


def test_a_partial_file_of_another_commit_is_not_continued(hub, folder):
    hub.breaks = {"epoch=000007.ckpt": [700_000, *[0] * 20]}
    with pytest.raises(CannotFetch):
        fetch_model("official", endpoint=hub.endpoint, on_message=lambda text: None)
    hub.breaks, hub.ranges, hub.commit = {}, [], "b" * 40
    fetch_model("official", endpoint=hub.endpoint, on_message=lambda text: None)
    assert hub.ranges[0] == ("epoch=000007.ckpt", 0)
    assert origin_of(folder)["commit"] == "b" * 40


def test_all_files_are_of_one_commit(hub, folder):
    """What the branch names may change between two files; what the commit names cannot."""
    snapshot = find_snapshot(REPOSITORY, "main", hub.endpoint)
    assert snapshot.commit == hub.commit
    fetch_model("official", endpoint=hub.endpoint, on_message=lambda text: None)
    resolved = [path for path in hub.asked if "/resolve/" in path]
    assert len(resolved) == 3 and all(f"/resolve/{hub.commit}/" in path for path in resolved)


def test_a_damaged_download_is_not_kept(hub, tmp_path):
    snapshot = find_snapshot(REPOSITORY, "main", hub.endpoint)
    file = RemoteFile("av.pth", len(hub.files["av.pth"]), "0" * 64)
    with pytest.raises(CannotFetch, match="was damaged"):
        download_file(snapshot, file, tmp_path / "d", hub.endpoint)
    assert list((tmp_path / "d").iterdir()) == []


def test_missing_revisions_repositories_and_files(hub, folder):
    with pytest.raises(CannotFetch, match="no revision 'v9'"):
        fetch_model("official", "v9", endpoint=hub.endpoint)
    with pytest.raises(CannotFetch, match="has no repository nobody/nothing"):
        find_snapshot("nobody/nothing", "main", hub.endpoint)
    del hub.files["av.pth"]
    with pytest.raises(CannotFetch, match="has no av.pth"):
        fetch_model("official", endpoint=hub.endpoint)
    assert not folder.exists() and not folder.with_name("official.download").exists()


def test_nothing_is_downloaded_that_could_not_be_imported(hub, folder):
    with pytest.raises(BadSettings, match="float32 or float16"):
        fetch_model("official", dtype="int4", endpoint=hub.endpoint)
    folder.mkdir()
    (folder / "thesis.txt").write_text("mine")
    with pytest.raises(CannotWrite, match="already exists"):
        fetch_model("official", endpoint=hub.endpoint)
    assert not hub.asked


def test_a_missing_licence_is_reported(hub):
    hub.licence = None
    assert f"not stated; see https://huggingface.co/{REPOSITORY}" in str(
        find_snapshot(REPOSITORY, "main", hub.endpoint)
    )


def test_a_full_disk_is_reported_before_the_download(hub, folder, monkeypatch):
    monkeypatch.setattr("a2s.weights.target.shutil.disk_usage", lambda path: SimpleNamespace(free=10_000_000))
    with pytest.raises(CannotWrite, match=r"0\.0 GB free; download and import needs"):
        fetch_model("official", endpoint=hub.endpoint, on_message=lambda text: None)
    assert not hub.ranges


@pytest.mark.parametrize(("dtype", "needed"), [("float32", "5.2"), ("float16", "3.2")])
def test_space_is_checked_for_the_rest_of_the_download_and_the_model(dtype, needed, hub, folder, monkeypatch):
    snapshot = Snapshot(REPOSITORY, "c", None, (RemoteFile("a", 4_000_000_000, None),))
    monkeypatch.setattr(fetching, "find_snapshot", lambda *_: snapshot)
    monkeypatch.setattr("a2s.weights.target.shutil.disk_usage", lambda path: SimpleNamespace(free=3_000_000_000))
    partial = folder.with_name("official.download") / "c"
    partial.mkdir(parents=True)
    with open(partial / "a.part", "wb") as part:
        part.truncate(3_000_000_000)  # a sparse file
    with pytest.raises(CannotWrite, match=f"3.0 GB free; download and import needs {needed} GB"):
        fetch_model("official", dtype=dtype, on_message=lambda text: None)


def test_only_published_models_are_fetched():
    with pytest.raises(BadSettings, match="compact cannot be fetched"):
        fetch_model("compact")
    with pytest.raises(BadSettings, match="no model 'gpt'"):
        fetch_model("gpt")


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
    assert run.stderr.count("\n") == 1 and "cannot be reached. `a2s weights fetch` needs the internet" in run.stderr


def test_a_killed_process_leaves_a_partial_file_that_the_next_one_continues(hub, tmp_path):
    """The process is killed in the middle of a file; the next one asks for the rest only."""
    name = "epoch=000007.ckpt"
    hub.files[name] = hub.files[name] * 4
    hub.stalls = {name: 25_000_000}
    script = (
        "import sys; from pathlib import Path; from a2s.weights.fetch import *;"
        f"snapshot = find_snapshot({REPOSITORY!r}, 'main', {hub.endpoint!r});"
        f"download_file(snapshot, snapshot.files[0], Path(sys.argv[1]), {hub.endpoint!r})"
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
    snapshot = find_snapshot(REPOSITORY, "main", hub.endpoint)
    path = download_file(snapshot, snapshot.files[0], tmp_path / "d", hub.endpoint)
    assert hub.ranges == [(name, kept)] and path.read_bytes() == hub.files[name]


def test_the_command_prints_licence_and_folder(hub, folder, capsys, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.endpoint)
    monkeypatch.setattr(
        "huggingface_hub.file_download.constants.HUGGINGFACE_CO_URL_TEMPLATE",
        hub.endpoint + "/{repo_id}/resolve/{revision}/{filename}",
    )
    assert main(["weights", "fetch", "official", "--dtype", "float16", "--revision", hub.commit]) == 0
    printed = capsys.readouterr()
    assert "licence: cc-by-nc-4.0" in printed.err and str(folder) in printed.out
    assert main(["weights", "list"]) == 0
    assert "the vocoder of the compact model replaces it" in capsys.readouterr().out
    assert main(["weights", "verify", "official"]) == 0
