"""A model folder put together from trained parts."""

from __future__ import annotations

import torch

from a2s import AVLDMPipeline
from a2s.training.assemble import assemble_model
from a2s.weights import verify
from tests.tiny import tiny_pipeline


def test_assembled_parts_load_and_name_no_other_folder(tmp_path):
    pipe, out = tiny_pipeline(), tmp_path / "model"
    for name in ("vae", "vocoder", "av_sim", "unet", "conditioner", "scheduler"):
        getattr(pipe, name).save_pretrained(tmp_path / "parts" / name)
    out.mkdir()
    (out / "README.md").write_text("a card that somebody wrote")
    parts = tmp_path / "parts"
    assemble_model(parts / "vae", parts / "vocoder", parts / "av_sim", parts, out)
    loaded = AVLDMPipeline.from_pretrained(out)
    assert loaded.unet.dtype == torch.float32
    assert torch.allclose(loaded.vae.latent_std, pipe.vae.latent_std, atol=1e-3)
    for (name, before), after in zip(pipe.unet.state_dict().items(), loaded.unet.state_dict().values(), strict=True):
        assert torch.allclose(before, after, atol=2e-3), name
    assert verify(out).compared
    assert (out / "README.md").read_text() == "a card that somebody wrote"
    assert not any(str(tmp_path) in path.read_text() for path in out.rglob("*.json"))
    assert not list(tmp_path.glob("*.part"))
