"""pyproject.toml, the requirement files and the imports agree."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

from a2s import __version__

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS = PROJECT["project"]["optional-dependencies"]
CORE = PROJECT["project"]["dependencies"]

# `spaces` is there on Hugging Face Spaces only, and its import may fail.
OPTIONAL = {"spaces"}

EXTRAS_OF = {
    "ui/": ("studio",),
    "editors/": ("editors",),
    "bench/": ("studio",),
    "vision/hands/": ("hands",),
    "media/share.py": ("studio",),
    "audio/onset_scores.py": ("eval",),
    "training/": ("train",),
    "evaluation/": ("eval",),
    "scale/": ("scale",),
    "datasets/shards.py": ("scale",),
    "datasets/curation/taggers.py": ("scale",),
}
"""Extras that parts of a2s may import besides the core dependencies. The key is the begin of a path below a2s/."""


def listed(file: str) -> set[str]:
    """Requirements of a file, without comments and references to other files."""
    lines = (ROOT / file).read_text().splitlines()
    return {line.strip() for line in lines if line.strip() and not line.startswith(("#", "-r"))}


def name_of(requirement: str) -> str:
    """`gradio[mcp]>=6` is gradio; names are normalised as on PyPI."""
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement)[0]).lower()


def imported(file: Path) -> set[str]:
    """Top-level names of the packages that a file imports, inside functions too."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module)
    return {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {"a2s"}


def test_requirements_are_the_core_the_studio_and_the_editors():
    assert listed("requirements.txt") == {*CORE, *EXTRAS["studio"], *EXTRAS["editors"]}


def test_test_requirements_are_the_other_extras():
    others = {*EXTRAS["train"], *EXTRAS["eval"], *EXTRAS["scale"], *EXTRAS["editors"], *EXTRAS["hands"], *EXTRAS["dev"]}
    others = {each for each in others if name_of(each) != "ray"}  # a cluster is started by one slow test alone
    assert listed("tests/requirements.txt") == others - listed("requirements.txt")
    assert "-r ../requirements.txt" in (ROOT / "tests" / "requirements.txt").read_text()


def test_every_import_is_declared():
    distributions, undeclared = packages_distributions(), []
    for file in sorted((ROOT / "a2s").rglob("*.py")):
        path = file.relative_to(ROOT / "a2s").as_posix()
        extras = [extra for part, names in EXTRAS_OF.items() if path.startswith(part) for extra in names]
        declared = {name_of(each) for each in (*CORE, *(each for extra in extras for each in EXTRAS[extra]))}
        for name in imported(file) - OPTIONAL:
            if not declared & {name_of(each) for each in distributions.get(name, [name])}:
                undeclared.append(f"a2s/{path}: {name}")
    assert not undeclared


def test_gradio_is_pinned_to_the_minor_version_of_its_patches():
    (gradio,) = [requirement for requirement in EXTRAS["studio"] if name_of(requirement) == "gradio"]
    least, most = re.fullmatch(r"gradio\[mcp\]>=6\.(\d+),<6\.(\d+)", gradio).groups()
    assert int(most) == int(least) + 1
    assert f"sdk_version: 6.{least}." in (ROOT / "README.md").read_text()


def test_the_version_is_written_once():
    assert PROJECT["project"]["dynamic"] == ["version"] and re.fullmatch(r"\d+\.\d+\.\d+", __version__)
    assert PROJECT["tool"]["hatch"]["version"]["path"] == "a2s/_version.py"
