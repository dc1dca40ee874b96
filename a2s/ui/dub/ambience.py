"""Which ambience, and how much of it. A browser can choose only what it was offered."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np

from a2s.audio.levels import db_to_amplitude
from a2s.audio.resampling import at_rate
from a2s.errors import A2SError
from a2s.pipelines.ambience import ambience_at
from a2s.settings import AUDIO
from a2s.ui import text
from a2s.ui.dub.scene_changes import choose_at, find_scene_changes, scene_change_items
from a2s.ui.engine import Engine
from a2s.ui.gradio_compat.files import file_url
from a2s.ui.media_cache import MediaCache, write_clip_media
from a2s.ui.state import Visit, Visits
from a2s.ui.state.records import OWN_RECORDING, OwnRecording

if TYPE_CHECKING:
    from a2s.ambient import AmbientBank
    from a2s.pipelines import AVLDMPipeline

MAX_CARDS = 10
"""Cards that are shown at once."""

Cards = dict[str, Any]  # Any: the value of AmbienceCards


class AmbienceHandlers:
    """Handlers of the Ambience section."""

    def __init__(self, engine: Engine, visits: Visits) -> None:
        self.engine, self.visits, self.media = engine, visits, MediaCache(visits)

    def refresh(self, words: str, k: int, amount: float, request: gr.Request) -> tuple[Cards, str]:
        """After a video was analysed. Returns (cards, level note)."""
        return self.search(words, k, request), self.level(amount, request)

    def change_model(self, model: str, words: str, k: int, amount: float, request: gr.Request) -> tuple[Cards, str]:
        """After another model was chosen: its matches. Returns (cards, level note)."""
        self.match_with(self.visits.of(request.session_hash), model)
        return self.refresh(words, k, amount, request)

    def match_with(self, visit: Visit, model: str) -> None:
        """Rank ambiences with this model from now on. A clip that the user chose stays chosen."""
        from a2s.ambient.clip import fitted
        from a2s.media import read_audio

        pipe, _ = self.engine.load(model)
        visit.model = model
        visit.scene_changes = find_scene_changes(visit.motion, pipe) if visit.motion else ()
        if not visit.chosen_by_user:
            visit.chosen_clip = None  # `cards` chooses the best match
        if own := visit.own_recording:
            waveform = fitted(read_audio(own.sound, AUDIO.sample_rate, limits=visit.limits), AUDIO.sample_rate)
            visit.own_recording = replace(own, score=self._score(visit, waveform))

    def search(self, words: str, k: int, request: gr.Request) -> Cards:
        """The k best matches, or the clips whose name or kind has these words."""
        return self.cards(self.visits.of(request.session_hash), str(words or ""), k)

    def cards(self, visit: Visit, words: str = "", k: int = 5) -> Cards:
        """Value of the cards: what was searched for or matches best, the low-ambient clip, the user's recording, and
        always the chosen one; with the scene changes."""
        if visit.motion is None:
            return {"items": []}
        bank, scores = self.engine.bank_of(visit), self._scores(visit)
        ranked = sorted(bank.clips, key=lambda clip: -scores.get(clip.id, -2.0))
        if visit.chosen_clip != OWN_RECORDING and visit.chosen_clip not in {clip.id for clip in ranked}:
            visit.chosen_clip, visit.chosen_by_user = ranked[0].id, False  # another bank or another model
        wanted = words.lower().split()
        found = [clip for clip in ranked if all(word in f"{clip.name} {clip.kind}".lower() for word in wanted)]
        shown = found[: MAX_CARDS if wanted else max(1, min(int(k), MAX_CARDS))]
        for clip in (bank.low_ambient, *(clip for clip in ranked if clip.id == visit.chosen_clip)):
            if clip not in shown:
                shown.append(clip)
        items = [
            text.card(clip.id, clip.name, clip.kind, clip.level_db, scores.get(clip.id))
            | self.media.urls(visit, bank, clip)
            for clip in shown
        ]
        if own := visit.own_recording:
            urls = {"url": file_url(own.sound), "picture": file_url(own.thumbnail)}
            items.insert(0, text.card(OWN_RECORDING, own.name, "own recording", own.level_db, own.score) | urls)
        items = [{**item, "chosen": item["id"] == visit.chosen_clip} for item in items]
        return {"items": items, "changes": scene_change_items(visit, bank)}

    def _scores(self, visit: Visit) -> dict[str, float]:
        """Similarity of the video to every clip of the bank."""
        from a2s.ambient.retrieval import MAX_MATCHES
        from a2s.dubbing.analysis import retrieve

        pipe, _ = self.engine.load(visit.model)
        bank = self.engine.bank_of(visit)
        matches = retrieve(visit.need_motion(), min(len(bank.clips), MAX_MATCHES), pipe, bank)
        return {match.clip.id: match.score for match in matches}

    def choose(self, amount: float, event: gr.EventData, request: gr.Request) -> str:
        """An ambience was chosen. Returns the level note."""
        visit = self.visits.of(request.session_hash)
        known = {clip.id for clip in self.engine.bank_of(visit).clips}
        known |= {OWN_RECORDING} if visit.own_recording else set()
        if event.clip not in known:
            raise A2SError("That ambience is no longer on the page. Load the video again.")
        visit.choose(event.clip)
        return self.level(amount, request)

    def choose_at_scene_change(self, event: gr.EventData, request: gr.Request) -> None:
        """An ambience, or none, was chosen for a scene change."""
        visit = self.visits.of(request.session_hash)
        choose_at(visit, self.engine.bank_of(visit), event.time, event.clip)

    def upload_own(
        self, upload: str | None, words: str, k: int, amount: float, request: gr.Request
    ) -> tuple[Cards, str, gr.Button]:
        """The user's recording becomes the chosen ambience. Returns (cards, level note, the button that saves it)."""
        from a2s.ambient.clip import checked_waveform, fitted
        from a2s.audio.levels import level_db
        from a2s.media import read_audio

        visit = self.visits.of(request.session_hash)
        if upload is None:
            raise A2SError("Choose a recording first.")
        rate = self.engine.load(visit.model)[0].sample_rate
        raw = visit.receive(upload, "recording")
        try:
            waveform = read_audio(raw, rate, max_seconds=visit.limits.max_ambient_seconds, limits=visit.limits)
            waveform = checked_waveform(waveform, Path(upload).name, rate)
        except A2SError as error:
            raise type(error)(str(error).replace(raw.name, Path(upload).name)) from None
        finally:
            raw.unlink(missing_ok=True)
        sound, thumbnail = visit.next_path("own", ".flac"), visit.next_path("own", ".png")
        write_clip_media(waveform, rate, sound, thumbnail)
        score = self._score(visit, at_rate(fitted(waveform, rate), rate, AUDIO.sample_rate))
        visit.own_recording = OwnRecording(sound, thumbnail, Path(upload).stem[:60], level_db(waveform), score)
        visit.choose(OWN_RECORDING)
        return *self.refresh(words, k, amount, request), gr.Button(interactive=True)

    def _score(self, visit: Visit, waveform: np.ndarray) -> float | None:
        """Similarity of the video to a sound at 16 kHz, the rate of AV-Sim."""
        if visit.motion is None:
            return None
        pipe, _ = self.engine.load(visit.model)
        return float(pipe.embed_video(visit.motion) @ pipe.embed_audio(waveform))

    def save_own(self, words: str, k: int, request: gr.Request) -> tuple[Cards, gr.Button]:
        """The user's recording becomes a clip of this visit's bank. Returns (cards, the button)."""
        from a2s.ambient.clip import fitted
        from a2s.media import read_audio

        visit = self.visits.of(request.session_hash)
        own = visit.own_recording
        if own is None:
            raise A2SError("Upload a recording first.")
        pipe, _ = self.engine.load(visit.model)
        bank = self.engine.bank_of(visit)
        waveform = read_audio(own.sound, bank.sample_rate, limits=visit.limits)
        embedding = pipe.embed_audio(at_rate(fitted(waveform, bank.sample_rate), bank.sample_rate, AUDIO.sample_rate))
        visit.bank = bank.add(waveform, own.name, embedding)
        added = visit.bank.clips[-1].id
        visit.chosen_clip = added if visit.chosen_clip == OWN_RECORDING else visit.chosen_clip
        changes = visit.ambient_changes.items()
        visit.ambient_changes = {time: added if clip == OWN_RECORDING else clip for time, clip in changes}
        visit.own_recording = None
        return self.search(words, k, request), gr.Button(interactive=False)

    def level(self, amount: float, request: gr.Request) -> str:
        """The level note: what the amount means for the chosen ambience."""
        return self.level_in(self.visits.of(request.session_hash), amount)

    def level_in(self, visit: Visit, amount: float) -> str:
        """The level note of a visit."""
        level = None
        if visit.chosen_clip is not None:
            (pipe, _), bank = self.engine.load(visit.model), self.engine.bank_of(visit)
            known: dict[str, tuple[float, str | None]] = {clip.id: (clip.level_db, clip.kind) for clip in bank.clips}
            if visit.own_recording:
                known[OWN_RECORDING] = visit.own_recording.level_db, None
            if chosen := known.get(visit.chosen_clip):
                level = level_at(amount, *chosen, pipe, bank)
        return text.level_note(amount, level)

    @staticmethod
    def clip_for(visit: Visit, model: str) -> str | None:
        """What `DubSettings.ambient_clip` must be for a dub with this model: an id of the visit's bank or the path of
        the user's recording; None, so that the model chooses, if only another model has chosen so far."""
        if not visit.chosen_by_user and visit.model != model:
            return None
        if visit.chosen_clip == OWN_RECORDING and visit.own_recording:
            return str(visit.own_recording.sound)
        return visit.chosen_clip


def level_at(amount: float, clip_db: float, kind: str | None, pipe: AVLDMPipeline, bank: AmbientBank) -> float:
    """Level in dBFS, at an amount 0..1, of an ambience that was recorded at `clip_db`; computed by the function that
    a dub uses."""
    from a2s.audio.levels import level_db

    sample = np.full(1, db_to_amplitude(clip_db), np.float32)
    return level_db(ambience_at(sample, float(amount), kind, pipe, bank))
