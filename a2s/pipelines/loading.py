"""Where a pipeline's folder comes from: the disk, or the Hugging Face Hub through diffusers' own loader."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from a2s.errors import BadInput, WeightsMissing

EXTRAS = ("ambient_calibration.json", "origin.json", "ambient/*", "ambient/clips/*")
"""Files of a model folder that diffusers' loader does not download: calibration, origin, the model's own bank."""

HUB_OPTIONS = ("cache_dir", "force_download", "local_files_only", "token", "revision", "variant")


def check_safetensors(use_safetensors: bool | None) -> None:
    """Raises BadInput for a request for pickled weights."""
    if use_safetensors is False:
        raise BadInput("use_safetensors must be True, not False: a2s loads weights from safetensors only.")


def model_folder(source: str | os.PathLike, options: dict[str, Any], download: Any) -> Path:
    """The folder of a model given as a folder or as a Hub id ("owner/name"). A local folder needs no network.

    options: of `from_pretrained`; those of the download are used for a Hub id. download: diffusers'
    `DiffusionPipeline.download`. Raises WeightsMissing for a path that does not exist.
    """
    folder = Path(source)
    if folder.is_dir():
        return folder
    if not is_hub_id(source):
        raise WeightsMissing(f"There is no model folder {os.fspath(source)}.")
    from huggingface_hub import snapshot_download  # only for a download

    chosen = {name: options[name] for name in HUB_OPTIONS if options.get(name) is not None}
    found = Path(download(str(source), use_safetensors=True, **chosen))
    chosen.pop("variant", None)
    snapshot_download(str(source), allow_patterns=list(EXTRAS), **chosen)
    return found


def is_hub_id(source: str | os.PathLike) -> bool:
    """Whether a source can be the id of a repository, "owner/name"."""
    if not isinstance(source, str) or source.startswith((".", "/", "~")) or source.count("/") != 1:
        return False
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id

    try:
        validate_repo_id(source)
    except HFValidationError:
        return False
    return True
