"""Configurations of trainings: files, overrides, and errors of one sentence."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import get_type_hints

import pytest

from a2s.errors import BadSettings
from a2s.training.ablations import ABLATIONS
from a2s.training.config import load_config, parse_assignments
from a2s.training.objectives.av_ldm import AVLDMConfig
from a2s.training.objectives.vae import VAEConfig

CONFIGS = Path(__file__).resolve().parents[3] / "configs"
FOLDERS = {"data": Path("worlds"), "out": Path("run")}


@pytest.mark.parametrize("name", ["vae", "vocoder", "av_sim", "place", "av_ldm"])
def test_every_training_has_a_configuration_file(name):
    kind = get_type_hints(import_module(f"a2s.training.objectives.{name}").train)["config"]
    more = {"init": Path("av_sim")} if name == "place" else {}
    config = load_config(kind, CONFIGS / f"{name}.yaml", FOLDERS | more)
    assert config.steps >= 1000 and config.data == Path("worlds")


def test_ablation_files_are_the_ablations():
    assert {file.stem for file in (CONFIGS / "ablations").iterdir()} == set(ABLATIONS)
    for name, ablation in ABLATIONS.items():
        assert load_config(AVLDMConfig, CONFIGS / "ablations" / f"{name}.yaml", FOLDERS).ablation == ablation


def test_overrides_replace_values_of_the_file(tmp_path):
    file = tmp_path / "vae.yaml"
    file.write_text("steps: 10\nchannels: [8, 16]\nkl: 1e-4\n")
    config = load_config(VAEConfig, file, FOLDERS | parse_assignments(["steps=20", "layers=2"]))
    assert (config.steps, config.layers, config.channels, config.kl) == (20, 2, (8, 16), 1e-4)
    assert load_config(VAEConfig, None, FOLDERS).steps == VAEConfig(**FOLDERS).steps


@pytest.mark.parametrize(
    ("text", "settings", "message"),
    [
        ("stesp: 3", (), r"no setting 'stesp' in .*vae\.yaml; allowed: batch, channels, data"),
        ("", ("stesp=3",), "no setting 'stesp'; allowed: batch"),
        ("batch: many", (), r"'many' of 'batch' in .*vae\.yaml is not allowed"),
        ("steps: 0", (), "greater than 0"),
        ("- steps", (), "must map keys to values"),
        ("steps: [", (), "not valid YAML"),
        ("", ("steps",), "form KEY=VALUE"),
        ("", ("steps=[",), "not valid YAML"),
    ],
)
def test_a_mistake_is_one_sentence(tmp_path, text, settings, message):
    file = tmp_path / "vae.yaml"
    file.write_text(text)
    with pytest.raises(BadSettings, match=message) as error:
        load_config(VAEConfig, file, FOLDERS | parse_assignments(settings))
    assert "\n" not in str(error.value)


def test_missing_files_and_settings_are_named(tmp_path):
    with pytest.raises(BadSettings, match="cannot be read"):
        load_config(VAEConfig, tmp_path / "none.yaml", FOLDERS)
    with pytest.raises(BadSettings, match="needs the setting 'data'"):
        load_config(VAEConfig)
