"""Model folders of earlier versions load, as a whole and in part."""

from __future__ import annotations

import json

import pytest
from diffusers import DiffusionPipeline

from a2s import AVLDMPipeline
from a2s.errors import WeightsMissing
from a2s.resources import checkpoint_folder
from a2s.weights import load_embedder, load_model, model_takes_cues, verify
from tests.tiny import tiny_official

COMPACT_CLASSES = {
    "av_sim": ["a2s.models.av_sim", "AVSim"],
    "conditioner": ["a2s.models.conditioner", "Conditioner"],
    "scheduler": ["diffusers", "DPMSolverMultistepScheduler"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["a2s.models.mel_vae", "MelVAE"],
    "vocoder": ["a2s.models.vocoder", "Vocoder"],
}
"""Module paths that published folders name; they must stay."""

NEW_TRAITS = ("cues", "labels_cues", "large", "threads", "uses_cues")
"""Keys that configurations of version 0.1 of the official model do not have."""


def test_the_shipped_compact_model_loads_as_it_is():
    folder = checkpoint_folder("compact")
    assert verify("compact").compared
    index = json.loads((folder / "model_index.json").read_text())
    assert {name: entry for name, entry in index.items() if isinstance(entry, list)} == COMPACT_CLASSES
    pipe = load_model("compact")
    assert type(pipe) is AVLDMPipeline and pipe.uses_cues and not pipe.is_large and model_takes_cues("compact")
    for name, (module, kind) in COMPACT_CLASSES.items():
        assert type(getattr(pipe, name)).__name__ == kind and type(getattr(pipe, name)).__module__.startswith(module)
    embedder = load_embedder("compact")
    assert embedder.model_hash == pipe.model_hash and embedder.av_sim.config.labels_cues


def test_an_official_folder_without_the_newer_traits_loads(tmp_path):
    folder = tmp_path / "model"
    tiny_official().save_pretrained(folder)
    for path in folder.rglob("*.json"):
        about = json.loads(path.read_text())
        if any(key in about for key in NEW_TRAITS):
            path.write_text(json.dumps({key: value for key, value in about.items() if key not in NEW_TRAITS}))
    pipe = load_model(folder)
    assert not pipe.uses_cues and not model_takes_cues(folder) and not pipe.av_sim.config.labels_cues


def test_traits_that_a_network_cannot_have_are_refused():
    from a2s.models.official import OfficialAVSim, OfficialConditioner

    with pytest.raises(ValueError, match="cues must be False"):
        OfficialConditioner(8, 8, cues=True)
    with pytest.raises(ValueError, match="labels_cues must be False"):
        OfficialAVSim(labels_cues=True)


def test_only_classes_of_a2s_are_imported_for_av_sim(tmp_path):
    folder = tmp_path / "model"
    tiny_official().save_pretrained(folder)
    index = json.loads((folder / "model_index.json").read_text())
    index["av_sim"] = ["os", "system"]
    (folder / "model_index.json").write_text(json.dumps(index))
    with pytest.raises(WeightsMissing, match="names os, which is not part of a2s"):
        load_embedder(folder)


def test_a_pipeline_object_is_returned_as_it_is():
    thing = object()
    assert load_model(thing) is thing and load_embedder(thing) is thing
    assert issubclass(AVLDMPipeline, DiffusionPipeline)
