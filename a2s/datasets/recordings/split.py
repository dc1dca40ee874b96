"""The object that a recording belongs to, and its split. Both depend on the file's name alone, so they never change."""

from __future__ import annotations

import re
import zlib
from pathlib import PurePath

OTHER_MAKERS = ("cdda_cc_sounds", "antumdeluge_sounds", "open_source_drumkit")
"""Sources whose events are for tests alone: other people, rooms and microphones."""

SPLITS = ("train", "held_out", "spare", "other_makers")
"""train: may be trained on. held_out: a fifth of the objects, for tests. spare: takes of a training object
that a finer grouping holds out (`finer_group`); for neither. other_makers: for tests on other recordists."""

_TAKE = re.compile(r"[-_. ]*\d+[a-z]?$")
_LAYER = re.compile(r"(_vl\d+)?_rr\d+$")


def object_of(source: str, file: str) -> str:
    """The object that a file is a take of, `source:name`: takes, round robins and velocities are one object."""
    stem = PurePath(file).stem
    if source in ("body_percussion", "gogodze_drums"):
        name = _LAYER.sub("", stem)
    elif source == "dim_cabasa":
        name = stem[:2]  # one instrument, played forwards or backwards
    elif source == "kbsim_keys":
        name = "__".join(stem.split("__")[:2])  # one keyboard, pressed or let go
    elif source == "esc10":
        name = "-".join(stem.split("-")[:2])  # one upload, cut into letters
    else:
        name = _TAKE.sub("", stem)
    return f"{source}:{name}"


def split_of(source: str, file: str, ambience: bool = False) -> str:
    """One of SPLITS. ambience: a place, not an event; of other makers' only the events are kept from training."""
    if source == "esc10":  # folds 1 and 2 train, fold 3 is the data set's own test
        return "held_out" if PurePath(file).name.startswith("3-") else "train"
    if source in OTHER_MAKERS and not ambience:
        return "other_makers"
    if _fifth(object_of(source, file)):
        return "held_out"
    return "spare" if _fifth(finer_group(source, file)) else "train"


def finer_group(source: str, file: str) -> str:
    """A group that may be smaller than the object: layers of one velocity, one key. Measures of identity use it."""
    return f"{source}:" + re.sub(r"[-_ ]*\d+[a-z]?$", "", PurePath(file).stem)


def _fifth(key: str) -> bool:
    return zlib.crc32(key.encode()) % 5 == 0
