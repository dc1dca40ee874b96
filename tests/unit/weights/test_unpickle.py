"""Foreign checkpoints: tensors come out, nothing runs."""

from __future__ import annotations

import builtins
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from a2s.errors import BadCheckpoint
from a2s.weights.unpickle import open_checkpoint
from tests.unit.weights.releases import Calls, as_if_installed, bare_pickle, class_named

HOSTILE = Path(__file__).resolve().parents[2] / "data" / "official" / "hostile"
WEIGHT = torch.arange(6.0).reshape(2, 3)


@pytest.fixture
def marker(tmp_path):
    """A file that the hostile checkpoints would make, were they to run; it must not be there afterwards."""
    path = tmp_path / "marker"
    yield path
    assert not path.exists()


def payloads(marker):
    """By the name that must be refused."""
    script = f"open({str(marker)!r}, 'w').close()"
    return {
        f"{os.system.__module__}.system": Calls(os.system, f"touch {marker}"),
        "builtins.eval": Calls(builtins.eval, script),
        "builtins.exec": Calls(builtins.exec, script),
    }


FORMS = {
    "zip": lambda content, path: torch.save(content, path),
    "zip, protocol 4": lambda content, path: torch.save(content, path, pickle_protocol=4),
    "legacy": lambda content, path: torch.save(content, path, _use_new_zipfile_serialization=False),
    "bare pickle": lambda content, path: bare_pickle(content, path, 2),
    "bare pickle, protocol 4": lambda content, path: bare_pickle(content, path, 4),
}


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("place", ["state_dict", "hyper_parameters"])
@pytest.mark.parametrize("number", range(3))
def test_a_payload_is_refused_by_name_and_not_executed(form, place, number, marker, tmp_path):
    name, payload = list(payloads(marker).items())[number]
    content = {"state_dict": {"a": WEIGHT}, "hyper_parameters": {}}
    content[place] |= {"extra": payload}
    if "bare" in form:
        content["state_dict"].pop("a")
    path = tmp_path / "hostile.ckpt"
    FORMS[form](content, path)
    with pytest.raises(BadCheckpoint, match=f"refused.* {name}"):
        open_checkpoint(path)


def test_the_payloads_are_live(tmp_path):
    """What the test above refuses would have run."""
    for number, payload in enumerate(payloads(tmp_path / "marker").values()):
        path = bare_pickle({"a": payload}, tmp_path / f"{number}.pth", 2)
        with open(path, "rb") as file:
            __import__("pickle").load(file)
        assert (tmp_path / "marker").exists()
        (tmp_path / "marker").unlink()


def test_a_stand_in_does_nothing_even_when_called(marker, tmp_path):
    """A harmless name can be asked for with arguments and state; neither goes anywhere."""
    callback = class_named("pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint")
    with as_if_installed(callback):
        called = Calls(callback, f"touch {marker}")
        callbacks = {"x": called, callback: {"best": 1}}
        torch.save({"state_dict": {"a": WEIGHT}, "callbacks": callbacks}, tmp_path / "a.ckpt")
    assert torch.equal(open_checkpoint(tmp_path / "a.ckpt")["state_dict"]["a"], WEIGHT)


def test_classes_in_genuine_files_are_accepted(tmp_path):
    config = class_named("parse_config.ConfigParser")
    hyper = type("AttributeDict", (dict,), {"__module__": "pytorch_lightning.utilities.parsing"})
    with as_if_installed(config, hyper):
        made = config()
        made.save_dir, made.state = tmp_path, {"n_gpu": 8}
        content = {"state_dict": {"a": WEIGHT}, "config": made, "hyper_parameters": hyper(rate=1e-4)}
        torch.save(content | {"best": np.float64(0.5)}, tmp_path / "a.pth")
    opened = open_checkpoint(tmp_path / "a.pth")
    assert torch.equal(opened["state_dict"]["a"], WEIGHT)
    assert opened["hyper_parameters"] == {"rate": 1e-4} and not vars(opened["config"])


def test_a_name_similar_to_a_harmless_one_is_refused(tmp_path):
    other = class_named("pytorch_lightning.callbacks.model_checkpoint.ModelCheckpointer")
    with as_if_installed(other):
        torch.save({"state_dict": {"a": WEIGHT}, "b": other()}, tmp_path / "a.ckpt")
    with pytest.raises(BadCheckpoint, match="ModelCheckpointer"):
        open_checkpoint(tmp_path / "a.ckpt")


def test_old_files_open(tmp_path):
    torch.save({"generator": {"a": WEIGHT}}, tmp_path / "a.pth", _use_new_zipfile_serialization=False)
    assert torch.equal(open_checkpoint(tmp_path / "a.pth")["generator"]["a"], WEIGHT)


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"PK\x03\x04", b"\x80\x02.", b"version https://git-lfs.github.com/"]
)
def test_other_files_are_no_checkpoint(content, tmp_path):
    path = tmp_path / "a.ckpt"
    path.write_bytes(content)
    with pytest.raises(BadCheckpoint, match="damaged or is no PyTorch checkpoint") as caught:
        open_checkpoint(path)
    assert "\n" not in str(caught.value)


def test_truncated_and_missing_files(tmp_path):
    torch.save({"state_dict": {"a": torch.ones(5000)}}, tmp_path / "a.ckpt")
    whole = (tmp_path / "a.ckpt").read_bytes()
    (tmp_path / "a.ckpt").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadCheckpoint, match="damaged"):
        open_checkpoint(tmp_path / "a.ckpt")
    for path in (tmp_path, tmp_path / "none.ckpt"):
        with pytest.raises(BadCheckpoint, match="cannot be read"):
            open_checkpoint(path)


def test_a_list_of_weights_is_no_checkpoint(tmp_path):
    torch.save([WEIGHT], tmp_path / "a.ckpt")
    with pytest.raises(BadCheckpoint, match="no dictionary"):
        open_checkpoint(tmp_path / "a.ckpt")


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_golden_hostile_files(tmp_path):
    """Hostile files that others made are refused, and genuine ones load."""
    expected = json.loads((HOSTILE / "README.json").read_text())
    for name in expected["must_refuse"]:
        with pytest.raises(BadCheckpoint, match="refused"):
            open_checkpoint(shutil.copy(HOSTILE / name, tmp_path))
    for name in expected["must_load"]:
        assert open_checkpoint(HOSTILE / name)["state_dict"]
    assert not [name for name in os.listdir("/tmp") if name.startswith("a2s_hostile_marker")]
