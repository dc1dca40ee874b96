"""Open PyTorch checkpoints of others: tensors are read, nothing in the file is executed.

A checkpoint is a pickle, and a pickle may name any function to call. torch's restricted unpickler (`weights_only=True`)
calls only its own few. Genuine files of Lightning and of EgoVLP's trainer also name some classes beside the weights; an
empty class replaces each of those. Every other name is refused, and there is no fallback.
"""

from __future__ import annotations

import io
import pickletools
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch.serialization import get_unsafe_globals_in_checkpoint, safe_globals

from a2s.errors import BadCheckpoint


class Inert:
    """Replaces a harmless class. It takes any arguments and any state, and drops them."""

    def __new__(cls, *arguments: object) -> Inert:
        return super().__new__(cls)

    def __init__(self, *arguments: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        pass


STAND_INS = {
    # Lightning 1.2 stores the state of callbacks by their class, and the best score as a numpy scalar.
    "pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint": Inert,
    "pytorch_lightning.callbacks.early_stopping.EarlyStopping": Inert,
    "pytorch_lightning.utilities.parsing.AttributeDict": dict,
    "numpy.core.multiarray.scalar": Inert,
    "numpy._core.multiarray.scalar": Inert,
    "numpy.dtype": Inert,
    # EgoVLP's trainer, the ancestor of AV-Sim's, stores its configuration object with the weights.
    "parse_config.ConfigParser": Inert,
    "pathlib.PosixPath": Inert,
    "argparse.Namespace": Inert,
}
"""Full names of classes that may be beside the weights, and the class that replaces each."""

ZIP = b"PK\x03\x04"


def open_checkpoint(path: str | Path) -> dict[str, Any]:
    """Return the dictionary that `torch.save` wrote. Tensors are on the CPU, mapped from the file if it is a zip.

    Formats: torch's zip, and the older plain pickles. Raises BadCheckpoint for a file that is unsafe (it names what was
    refused), damaged or no checkpoint.
    """
    path = Path(path)
    try:
        with open(path, "rb") as file:
            zipped = file.read(len(ZIP)) == ZIP
    except OSError as error:
        raise BadCheckpoint(f"The checkpoint {path} cannot be read.") from error
    try:
        names = get_unsafe_globals_in_checkpoint(path) if zipped else []
        if refused := sorted(set(names) - set(STAND_INS)):
            raise BadCheckpoint(_refusal(path, refused))
        with safe_globals([(stand_in, name) for name, stand_in in STAND_INS.items()]):
            content = torch.load(path, map_location="cpu", weights_only=True, mmap=zipped)
    except BadCheckpoint:
        raise
    except Exception as error:  # a broken pickle can raise anything, and the file is at fault
        if refused := _foreign_names(path, zipped):
            raise BadCheckpoint(_refusal(path, refused)) from error
        raise BadCheckpoint(f"The file {path} is damaged or is no PyTorch checkpoint.") from error
    if not isinstance(content, dict):
        raise BadCheckpoint(f"The file {path} contains no dictionary of weights.")
    return content


def _refusal(path: Path, names: list[str]) -> str:
    listed = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return f"The file {path} is refused and was not executed: besides weights, it names {listed}."


def _foreign_names(path: Path, zipped: bool) -> list[str]:
    """Full names in a checkpoint's pickles that neither torch nor `STAND_INS` has, read without executing them."""
    names: list[str] = []
    words: list[str] = []
    try:
        with _pickle_of(path, zipped) as file:
            while True:  # an old checkpoint is several pickles, then raw numbers
                for code, argument, _ in pickletools.genops(file):
                    if code.name == "GLOBAL":
                        names.append(str(argument).replace(" ", ".").replace("__builtin__", "builtins"))
                    elif code.name == "STACK_GLOBAL":
                        names.append(".".join(words[-2:]))
                    elif isinstance(argument, str):
                        words.append(argument)
    except Exception:  # the raw numbers begin here, or it is no pickle
        pass
    known = ("torch.", "collections.OrderedDict", *STAND_INS)
    return sorted({name for name in names if not name.startswith(known)})


def _pickle_of(path: Path, zipped: bool) -> BinaryIO:
    if not zipped:
        return open(path, "rb")
    with zipfile.ZipFile(path) as archive:
        name = next(member for member in archive.namelist() if member.endswith("/data.pkl"))
        return io.BytesIO(archive.read(name))
