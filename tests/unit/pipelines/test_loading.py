"""`from_pretrained`: from a folder, from the Hub's cache, and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from a2s import AVLDMPipeline
from a2s.errors import A2SError, WeightsMissing
from a2s.pipelines.loading import is_hub_id
from tests.tiny import tiny_official, tiny_pipeline

COMMITS = {"main": "a" * 40, "v2": "b" * 40}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("model") / "tiny"
    tiny_pipeline().save_pretrained(path)
    return path


@pytest.fixture(scope="module")
def cache(folder, tmp_path_factory) -> Path:
    """A Hub cache as huggingface_hub leaves it: two revisions of owner/tiny, which differ in their default steps."""
    cache = tmp_path_factory.mktemp("hub")
    repository = cache / "models--owner--tiny"
    (repository / "refs").mkdir(parents=True)
    for steps, (name, commit) in enumerate(COMMITS.items(), 5):
        (repository / "refs" / name).write_text(commit)
        copied = Path(shutil.copytree(folder, repository / "snapshots" / commit))
        index = copied / "model_index.json"
        index.write_text(json.dumps(json.loads(index.read_text()) | {"steps": steps}))
    (repository / "snapshots" / COMMITS["main"] / "ambient_calibration.json").write_text('{"points": []}')
    return cache


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Every connection fails."""
    import socket

    def refused(*_, **__):
        raise OSError("no network in tests")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)


def load(*args, **options) -> AVLDMPipeline:
    return AVLDMPipeline.from_pretrained(*args, **options)


def test_a_folder_loads_without_the_network(folder):
    for source in (folder, str(folder)):
        pipe = load(source)
        assert pipe.folder == folder and pipe.name_or_path == str(folder) and pipe.dtype == torch.float32


def test_torch_dtype(folder):
    for options in ({"torch_dtype": torch.bfloat16}, {"dtype": torch.bfloat16}):
        pipe = load(folder, **options)
        assert pipe.dtype == torch.bfloat16
        assert {part.dtype for part in pipe.components.values() if hasattr(part, "dtype")} == {torch.bfloat16}


def test_a_hub_id_loads_from_the_cache_with_revision_cache_dir_and_local_files_only(cache):
    options = {"cache_dir": cache, "local_files_only": True}
    main, second = load("owner/tiny", **options), load("owner/tiny", revision="v2", **options)
    assert (main.default_steps, second.default_steps) == (5, 6)
    assert main.folder.name == COMMITS["main"] and second.folder.name == COMMITS["v2"]
    assert main.name_or_path == "owner/tiny" and (main.folder / "ambient_calibration.json").is_file()
    with pytest.raises(OSError):
        load("owner/other", **options)


def test_a_hub_id_is_downloaded_by_diffusers_own_loader(cache, monkeypatch):
    """The options reach its download, never for pickles; the files that it omits follow."""
    asked, extras = [], []
    snapshot = cache / "models--owner--tiny" / "snapshots" / COMMITS["main"]

    def download(name, **options):
        asked.append((name, options))
        return snapshot

    monkeypatch.setattr(AVLDMPipeline, "download", download)
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda name, **options: extras.append((name, options)))
    pipe = load("owner/tiny", revision="main", token="t", cache_dir=cache)
    chosen = {"revision": "main", "token": "t", "cache_dir": cache}
    assert asked == [("owner/tiny", chosen | {"use_safetensors": True})] and pipe.folder == snapshot
    ((name, options),) = extras
    assert name == "owner/tiny" and options.pop("allow_patterns") and options == chosen


def test_pickles_are_refused(folder, tmp_path):
    with pytest.raises(ValueError, match="use_safetensors must be True, not False") as caught:
        load(folder, use_safetensors=False)
    assert isinstance(caught.value, A2SError) and "\n" not in str(caught.value)
    pickled = Path(shutil.copytree(folder, tmp_path / "pickled"))
    weights = pickled / "vae" / "diffusion_pytorch_model.safetensors"
    torch.save(tiny_pipeline().vae.state_dict(), weights.with_suffix(".bin"))
    weights.unlink()
    with pytest.raises(OSError, match="safetensors"):
        load(pickled)


@pytest.mark.parametrize("source", ["/no/such/folder", "./none", "a/b/c", "none", Path("owner/tiny")])
def test_a_path_that_does_not_exist_is_not_looked_up_on_the_hub(source):
    with pytest.raises(WeightsMissing, match="There is no model folder"):
        load(source)


def test_hub_ids():
    assert is_hub_id("owner/tiny") and not is_hub_id("owner/..") and not is_hub_id("~/tiny")


def test_traits_are_values_in_the_configuration(folder, tmp_path):
    index = json.loads((folder / "model_index.json").read_text())
    assert (index["large"], index["threads"], index["uses_cues"]) == (False, None, True)
    changed = Path(shutil.copytree(folder, tmp_path / "changed"))
    values = index | {"large": True, "threads": 3, "uses_cues": False}
    (changed / "model_index.json").write_text(json.dumps(values))
    pipe = load(changed)
    assert (pipe.is_large, pipe.threads, pipe.uses_cues) == (True, 3, False)


def test_folders_of_version_0_1_have_no_traits_and_load(folder, tmp_path):
    for name, pipe in (("compact", tiny_pipeline()), ("official", tiny_official())):
        pipe.save_pretrained(tmp_path / name)
        path = tmp_path / name / "model_index.json"
        index = json.loads(path.read_text())
        old = {key: value for key, value in index.items() if key not in ("large", "threads", "uses_cues")}
        path.write_text(json.dumps(old))
        again = load(tmp_path / name)
        assert (again.is_large, again.threads) == (False, 1) and again.uses_cues is (name == "compact")


def test_the_shipped_compact_model_loads_unchanged():
    """Its index names modules below a2s/models and none of the newer values."""
    from a2s.resources import checkpoint_folder

    index = json.loads((checkpoint_folder("compact") / "model_index.json").read_text())
    assert index["av_sim"] == ["a2s.models.av_sim", "AVSim"] and "large" not in index
    pipe = load(checkpoint_folder("compact"))
    assert (pipe.default_steps, pipe.default_guidance_scale, pipe.sample_rate) == (12, 2.5, 16_000)
    assert (pipe.is_large, pipe.threads, pipe.uses_cues) == (False, 1, True)


def test_the_representation_fits_on_a_screen(folder):
    text = repr(load(folder))
    assert len(text.splitlines()) <= 10 and max(map(len, text.splitlines())) <= 160
    assert "AVLDMPipeline" in text and "MelVAE" in text and "float32" in text


def test_a_saved_pipeline_can_be_saved_and_loaded_again(folder, tmp_path):
    load(folder).save_pretrained(tmp_path / "again")
    a, b = (load(path).embed_audio(np.ones(48_000, np.float32)) for path in (folder, tmp_path / "again"))
    assert np.array_equal(a, b)


def test_diffusers_own_class_loads_a_folder_through_the_entry_file(folder, tmp_path, monkeypatch):
    from diffusers import DiffusionPipeline
    from diffusers.utils import dynamic_modules_utils

    from a2s.pipelines import diffusers_entry

    monkeypatch.setattr(dynamic_modules_utils, "HF_MODULES_CACHE", str(tmp_path / "modules"))
    options = {"custom_pipeline": diffusers_entry.__file__, "trust_remote_code": True, "use_safetensors": True}
    pipe = DiffusionPipeline.from_pretrained(folder, **options)
    assert type(pipe) is AVLDMPipeline and pipe.folder == folder
