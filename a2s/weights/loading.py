"""Load a model once and share it: the whole pipeline, or AV-Sim alone where nothing is generated."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, overload

from a2s.errors import WeightsMissing
from a2s.weights.catalogue import INDEX, read_index, resolve_model
from a2s.weights.verification import check_files

if TYPE_CHECKING:
    from a2s.ambient.embedder import AVSimEmbedder
    from a2s.ambient.retrieval import Embedder
    from a2s.pipelines import AVLDMPipeline

MODEL_MODULES = "a2s.models."
"""A component's class is imported from below this package only."""


def load_model(model: str | Path | AVLDMPipeline | None = "compact") -> AVLDMPipeline:
    """Return the pipeline of a model given by name or folder; None is the compact model.

    A folder is loaded once and shared read-only. A pipeline is returned as it is. Raises WeightsMissing.
    """
    if model is None or isinstance(model, str | Path):
        return _load_pipeline(resolve_model(model or "compact").resolve())
    return model


@overload
def load_embedder(model: str | Path | None = ...) -> AVSimEmbedder: ...
@overload
def load_embedder(model: Embedder) -> Embedder: ...
def load_embedder(model: str | Path | Embedder | None = "compact") -> Embedder:
    """Return what embeds videos and sounds for retrieval: AV-Sim without the rest of its model.

    A folder is loaded once and shared read-only. A pipeline, which embeds as well, is returned as it is. Raises
    WeightsMissing.
    """
    if model is None or isinstance(model, str | Path):
        return _load_embedder(resolve_model(model or "compact").resolve())
    return model


@lru_cache(maxsize=4)  # the two known models and two others: the page must not load them in turns
def _load_pipeline(folder: Path) -> AVLDMPipeline:
    from a2s.pipelines import AVLDMPipeline  # loads torch and diffusers
    from a2s.pipelines.devices import place

    with _loading(folder):
        pipe = AVLDMPipeline.from_pretrained(folder)
        pipe.set_progress_bar_config(disable=True)
        return place(pipe)


@lru_cache(maxsize=4)
def _load_embedder(folder: Path) -> AVSimEmbedder:
    import torch  # keeps `a2s --help` fast

    from a2s.ambient.embedder import AVSimEmbedder

    with _loading(folder):
        module, name = read_index(folder)["av_sim"]
        if not module.startswith(MODEL_MODULES):
            raise WeightsMissing(f"{INDEX} of the model at {folder} names {module}, which is not part of a2s.")
        kind = getattr(import_module(module), name)
        part = kind.from_pretrained(
            folder / "av_sim", torch_dtype=torch.float32, use_safetensors=True, local_files_only=True
        )
        return AVSimEmbedder(part.eval(), folder)


@contextmanager
def _loading(folder: Path) -> Iterator[None]:
    """Check a model's files first and turn what its loader raises into WeightsMissing."""
    from diffusers.utils import logging

    logging.disable_progress_bar()  # it would overwrite the program's own
    check_files(folder)
    try:
        yield
    except (OSError, ValueError, KeyError, AttributeError, ImportError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise WeightsMissing(
            f"The model at {folder} cannot be loaded; `a2s weights verify` names the damaged file ({reason})."
        ) from error
