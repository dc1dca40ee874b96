"""Downloading the authors' files from the Hugging Face Hub, to be imported. Nothing here happens unasked."""

from __future__ import annotations

import errno
import shutil
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from a2s.errors import BadSettings, CannotFetch, CannotWrite
from a2s.weights.registry import INDEX, MODELS, Model, check_import, sha256_of

REVISION = "main"
"""What is asked for when no revision is given; it is resolved to a commit once, and all files are of that commit."""
NEEDED = ("epoch=000007.ckpt", "av.pth")
WELCOME = ("hifi-gan.pth", "hifi-gan.json")
ROOM_TO_SPARE = 200_000_000


@dataclass(frozen=True)
class RemoteFile:
    """path: inside the repository. size: bytes. sha256: as the Hub states it, None for small files."""

    path: str
    size: int
    sha256: str | None

    @property
    def name(self) -> str:
        return PurePosixPath(self.path).name


@dataclass(frozen=True)
class Offer:
    """What a repository holds of a model at one commit. licence: as its card states it, or None."""

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


def fetch(
    name: str,
    revision: str = REVISION,
    dtype: str = "float32",
    *,
    endpoint: str | None = None,
    tell=print,
) -> Path:
    """Download a known model's files, import them to its folder, remove the downloads. Returns the folder.

    revision: branch, tag or commit. dtype: of the imported weights. endpoint: another Hub's address; HF_ENDPOINT or
    huggingface.co if None. tell(text): hears what is fetched, under which licence, before it is. A download that
    broke off is taken up where it stopped. Raises BadSettings, CannotFetch, CannotWrite, BadCheckpoint.
    """
    model = _fetchable(name)
    if (model.folder / INDEX).is_file():
        tell(f"{model.folder} is here already; `weights verify {name}` checks it, remove the folder to fetch it again.")
        return model.folder
    check_import(model.folder, dtype)
    offer = look_up(model.repository, revision, endpoint)
    tell(str(offer))
    sources = model.folder.with_name(f"{name}.download")
    folder = sources / offer.commit
    check_room(model.folder.parent, offer, folder, half=dtype == "float16")
    _forget_other_commits(sources, offer.commit)
    paths = [download(offer, file, folder, endpoint) for file in offer.files]
    # Only now: torch takes seconds to load, and a missing network is to be said at once.
    from a2s.weights.importing import import_release

    tell(f"downloaded to {folder}, where the files stay until they are imported")
    origin = {"repository": offer.repository, "commit": offer.commit, "licence": offer.licence}
    import_release(paths, model.folder, dtype, origin=origin, tell=tell)
    shutil.rmtree(sources, ignore_errors=True)
    return model.folder


def _fetchable(name: str) -> Model:
    model = MODELS.get(name)
    if model is None:
        raise BadSettings(f"There is no model {name!r} to fetch; `weights list` names them.")
    if model.repository is None:
        raise BadSettings(f"Nothing is fetched for {name}. {model.missing}")
    return model


def look_up(repository: str, revision: str = REVISION, endpoint: str | None = None) -> Offer:
    """Ask the Hub once what `revision` is now and which files it has. Raises CannotFetch."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import GatedRepoError, HTTPError, RepositoryNotFoundError, RevisionNotFoundError

    api = HfApi(endpoint=endpoint)
    try:
        info = api.model_info(repository, revision=revision, files_metadata=True, timeout=30)
    except RevisionNotFoundError as error:
        raise CannotFetch(f"{repository} has no revision {revision!r}.") from error
    except GatedRepoError as error:
        raise CannotFetch(
            f"{repository} asks for an agreement first: give it on https://huggingface.co/{repository}, then"
            " `hf auth login`."
        ) from error
    except RepositoryNotFoundError as error:
        raise CannotFetch(f"{api.endpoint} shows no repository {repository}.") from error
    except (HTTPError, OSError) as error:
        raise _no_way(api.endpoint) from error
    deepest_first = sorted(info.siblings or [], key=lambda file: -file.rfilename.count("/"))
    there = {PurePosixPath(file.rfilename).name: file for file in deepest_first}
    if absent := [name for name in NEEDED if name not in there]:
        raise CannotFetch(f"{repository} at {info.sha} holds no {' and no '.join(absent)}, so it cannot be imported.")
    files = tuple(
        RemoteFile(file.rfilename, file.size or 0, file.lfs.sha256 if file.lfs else None)
        for file in (there[name] for name in (*NEEDED, *WELCOME) if name in there)
    )
    licence = (info.card_data or {}).get("license")
    return Offer(repository, info.sha, str(licence)[:100] if licence else None, files)


def _no_way(endpoint: str) -> CannotFetch:
    return CannotFetch(
        f"{endpoint} cannot be reached, and fetching needs the internet; who has the files uses `weights import`."
    )


def check_room(target: Path, offer: Offer, folder: Path, half: bool) -> None:
    """Hold the free disk space against what is still to come and what the import makes of it. Raises CannotWrite."""
    here = sum(_size(path) for path in folder.glob("*")) if folder.is_dir() else 0
    need = offer.bytes - here + offer.bytes // (2 if half else 1) + ROOM_TO_SPARE
    try:
        target.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(target).free
    except OSError as error:
        raise CannotWrite(f"The folder {target} cannot be written to.") from error
    if free < need:
        raise CannotWrite(f"{target} has {free / 1e9:.1f} GB free; download and import need {need / 1e9:.1f} GB.")


def _forget_other_commits(sources: Path, commit: str) -> None:
    """What was begun of another commit is of no use any more."""
    for old in sources.glob("*"):
        if old.name != commit:
            shutil.rmtree(old, ignore_errors=True)


def download(offer: Offer, file: RemoteFile, folder: Path, endpoint: str | None = None) -> Path:
    """Bring one file to `folder`, going on from what is there of it. Raises CannotFetch, CannotWrite.

    The Hub client's own `hf_hub_download` begins anew when its process was ended: it keeps no part of a file. Its
    `http_get` can be handed the part that is there; it tries again by itself, and loses at most its last 10 MB.
    """
    from huggingface_hub import HfApi, hf_hub_url
    from huggingface_hub.errors import HTTPError
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers, logging

    logging.set_verbosity_error()  # each new try would be a line across the progress bar
    path, part = folder / file.name, folder / f"{file.name}.part"
    if path.is_file():
        return path
    endpoint = HfApi(endpoint=endpoint).endpoint
    url = hf_hub_url(offer.repository, file.path, revision=offer.commit, endpoint=endpoint)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part.touch()
        if _size(part) > file.size:
            part.write_bytes(b"")
        while (have := _size(part)) < file.size:
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
                if _size(part) <= have:  # not a byte more: there is no point in asking again
                    raise _broken_off(file, have, endpoint) from error
        if file.sha256 and sha256_of(part) != file.sha256:
            part.unlink()
            raise CannotFetch(f"{file.name} came damaged and was removed; run the same command again.")
        return part.rename(path)
    except OSError as error:
        raise CannotWrite(f"The download cannot be written to {folder}: {error.strerror or error}.") from error


def _broken_off(file: RemoteFile, have: int, endpoint: str) -> CannotFetch:
    if not have:
        return _no_way(endpoint)
    return CannotFetch(
        f"The download of {file.name} broke off at {have / 1e6:.1f} of {file.size / 1e6:.1f} MB;"
        " the same command goes on from there."
    )


def _size(path: Path) -> int:
    return path.stat().st_size
