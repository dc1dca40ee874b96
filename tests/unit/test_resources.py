"""Shipped files are found in the source tree, in an installed package, and where the environment says."""

from __future__ import annotations

from pathlib import Path

import pytest

from a2s import resources
from a2s.resources import asset_folder, checkpoint_folder, checkpoint_roots, resource_root

ROOT = Path(__file__).resolve().parents[2]


def test_the_source_tree(monkeypatch):
    monkeypatch.delenv("A2S_RESOURCES", raising=False)
    assert resource_root() == ROOT and asset_folder("ambient") == ROOT / "assets" / "ambient"
    assert checkpoint_folder("compact") == ROOT / "checkpoints" / "compact"
    assert checkpoint_folder("official") == ROOT / "checkpoints" / "official"


def test_the_environment_comes_first(monkeypatch, tmp_path):
    monkeypatch.setenv("A2S_RESOURCES", str(tmp_path))
    assert asset_folder("ambient") == tmp_path / "assets" / "ambient"
    assert checkpoint_folder("compact") == tmp_path / "checkpoints" / "compact"


@pytest.fixture
def installed(monkeypatch, tmp_path):
    """An installed package that ships the compact model, and an empty home folder."""
    monkeypatch.delenv("A2S_RESOURCES", raising=False)
    monkeypatch.setattr(resources, "INSTALLED", tmp_path / "a2s" / "_resources")
    monkeypatch.setattr(resources, "_user_data", lambda: tmp_path / "home")
    (tmp_path / "a2s" / "_resources" / "checkpoints" / "compact").mkdir(parents=True)
    return tmp_path


def test_an_installed_package(installed):
    shipped = installed / "a2s" / "_resources"
    assert asset_folder("ambient") == shipped / "assets" / "ambient"
    assert checkpoint_folder("compact") == shipped / "checkpoints" / "compact"
    assert checkpoint_roots() == (shipped / "checkpoints", installed / "home" / "checkpoints")


def test_models_that_a_user_adds_stay_outside_an_installed_package(installed):
    assert checkpoint_folder("official") == installed / "home" / "checkpoints" / "official"
