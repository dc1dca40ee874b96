"""The small release as files: the golden weights in the containers that the authors' programs write."""

from __future__ import annotations

import shutil
from pathlib import Path

import torch

from tests.unit.official import goldens
from tests.unit.weights.releases import as_if_installed, class_named

SYNC = "half_neg_easy_shift1-1.5_weight_pos2_continue_continue"
CALLBACK = "pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint"
CONFIGURATION = "parse_config.ConfigParser"


def write_golden_release(folder: Path) -> Path:
    """Write checkpoints with classes beside the weights, as Lightning 1.2 and EgoVLP's trainer do."""
    callback, configuration = class_named(CALLBACK), class_named(CONFIGURATION)
    with as_if_installed(callback, configuration):
        latent = {
            "epoch": 8,
            "global_step": 1,
            "pytorch-lightning_version": "1.2.10",
            "callbacks": {callback: {"best_model_score": None}},
            "state_dict": goldens.released("latent_diffusion"),
        }
        torch.save(latent, folder / "epoch=000007.ckpt")
        torch.save({"config": configuration(), "state_dict": goldens.released("av_sim")}, folder / "av.pth")
    torch.save({"generator": goldens.released("hifi-gan")}, folder / "hifi-gan.pth")
    for name in ("hifi-gan.json", "config.json"):
        shutil.copyfile(goldens.path(f"release/{name}"), folder / name)
    sync = folder / "av_sync_classifier"
    sync.mkdir()
    for part in ("", "_video_encoder", "_audio_encoder", "_vid_proj"):
        torch.save(goldens.released(f"av_sync{part}"), sync / f"{SYNC}{part}_bestacc.pth")
    shutil.copyfile(goldens.path("release/config.json"), sync / "config.json")
    return folder
