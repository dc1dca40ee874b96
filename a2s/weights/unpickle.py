"""Opening foreign PyTorch checkpoints: tensors come out of them, nothing in them runs.

A checkpoint is a pickle, and a pickle may name any function to be called. torch's restricted unpickler
(`weights_only=True`) calls none but its own few. Genuine files of Lightning and of EgoVLP's trainer carry, beside their
weights, the names of some classes; those few are met by a stand-in that holds nothing and does nothing. Every other
name is refused. There is no other way in: what the restricted unpickler does not open stays closed.
"""

from __future__ import annotations

import io
import pickletools
import zipfile
from pathlib import Path

import torch
from torch.serialization import get_unsafe_globals_in_checkpoint, safe_globals

from a2s.errors import BadCheckpoint


class Inert:
    """What a harmless class becomes: made of anything, given any state, keeping neither."""

    def __new__(cls, *arguments):
        return super().__new__(cls)

    def __init__(self, *arguments):
        pass

    def __setstate__(self, state):
        pass


STAND_INS = {
    # Lightning 1.2 keys what callbacks remember by their class, and keeps the best score as a numpy scalar.
    "pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint": Inert,
    "pytorch_lightning.callbacks.early_stopping.EarlyStopping": Inert,
    "pytorch_lightning.utilities.parsing.AttributeDict": dict,
    "numpy.core.multiarray.scalar": Inert,
    "numpy._core.multiarray.scalar": Inert,
    "numpy.dtype": Inert,
    # EgoVLP's trainer, which AV-Sim descends from, stores its configuration object with the weights.
    "parse_config.ConfigParser": Inert,
    "pathlib.PosixPath": Inert,
    "argparse.Namespace": Inert,
}
"""Full names that may stand beside the weights, and what each becomes."""

ZIP = b"PK\x03\x04"


def open_checkpoint(path: str | Path) -> dict:
    """The dictionary that `torch.save` wrote, tensors on the CPU and mapped from the file where its format allows it.

    Formats: torch's zip, and the pickles without a zip that came before it. Raises BadCheckpoint that names what is
    refused, or says that the file is damaged or no checkpoint.
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
    except Exception as error:  # whatever a foreign pickle trips over, the file is at fault
        if refused := _foreign_names(path, zipped):
            raise BadCheckpoint(_refusal(path, refused)) from error
        raise BadCheckpoint(f"The file {path} is damaged, or no PyTorch checkpoint.") from error
    if not isinstance(content, dict):
        raise BadCheckpoint(f"The file {path} holds no dictionary of weights.")
    return content


def _refusal(path: Path, names: list[str]) -> str:
    listed = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return f"The file {path} is refused, nothing in it was run: beside weights it asks for {listed}."


def _foreign_names(path: Path, zipped: bool) -> list[str]:
    """Full names that a checkpoint's pickles ask for and that neither torch nor we know, read without running them."""
    names, words = [], []
    try:
        with zipfile.ZipFile(path) if zipped else open(path, "rb") as opened:
            file = io.BytesIO(opened.read(_member(opened, "data.pkl"))) if zipped else opened
            while True:  # an old checkpoint is several pickles in a row, then raw numbers
                for code, argument, _ in pickletools.genops(file):
                    if code.name == "GLOBAL":
                        names.append(argument.replace(" ", ".").replace("__builtin__", "builtins"))
                    elif code.name == "STACK_GLOBAL":
                        names.append(".".join(words[-2:]))
                    elif isinstance(argument, str):
                        words.append(argument)
    except Exception:  # the numbers have begun, or it never was a pickle
        pass
    known = ("torch.", "collections.OrderedDict", *STAND_INS)
    return sorted({name for name in names if not name.startswith(known)})


def _member(opened: zipfile.ZipFile, name: str) -> str:
    return next(member for member in opened.namelist() if member.endswith("/" + name))
