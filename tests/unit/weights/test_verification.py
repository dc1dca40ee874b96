from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import save_file

from a2s.errors import WeightsMissing
from a2s.models.conditioner import Conditioner
from a2s.models.official import OfficialConditioner
from a2s.weights import fingerprint, model_takes_cues, resolve_model, verify, write_checksums


@pytest.fixture
def folder(tmp_path):
    """A model folder with one component and six numbers."""
    root = tmp_path / "model"
    (root / "vae").mkdir(parents=True)
    (root / "model_index.json").write_text(
        json.dumps({"_class_name": "X", "vae": ["a2s", "MelVAE"], "extra": [None, None]})
    )
    (root / "vae" / "config.json").write_text("{}")
    save_file({"weight": torch.arange(6.0)}, root / "vae" / "diffusion_pytorch_model.safetensors")
    return root


def test_a_folder_is_a_model_when_it_has_an_index(folder, tmp_path):
    assert resolve_model(folder) == folder
    assert resolve_model(str(folder)) == folder
    with pytest.raises(WeightsMissing, match="is not a model folder"):
        resolve_model(tmp_path)


@pytest.mark.parametrize("name", ["compact", "official", "no-such-model", ""])
def test_a_missing_model_gives_a_one_line_error(name, monkeypatch, tmp_path):
    monkeypatch.setenv("A2S_RESOURCES", str(tmp_path))
    with pytest.raises(WeightsMissing) as caught:
        resolve_model(name)
    assert "\n" not in str(caught.value)
    assert "compact" in str(caught.value) or name == ""


def test_verify_a_complete_model(folder):
    assert not verify(folder).compared
    write_checksums(folder)
    found = verify(folder)
    assert found.compared and found.files == 3 and found.checksum == fingerprint(folder)


def test_verify_names_a_file_that_changed(folder):
    write_checksums(folder)
    before = fingerprint(folder)
    (folder / "vae" / "config.json").write_text('{"a": 1}')
    assert fingerprint(folder) != before
    with pytest.raises(WeightsMissing, match=r"config\.json does not match its checksum"):
        verify(folder)


def test_verify_names_truncated_weights(folder):
    weights = folder / "vae" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(WeightsMissing, match="truncated"):
        verify(folder)


@pytest.mark.parametrize("content", [b"", b"\x00" * 8, b"\xff" * 40, b"version https://git-lfs.github.com/spec/v1\n"])
def test_verify_refuses_other_files(folder, content):
    (folder / "vae" / "diffusion_pytorch_model.safetensors").write_bytes(content)
    with pytest.raises(WeightsMissing):
        verify(folder)


def test_verify_names_a_missing_component(folder):
    (folder / "vae").rename(folder / "other")
    with pytest.raises(WeightsMissing, match="vae is missing"):
        verify(folder)


def test_verify_names_a_missing_file(folder):
    write_checksums(folder)
    (folder / "vae" / "config.json").unlink()
    with pytest.raises(WeightsMissing, match=r"config\.json is missing"):
        verify(folder)


@pytest.mark.parametrize(
    ("conditioner", "takes_cues"),
    [
        (Conditioner(token_dim=8, context_dim=8, hidden=8), True),
        (Conditioner(token_dim=8, context_dim=8, hidden=8, cues=False), False),
        (OfficialConditioner(8, 8), False),
    ],
)
def test_whether_a_model_takes_cues_is_known_without_its_weights(folder, conditioner, takes_cues):
    with pytest.raises(WeightsMissing, match=r"config\.json is damaged"):
        model_takes_cues(folder)
    conditioner.save_config(folder / "conditioner")
    assert model_takes_cues(folder) == conditioner.uses_cues == takes_cues
