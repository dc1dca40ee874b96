"""Models and banks that are damaged or made to harm: one sentence that names the file, and nothing is run."""

from __future__ import annotations

import json
import pickle
import shutil
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from a2s import DubSettings, dub
from a2s.ambient import AmbientBank
from a2s.ambient.archive import unpack
from a2s.errors import A2SError, BankError, WeightsMissing
from a2s.settings import Limits
from a2s.weights import load_model, verify
from tests.fakes import FakePipeline, small_bank
from tests.hostile.odd import PLAIN

DAMAGE = {
    "empty": lambda data: b"",
    "cut": lambda data: data[: len(data) // 2],
    "three bytes short": lambda data: data[:-3],
    "random": lambda data: np.random.default_rng(0).bytes(len(data)),
    "text": lambda data: b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
    "deep": lambda data: b"[" * 100_000,
    "a pickle": lambda data: pickle.dumps({"weight": [1.0]}),
    "a zip": lambda data: b"PK\x03\x04" + data,
}


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    from tests.tiny import tiny_pipeline

    folder = tmp_path_factory.mktemp("weights") / "model"
    tiny_pipeline().save_pretrained(folder)
    return folder


@pytest.fixture
def copied(model, tmp_path) -> Path:
    return Path(shutil.copytree(model, tmp_path / "copy"))


def files_of(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_of_a_model_is_named(model, tmp_path, damage):
    """Every file of the model in turn, by `load_model` as by `verify`."""
    for number, name in enumerate(files_of(model)):
        folder = Path(shutil.copytree(model, tmp_path / f"{number}"))
        file = folder / name
        file.write_bytes(DAMAGE[damage](file.read_bytes()))
        for look in (load_model, verify):
            with pytest.raises(WeightsMissing) as caught:
                look(folder)
            assert str(file) in str(caught.value) and "\n" not in str(caught.value)


def test_a_header_that_lies_is_refused(copied):
    """Tensors that lie beyond the file, over each other, or of a size that their shape denies."""
    file = copied / "vae" / "diffusion_pytorch_model.safetensors"
    data = file.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    name = next(key for key in header if key != "__metadata__")
    for change in ({"data_offsets": [0, 2**62]}, {"data_offsets": [8, 4]}, {"shape": [2**40]}, {"dtype": "F1024"},
                   {"shape": [-1]}, {"shape": "many"}, {"data_offsets": None}):  # fmt: skip
        text = json.dumps(header | {name: header[name] | change}).encode()
        file.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + length :])
        with pytest.raises(WeightsMissing) as caught:
            load_model(copied)
        assert "\n" not in str(caught.value) and str(copied) in str(caught.value)


class Evil:
    """Attacks of a pickle that is loaded."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return Path.touch, (self.mark,)


@pytest.mark.parametrize("component", ["vae", "unet", "vocoder"])
def test_a_pickle_in_the_weights_place_is_not_opened(copied, tmp_path, component):
    mark = tmp_path / "opened"
    (copied / component / "diffusion_pytorch_model.safetensors").unlink()
    torch.save({"weight": Evil(mark)}, copied / component / "diffusion_pytorch_model.bin")
    with pytest.raises(WeightsMissing) as caught:
        load_model(copied)
    assert not mark.exists() and str(caught.value).endswith(f"the weights of {component} are missing.")
    torch.save({"weight": torch.zeros(1)}, copied / component / "diffusion_pytorch_model.bin")
    with pytest.raises(WeightsMissing):
        load_model(copied)  # nor is a harmless one


def test_a_model_that_names_foreign_classes_runs_none(copied, tmp_path):
    index = json.loads((copied / "model_index.json").read_text())
    (tmp_path / "evil.py").write_text("raise SystemExit('run')")
    for entry in (["os", "system"], ["evil", "Evil"], ["a2s.nothing", "X"], ["subprocess", "Popen"]):
        (copied / "model_index.json").write_text(json.dumps(index | {"vae": entry}))
        with pytest.raises(A2SError):
            load_model(copied)


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_of_a_bank_is_named(tmp_path, damage):
    small_bank().save(tmp_path / "bank")
    for number, name in enumerate(files_of(tmp_path / "bank")):
        folder = Path(shutil.copytree(tmp_path / "bank", tmp_path / f"{number}"))
        file = folder / name
        file.write_bytes(DAMAGE[damage](file.read_bytes()))
        with pytest.raises(BankError) as caught:
            AmbientBank.load(folder)
        assert Path(name).name in str(caught.value) and "\n" not in str(caught.value)


def test_a_bank_of_another_model_is_refused_before_any_sound_is_made(tmp_path):
    """Its embeddings would be compared with those of a model that never saw them."""
    bank = small_bank()
    other = AmbientBank(bank.clips, bank._files, bank._index, "another")
    pipe, video = FakePipeline(), PLAIN.write(tmp_path)
    assert dub(video, DubSettings(steps=1), FakePipeline(), bank)
    with pytest.raises(BankError, match="another model"):
        dub(video, DubSettings(steps=1), pipe, other)
    assert not pipe.calls


def test_entries_that_share_their_bytes_are_counted_one_by_one(tmp_path):
    """A bomb without a bomb in it: a hundred names for the same quarter of a megabyte, at a small ratio each."""
    path = tmp_path / "overlap.zip"
    data = np.random.default_rng(0).bytes(2**18)
    with zipfile.ZipFile(path, "w") as out:
        out.writestr("a.wav", data)
        (first,) = out.filelist
        for number in range(100):
            twin = zipfile.ZipInfo(f"{number:03}.wav")
            for name in ("compress_size", "file_size", "CRC", "header_offset", "compress_type"):
                setattr(twin, name, getattr(first, name))
            out.filelist.append(twin)
    with pytest.raises((BankError, A2SError)):
        unpack(path, tmp_path / "out", {".wav"}, Limits(max_zip_bytes=2 * 2**20))
    assert not (tmp_path / "out").exists()
