"""Download the authors' files from the Hugging Face Hub and import them. Only `a2s weights fetch` calls this.

The download itself stays here although huggingface_hub has `hf_hub_download`: since its version 1, that function
gives the partial file of each process a new name, so a download of several GB that was interrupted by a closed terminal
or a reboot would start from zero. `http_get` of the same library does the transfer, with its retries and progress bar.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from a2s.errors import BadSettings, CannotFetch, CannotWrite
from a2s.io import sha256_of
from a2s.weights.catalogue import MODELS, Model
from a2s.weights.target import check_space, check_target

REVISION = "main"
"""Default revision. It is resolved to a commit once, and all files are of that commit."""
REQUIRED = ("epoch=000007.ckpt", "av.pth")
OPTIONAL = ("hifi-gan.pth", "hifi-gan.json")
SPARE_BYTES = 200_000_000


@dataclass(frozen=True)
class RemoteFile:
    """A file of a repository. sha256: as the Hub states it; None for small files."""

    path: str
    size: int
    sha256: str | None

    @property
    def name(self) -> str:
        return PurePosixPath(self.path).name


@dataclass(frozen=True)
class Snapshot:
    """A repository's files of a model at one commit. licence: as its card states it, or None."""

    repository: str
    commit: str
    licence: str | None
    files: tuple[RemoteFile, ...]

    @property
    def bytes(self) -> int:
        return sum(file.size for file in self.files)

    def __str__(self) -> str:
        licence = self.licence or f"not stated; see https://huggingface.co/{self.repository}"
        names = ", ".join(f"{file.name} ({file.size / 1e6:.1f} MB)" for file in self.files)
        return f"{self.repository} at commit {self.commit}\nlicence: {licence}\nfiles: {names}"


def fetch_model(
    name: str,
    revision: str = REVISION,
    dtype: str = "float32",
    *,
    endpoint: str | None = None,
    on_message: Callable[[str], None] = print,
) -> Path:
    """Download a model's files, import them into its folder, remove the downloads. Returns the folder.

    revision: branch, tag or commit. dtype: of the imported weights, float32 or float16. endpoint: address of a Hub;
    None is HF_ENDPOINT or huggingface.co. on_message: receives the files, their size and their licence before the
    download starts. An interrupted download resumes. Raises BadSettings, CannotFetch, CannotWrite, BadCheckpoint.
    """
    model = _fetchable(name)
    if model.is_installed:
        on_message(f"{model.folder} exists; `a2s weights verify {name}` checks it. To fetch it again, remove it.")
        return model.folder
    folder = model.folder
    check_target(folder, dtype)
    snapshot = find_snapshot(str(model.repository), revision, endpoint)
    on_message(str(snapshot))
    downloads = folder.with_name(f"{name}.download")
    partial = downloads / snapshot.commit
    check_space(folder.parent, _bytes_needed(snapshot, partial, dtype), "download and import")
    _remove_other_commits(downloads, snapshot.commit)
    paths = [download_file(snapshot, file, partial, endpoint) for file in snapshot.files]
    # Not earlier: it loads torch, which takes seconds, and a missing network must be reported at once.
    from a2s.weights.importing import import_release

    on_message(f"downloaded to {partial}; the files stay there until they are imported")
    origin = {"repository": snapshot.repository, "commit": snapshot.commit, "licence": snapshot.licence}
    import_release(paths, folder, dtype, origin=origin, on_message=on_message)
    shutil.rmtree(downloads, ignore_errors=True)
    return folder


def _fetchable(name: str) -> Model:
    model = MODELS.get(name)
    if model is None:
        raise BadSettings(f"There is no model {name!r}; `a2s weights list` lists the models.")
    if model.repository is None:
        raise BadSettings(f"The model {name} cannot be fetched: a2s ships it.")
    return model


