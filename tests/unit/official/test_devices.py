"""Where the released model runs, and that packing its convolutions changes nothing but the time."""

from __future__ import annotations

import gc
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from diffusers import UNet2DConditionModel
from torch import nn

from a2s.models.packed import PackedConv2d, can_pack, pack
from a2s.pipelines import devices
from tests.tiny import tiny_official, tiny_pipeline


def sampled(pipe):
    tokens = torch.randn(1, 17, 32, generator=torch.Generator().manual_seed(0))
    ambient = torch.randn(1, 4, 16, 24, generator=torch.Generator().manual_seed(1))
    return pipe.sample(tokens, torch.zeros(1, 20, 192), ambient, 4, generator=torch.Generator().manual_seed(2)).latents


packs = pytest.mark.skipif(not can_pack(), reason="oneDNN does not pack convolutions here")


@packs
@pytest.mark.parametrize("options", [{}, {"stride": 2}, {"bias": False}, {"dilation": 2, "padding": 2}, {"groups": 4}])
def test_a_packed_convolution_is_the_same(options):
    conv = nn.Conv2d(16, 32, 3, **{"padding": 1} | options)
    x = torch.randn(2, 16, 12, 10)
    with torch.inference_mode():
        torch.testing.assert_close(PackedConv2d(conv)(x), conv(x), atol=1e-5, rtol=1e-4)


@packs
def test_a_packed_model_makes_the_same_latents_and_is_not_saved(tmp_path):
    pipe = tiny_official()
    before = sampled(pipe)
    pack(pipe.unet)
    left = [x for x in pipe.unet.modules() if isinstance(x, nn.Conv2d)]
    assert left and all(conv.kernel_size == (1, 1) for conv in left)
    assert (sampled(pipe) - before).abs().max() < 1e-4 * before.abs().max()
    with pytest.raises(RuntimeError, match="cannot be saved"):
        pipe.save_pretrained(tmp_path / "model")


@packs
@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="only Linux tells which files are mapped")
def test_a_packed_model_releases_its_file(tmp_path):
    tiny_official().unet.save_pretrained(tmp_path)
    loaded = UNet2DConditionModel.from_pretrained(tmp_path)
    mapped = str(tmp_path) in Path("/proc/self/maps").read_text()
    pack(loaded)
    gc.collect()
    assert mapped and str(tmp_path) not in Path("/proc/self/maps").read_text()


def test_half_precision_of_the_unet_alone_is_accurate():
    pipe = tiny_official()
    before = sampled(pipe)
    pipe.unet.to(torch.bfloat16)
    after = sampled(pipe)
    assert after.dtype == torch.float32
    assert 0 < (after - before).abs().max() < 0.2 * before.abs().max()


class Recorded(SimpleNamespace):
    """A large pipeline that says what is done to it."""

    def __init__(self):
        super().__init__(is_large=True, unet=nn.Conv2d(2, 2, 3), done=[])
        self.components = {"unet": self.unet, "scheduler": object()}

    def to(self, device):
        self.done.append(device)

    def enable_model_cpu_offload(self):
        self.done.append("offload")


@pytest.mark.parametrize(("free", "done"), [(10**9, ["cuda"]), (10, ["offload"])])
def test_a_gpu_runs_the_unet_in_float16_and_a_small_one_part_by_part(monkeypatch, free, done):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (free, free))
    pipe = devices.place(Recorded())
    assert pipe.done == done and pipe.unet.weight.dtype == torch.float16


@pytest.mark.parametrize(("free", "compiled"), [(10**9, True), (10, False)])
def test_the_unet_is_compiled_on_request(monkeypatch, free, compiled):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (free, free))
    monkeypatch.setenv("A2S_COMPILE", "1")
    assert (devices.place(Recorded()).unet._compiled_call_impl is not None) == compiled
    monkeypatch.delenv("A2S_COMPILE")
    assert devices.place(Recorded()).unet._compiled_call_impl is None


@pytest.mark.parametrize(("is_large", "dtype"), [(True, torch.float16), (False, torch.float32)])
def test_a_lent_gpu_gets_a_large_models_unet_in_float16(monkeypatch, is_large, dtype):
    monkeypatch.setenv("SPACES_ZERO_GPU", "1")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    pipe = Recorded()
    pipe.is_large = is_large
    assert devices.place(pipe).done == [] and pipe.unet.weight.dtype == torch.float32
    devices.lend_gpu(pipe)
    assert pipe.done == ["cuda"] and pipe.unet.weight.dtype == dtype


def test_a_small_model_is_unchanged(monkeypatch):
    monkeypatch.setattr(devices, "pack", lambda _: pytest.fail("a small model was packed"))
    pipe = tiny_pipeline()
    assert devices.place(pipe) is pipe and not pipe.is_large and pipe.threads == 1
