"""What the Bank tab does: list, show, build, save, load. A bank that is built or loaded belongs to the visit alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import gradio as gr
import numpy as np

from a2s.ambient import AmbientBank
from a2s.ambient.archive import entries, unpack
from a2s.ambient.excerpts import cuts
from a2s.errors import A2SError, BankError, TooLarge
from a2s.settings import AUDIO, LIMITS
from a2s.ui import text
from a2s.ui.bank.media_cache import MediaCache
from a2s.ui.dub.worker import Report, Worker
from a2s.ui.engine import Engine
from a2s.ui.parts.progress import job
from a2s.ui.state import Visit, Visits

SORTS = {"level": "Level, loudest first", "calm": "Level, softest first", "kind": "Kind", "name": "Name"}
_KEYS: dict[str, Callable] = {
    "level": lambda clip: -clip.level_db,
    "calm": lambda clip: clip.level_db,
    "kind": lambda clip: (clip.kind, clip.name),
    "name": lambda clip: clip.name.lower(),
}
MAX_RECORDINGS = LIMITS.max_recordings
"""Recordings a bank is built of on the page; the command line takes any number."""

REPLACE, ADD = "replace", "add"


class BankHandlers:
    """Handlers of the Bank tab."""

    def __init__(self, engine: Engine, visits: Visits) -> None:
        self.engine, self.visits, self.shelf = engine, visits, MediaCache(visits)

    def list(self, words: str, sort: str, request: gr.Request):
        """Returns (cards of every clip that has these words, what the bank is)."""
        visit = self.visits.of(request.session_hash)
        bank = self.engine.bank_of(visit)
        wanted = str(words or "").lower().split()
        clips = sorted(bank.clips, key=_KEYS.get(sort, _KEYS["level"]))
        found = [clip for clip in clips if all(word in f"{clip.name} {clip.kind}".lower() for word in wanted)]
        items = [
            text.card(clip.id, clip.name, clip.kind, clip.level_db, None)
            | {"score": text.seconds(clip.seconds), "chosen": clip.id == visit.chosen}
            | self.shelf.addresses(visit, bank, clip)
            for clip in found
        ]
        return {"items": items}, text.bank_note(bank, own=visit.bank is not None, shown=len(found))

    def show(self, event: gr.EventData, request: gr.Request):
        """A clip was chosen in the list. Returns (spectrogram, what is known of it, its id)."""
        from a2s.ui.plots import mel_figure, save_figure

        visit, clip, bank = self._clip(event.clip, request)
        for old in visit.folder.glob("spectrogram-*.png"):
            old.unlink()
        path = visit.next_path("spectrogram", ".png")  # a new name, so that no browser shows an old picture
        save_figure(mel_figure(_mel(bank.waveform(clip.id))), path)
        return str(path), text.clip_facts(clip), clip.id

    def use(self, clip_id: str, request: gr.Request) -> str:
        """The clip becomes the ambience of the dub. Returns what is known of it."""
        visit, clip, _ = self._clip(clip_id, request)
        visit.choose(clip.id)
        gr.Info(f"{clip.name} is the ambience of your dub now.", duration=4)
        return text.clip_facts(clip)

    def _clip(self, clip_id: str, request: gr.Request):
        visit = self.visits.of(request.session_hash)
        bank = self.engine.bank_of(visit)
        return visit, bank[str(clip_id)], bank

    def build(self, uploads: list[str] | None, mode: str, request: gr.Request) -> Iterator[dict]:
        """Recordings, zips of them, or a saved bank become the bank of this visit. Yields progress."""
        visit = self.visits.of(request.session_hash)
        if not uploads:
            raise A2SError("Drop recordings first, a zip of them, or a bank that was saved.")
        work = visit.next_path("build")
        try:
            with Worker(lambda tell: self._built(visit, uploads, mode, work, tell)) as worker:
                for report in worker:
                    yield job("running", report.stage, report.detail, done=report.done)
                visit.bank, note = worker.result
        finally:
            shutil.rmtree(work, ignore_errors=True)
        yield job("done", f"{text.count(len(visit.bank), 'clip')} in your bank", note, done=1.0)

    def _built(self, visit: Visit, uploads: list[str], mode: str, work: Path, tell) -> tuple[AmbientBank, str]:
        pipe, shipped = self.engine.parts(visit.model)
        work.mkdir()
        files = _unpacked(visit, uploads, work)
        saved = next((file for file in files if file.name == "metadata.json"), None)
        if saved is not None:
            tell(Report("Reading the bank", 0.2, ""))
            return self._loaded(saved.parent, visit, pipe)
        files = [file for file in files if file.suffix.lower() != ".json"]
        if len(files) > MAX_RECORDINGS:
            raise TooLarge(f"These are {len(files)} recordings; at most {MAX_RECORDINGS} are taken at once.")
        base = self.engine.bank_of(visit) if mode == ADD else None
        bank = _bank_of(files, work, base, shipped, pipe, tell)
        return bank, f"from {text.count(len(files), 'recording')}"

    def _loaded(self, folder: Path, visit: Visit, pipe) -> tuple[AmbientBank, str]:
        """A saved bank, moved to a folder that stays; embeddings by another model are made anew."""
        kept = visit.next_path("bank")
        shutil.move(folder, kept)
        try:
            bank = AmbientBank.load(kept)
            if bank.model_hash == pipe.model_hash:
                return bank, "loaded"
            return bank.embedded(pipe.embed_audio, pipe.model_hash), "loaded; its embeddings were made anew"
        except A2SError:
            shutil.rmtree(kept, ignore_errors=True)
            raise

    def save(self, request: gr.Request):
        """The bank as a zip to take away."""
        visit = self.visits.of(request.session_hash)
        folder, target = visit.next_path("saved"), visit.next_path("zip")
        self.engine.bank_of(visit).save(folder)
        target.mkdir()
        made = shutil.make_archive(str(target / "a2s-bank"), "zip", folder)
        shutil.rmtree(folder, ignore_errors=True)
        return gr.DownloadButton(value=made, visible=True, interactive=True)

    def reset(self, request: gr.Request) -> dict:
        """Back to the bank that comes along. Returns progress."""
        self.visits.of(request.session_hash).bank = None
        return job("idle", "The bank that comes along")


def _unpacked(visit: Visit, uploads: list[str], work: Path) -> list[Path]:
    """All plain files that were handed in, zips unpacked; names are kept for display, each in a folder of its own."""
    from a2s.ambient.recordings import RECORDINGS

    found = []
    for number, upload in enumerate(uploads):
        file, folder = visit.receive(upload, "upload"), work / f"{number}"
        try:
            if Path(upload).suffix.lower() == ".zip":
                inside = entries(file)
                visit.need_room(sum(entry.file_size for entry in inside))
                is_bank = "metadata.json" in {Path(entry.filename).name for entry in inside}
                saved = {".json", ".flac", ".faiss"} if is_bank else RECORDINGS
                found += unpack(file, folder, saved)
            else:
                folder.mkdir()
                shutil.copyfile(file, folder / (Path(upload).name[-80:] or "recording"))
                found.append(folder / (Path(upload).name[-80:] or "recording"))
        finally:
            file.unlink(missing_ok=True)
    if not found:
        raise BankError("There are no recordings in it.")
    return found


def _bank_of(files: list[Path], work: Path, base: AmbientBank | None, shipped: AmbientBank, pipe, tell) -> AmbientBank:
    """Every recording's cuts as clips, on top of `base`; without one, beside the shipped low-ambient clip."""
    from a2s.media import read_audio
    from a2s.media.files import shown

    pieces = []
    for number, file in enumerate(files):
        tell(Report("Listening", 0.9 * number / len(files), shown(file.stem)[:40]))
        wave = read_audio(file, AUDIO.sample_rate, max_seconds=LIMITS.max_ambient_seconds)
        kind = file.parent.name if len(file.relative_to(work).parts) > 2 else "own"
        found = cuts(wave)
        for which, piece in found.items():
            name = shown(file.stem).replace("_", " ") + (f", {which}" if len(found) > 1 else "")
            pieces.append((wave[piece], name[:80], kind[:40]))
    tell(Report("Measuring", 0.92, text.count(len(pieces), "clip")))
    if base is not None:
        for wave, name, kind in pieces:
            base = base.add(wave, name, pipe.embed_audio(wave), kind)
        return base
    about = [
        (wave, {"name": name, "kind": kind, "author": "", "licence": "own recording"}) for wave, name, kind in pieces
    ]
    if not any(kind == "quiet" for _, _, kind in pieces):  # "only the action" needs a clip without ambience
        low = shipped.low_ambient
        known = {"name": low.name, "kind": "quiet", "author": low.author, "licence": low.licence}
        about.append((shipped.waveform(low.id), known))
    return AmbientBank.of(about).embedded(pipe.embed_audio, pipe.model_hash)


def _mel(waveform: np.ndarray) -> np.ndarray:
    """(128, T) of (n,) float32 at 16 kHz."""
    import torch

    from a2s.audio.mel import mel_spectrogram

    with torch.inference_mode():
        return mel_spectrogram(torch.from_numpy(np.asarray(waveform, np.float32))).numpy()