def find_snapshot(repository: str, revision: str = REVISION, endpoint: str | None = None) -> Snapshot:
    """Ask the Hub once for the commit of a revision and its files. Raises CannotFetch."""
    from huggingface_hub import HfApi  # keeps `a2s --help` fast
    from huggingface_hub.errors import GatedRepoError, HTTPError, RepositoryNotFoundError, RevisionNotFoundError

    api = HfApi(endpoint=endpoint)
    try:
        info = api.model_info(repository, revision=revision, files_metadata=True, timeout=30)
    except RevisionNotFoundError as error:
        raise CannotFetch(f"{repository} has no revision {revision!r}.") from error
    except GatedRepoError as error:
        raise CannotFetch(
            f"{repository} requires an agreement: accept it on https://huggingface.co/{repository}, then run"
            " `hf auth login`."
        ) from error
    except RepositoryNotFoundError as error:
        raise CannotFetch(f"{api.endpoint} has no repository {repository}.") from error
    except (HTTPError, OSError) as error:
        raise _unreachable(api.endpoint) from error
    deepest_first = sorted(info.siblings or [], key=lambda file: -file.rfilename.count("/"))
    found = {PurePosixPath(file.rfilename).name: file for file in deepest_first}
    if missing := [name for name in REQUIRED if name not in found]:
        raise CannotFetch(f"{repository} at {info.sha} has no {' and no '.join(missing)}; it cannot be imported.")
    files = tuple(
        RemoteFile(file.rfilename, file.size or 0, file.lfs.sha256 if file.lfs else None)
        for file in (found[name] for name in (*REQUIRED, *OPTIONAL) if name in found)
    )
    licence = info.card_data.get("license") if info.card_data else None
    return Snapshot(repository, str(info.sha), str(licence)[:100] if licence else None, files)


def _unreachable(endpoint: str) -> CannotFetch:
    return CannotFetch(
        f"{endpoint} cannot be reached. `a2s weights fetch` needs the internet; `a2s weights import` converts local"
        " files."
    )


def _bytes_needed(snapshot: Snapshot, partial: Path, dtype: str) -> int:
    """Bytes that are still to be downloaded, and those of the imported model."""
    present = sum(path.stat().st_size for path in partial.glob("*")) if partial.is_dir() else 0
    return snapshot.bytes - present + snapshot.bytes // (2 if dtype == "float16" else 1) + SPARE_BYTES


def _remove_other_commits(downloads: Path, commit: str) -> None:
    """Remove partial files of other commits, which cannot be continued."""
    for old in downloads.glob("*"):
        if old.name != commit:
            shutil.rmtree(old, ignore_errors=True)


def download_file(snapshot: Snapshot, file: RemoteFile, folder: Path, endpoint: str | None = None) -> Path:
    """Download one file into `folder`, from where its partial file ends. Raises CannotFetch, CannotWrite.

    A process that is killed loses at most the last 10 MB.
    """
    path, part = folder / file.name, folder / f"{file.name}.part"
    if path.is_file():
        return path
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part.touch()
        if part.stat().st_size > file.size:
            part.write_bytes(b"")
        _transfer(snapshot, file, part, endpoint)
        if file.sha256 and sha256_of(part) != file.sha256:
            part.unlink()
            raise CannotFetch(f"The download of {file.name} was damaged and has been removed; run the command again.")
        return part.rename(path)
    except OSError as error:
        raise CannotWrite(f"The download cannot be written to {folder}: {error.strerror or error}.") from error


def _transfer(snapshot: Snapshot, file: RemoteFile, part: Path, endpoint: str | None) -> None:
    """Append to `part` until it is complete. Raises CannotFetch if an attempt brings no byte, OSError of the disk."""
    from huggingface_hub import HfApi, hf_hub_url  # keeps `a2s --help` fast
    from huggingface_hub.errors import HTTPError
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers, logging

    logging.set_verbosity_error()  # each retry would print a line across the progress bar
    endpoint = HfApi(endpoint=endpoint).endpoint
    url = hf_hub_url(snapshot.repository, file.path, revision=snapshot.commit, endpoint=endpoint)
    while (have := part.stat().st_size) < file.size:
        try:
            with open(part, "ab") as out:
                http_get(
                    url,
                    out,
                    resume_size=have,
                    headers=build_hf_headers(),
                    expected_size=file.size,
                    displayed_filename=file.name,
                )
        except (HTTPError, OSError) as error:
            if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO):
                raise
            if part.stat().st_size <= have:
                raise _interrupted(file, have, endpoint) from error


def _interrupted(file: RemoteFile, have: int, endpoint: str) -> CannotFetch:
    if not have:
        return _unreachable(endpoint)
    return CannotFetch(
        f"The download of {file.name} was interrupted at {have / 1e6:.1f} of {file.size / 1e6:.1f} MB;"
        " run the command again to resume it."
    )
