"""Handlers of the Bank tab. A bank that is built or loaded belongs to one visit alone."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from a2s.ambient import AmbientBank
from a2s.errors import A2SError
from a2s.settings import AudioSpec
from a2s.ui import text
from a2s.ui.bank.building import build_bank, load_saved_bank, unpack_uploads
from a2s.ui.engine import Engine
from a2s.ui.media_cache import MediaCache
from a2s.ui.parts.job_progress import Progress, progress
from a2s.ui.state import Visit, Visits
from a2s.ui.worker import Emit, ProgressReport, Worker

if TYPE_CHECKING:
    from a2s.ambient.clip import AmbientClip

SORTS = {"level": "Level, loudest first", "softest": "Level, softest first", "kind": "Kind", "name": "Name"}
_SORT_KEYS: dict[str, Callable[[AmbientClip], Any]] = {  # Any: something that sorts
    "level": lambda clip: -clip.level_db,
    "softest": lambda clip: clip.level_db,
    "kind": lambda clip: (clip.kind, clip.name),
    "name": lambda clip: clip.name.lower(),
}
REPLACE, ADD = "replace", "add"


class BankHandlers:
    """Handlers of the Bank tab."""

    def __init__(self, engine: Engine, visits: Visits) -> None:
        self.engine, self.visits, self.media = engine, visits, MediaCache(visits)

    def list_clips(self, words: str, sort: str, request: gr.Request) -> tuple[dict, str]:
        """The clips whose name or kind has these words. Returns (cards, note about the bank)."""
        visit = self.visits.of(request.session_hash)
        bank = self.engine.bank_of(visit)
        wanted = str(words or "").lower().split()
        clips = sorted(bank.clips, key=_SORT_KEYS.get(sort, _SORT_KEYS["level"]))
        found = [clip for clip in clips if all(word in f"{clip.name} {clip.kind}".lower() for word in wanted)]
        items = [
            text.card(clip.id, clip.name, clip.kind, clip.level_db, None)
            | {"score": text.seconds(clip.seconds), "chosen": clip.id == visit.chosen_clip}
            | self.media.urls(visit, bank, clip)
            for clip in found
        ]
        return {"items": items}, text.bank_note(bank, own=visit.bank is not None, shown=len(found))

    def show(self, event: gr.EventData, request: gr.Request) -> tuple[str, str, str]:
        """A clip was chosen in the list. Returns (spectrogram, facts, its id)."""
        from a2s.ui.plots import mel_figure, save_figure, waveform_mel

        visit, bank, clip = self._clip(event.clip, request)
        for old in visit.folder.glob("spectrogram-*.png"):
            old.unlink()
        path = visit.next_path("spectrogram", ".png")  # a new name, so that no browser shows an old picture
        spec = AudioSpec.at_rate(bank.sample_rate)
        save_figure(mel_figure(waveform_mel(bank.waveform(clip.id), spec), spec=spec), path)
        return str(path), text.clip_facts(clip), clip.id

    def use(self, clip_id: str, request: gr.Request) -> str:
        """Choose the clip as the ambience of the dub. Returns facts."""
        visit, _, clip = self._clip(clip_id, request)
        visit.choose(clip.id)
        gr.Info(f"{clip.name} selected.", duration=4)
        return text.clip_facts(clip)

    def _clip(self, clip_id: str, request: gr.Request) -> tuple[Visit, AmbientBank, AmbientClip]:
        visit = self.visits.of(request.session_hash)
        bank = self.engine.bank_of(visit)
        return visit, bank, bank[str(clip_id)]

    def build(self, uploads: list[str] | None, mode: str, request: gr.Request) -> Iterator[Progress]:
        """Recordings, zips of them, or a saved bank become the bank of this visit. Yields progress."""
        visit = self.visits.of(request.session_hash)
        if not uploads:
            raise A2SError("Upload recordings first, a zip of them, or a saved bank.")
        work_folder = visit.next_path("build")
        try:
            with Worker(lambda emit: self._build(visit, uploads, mode, work_folder, emit)) as worker:
                for event in worker:
                    if isinstance(event, ProgressReport):
                        yield progress("running", event.stage, event.detail, done=event.done)
                visit.bank, note = worker.result
        finally:
            shutil.rmtree(work_folder, ignore_errors=True)
        yield progress("done", f"{text.count(len(visit.bank), 'clip')} in your bank", note, done=1.0)

    def _build(
        self, visit: Visit, uploads: list[str], mode: str, work_folder: Path, emit: Emit
    ) -> tuple[AmbientBank, str]:
        """(bank, where it is from)"""
        pipe, built_in = self.engine.load(visit.model)
        work_folder.mkdir()
        files = unpack_uploads(visit, uploads, work_folder)
        saved = next((file for file in files if file.name == "metadata.json"), None)
        if saved is not None:
            emit(ProgressReport("Reading the bank", 0.2, ""))
            return load_saved_bank(saved.parent, visit, pipe)
        files = [file for file in files if file.suffix.lower() != ".json"]
        base = self.engine.bank_of(visit) if mode == ADD else None
        bank = build_bank(files, work_folder, base, built_in, pipe, visit.limits, emit)
        return bank, f"from {text.count(len(files), 'recording')}"

    def save(self, request: gr.Request) -> gr.DownloadButton:
        """The bank as a zip."""
        visit = self.visits.of(request.session_hash)
        folder, target = visit.next_path("saved"), visit.next_path("zip")
        self.engine.bank_of(visit).save(folder)
        target.mkdir()
        archive = shutil.make_archive(str(target / "a2s-bank"), "zip", folder)
        shutil.rmtree(folder, ignore_errors=True)
        return gr.DownloadButton(value=archive, visible=True, interactive=True)

    def reset(self, request: gr.Request) -> Progress:
        """Return to the built-in bank."""
        self.visits.of(request.session_hash).bank = None
        return progress("idle", "Built-in bank")
