"""Builds the bank of a visit from what was uploaded. Nothing here trusts a file's name or content."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from a2s.ambient import AmbientBank
from a2s.ambient.archive import entries, unpack
from a2s.ambient.bank import About
from a2s.ambient.excerpts import cuts
from a2s.audio.resampling import at_rate
from a2s.errors import A2SError, BankError, TooLarge
from a2s.settings import AUDIO, Limits
from a2s.ui import text
from a2s.ui.state import Visit
from a2s.ui.worker import Emit, ProgressReport

if TYPE_CHECKING:
    import numpy as np

    from a2s.pipelines import AVLDMPipeline

    Piece = tuple[np.ndarray, str, str]  # waveform, name, kind

BANK_SUFFIXES = {".json", ".flac", ".faiss"}
"""Files of a saved bank."""


def unpack_uploads(visit: Visit, uploads: list[str], folder: Path) -> list[Path]:
    """All uploaded files, each in a numbered subfolder of its own, zips unpacked. Raises BankError, TooLarge."""
    from a2s.ambient.recordings import RECORDINGS

    found = []
    for number, upload in enumerate(uploads):
        file, target = visit.receive(upload, "upload"), folder / f"{number}"
        try:
            if Path(upload).suffix.lower() == ".zip":
                inside = entries(file, visit.limits)
                visit.check_room(sum(entry.file_size for entry in inside))
                is_bank = "metadata.json" in {Path(entry.filename).name for entry in inside}
                found += unpack(file, target, BANK_SUFFIXES if is_bank else RECORDINGS, visit.limits)
            else:
                target.mkdir()
                copy = target / (Path(upload).name[-80:] or "recording")
                shutil.copyfile(file, copy)
                found.append(copy)
        finally:
            file.unlink(missing_ok=True)
    if not found:
        raise BankError("The upload contains no recordings.")
    return found


def load_saved_bank(folder: Path, visit: Visit, pipe: AVLDMPipeline) -> tuple[AmbientBank, str]:
    """A saved bank, moved into the visit's folder; embeddings by another model are computed again. Returns (bank,
    what was done)."""
    kept = visit.next_path("bank")
    shutil.move(folder, kept)
    try:
        bank = AmbientBank.load(kept)
        if bank.model_hash == pipe.model_hash:
            return bank, "loaded"
        return bank.embedded(pipe.embed_audio, pipe.model_hash), "loaded; embeddings computed again for this model"
    except A2SError:
        shutil.rmtree(kept, ignore_errors=True)
        raise


def build_bank(
    files: list[Path],
    folder: Path,
    base: AmbientBank | None,
    built_in: AmbientBank,
    pipe: AVLDMPipeline,
    limits: Limits,
    emit: Emit,
) -> AmbientBank:
    """The excerpts of every recording below `folder` as clips, added to `base`; without a base, with the low-ambient
    clip of the built-in bank. Raises TooLarge, UnreadableAudio."""
    if len(files) > limits.max_recordings:
        most, raised = limits.max_recordings, limits.raised_by("max_recordings")
        raise TooLarge(f"There are {len(files)} recordings; at most {most} are allowed at once ({raised}).")
    rate = built_in.sample_rate if base is None else base.sample_rate
    pieces = _excerpts(files, folder, rate, limits, emit)
    emit(ProgressReport("Computing embeddings", 0.92, text.count(len(pieces), "clip")))
    if base is not None:
        for waveform, name, kind in pieces:
            base = base.add(waveform, name, pipe.embed_audio(at_rate(waveform, rate, AUDIO.sample_rate)), kind)
        return base
    described = [
        (waveform, About(name=name, kind=kind, author="", licence="own recording")) for waveform, name, kind in pieces
    ]
    if not any(kind == "quiet" for _, _, kind in pieces):  # an amount of 0 needs a clip without ambience
        low = built_in.low_ambient
        facts = About(name=low.name, kind="quiet", author=low.author, licence=low.licence)
        described.append((built_in.waveform(low.id), facts))
    return AmbientBank.of(described, rate).embedded(pipe.embed_audio, pipe.model_hash)


def _excerpts(files: list[Path], folder: Path, sample_rate: int, limits: Limits, emit: Emit) -> list[Piece]:
    from a2s.io import display_name
    from a2s.media import read_audio

    pieces = []
    for number, file in enumerate(files):
        emit(ProgressReport("Reading the recordings", 0.9 * number / len(files), display_name(file.stem)[:40]))
        waveform = read_audio(file, sample_rate, max_seconds=limits.max_ambient_seconds)
        kind = file.parent.name if len(file.relative_to(folder).parts) > 2 else "own"
        excerpts = cuts(waveform, sample_rate)
        for which, piece in excerpts.items():
            name = display_name(file.stem).replace("_", " ") + (f", {which}" if len(excerpts) > 1 else "")
            pieces.append((waveform[piece], name[:80], kind[:40]))
    return pieces
