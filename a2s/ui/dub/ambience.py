"""The place: which ambience, how much of it. What a browser chooses must be something that it was offered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import gradio as gr
import numpy as np

from a2s.errors import A2SError
from a2s.pipelines.ambience import ambience_at
from a2s.settings import AUDIO, LIMITS
from a2s.ui import text
from a2s.ui.bank.media_cache import MediaCache, write_both
from a2s.ui.dub import scene_changes
from a2s.ui.dub.scene_changes import OWN
from a2s.ui.engine import Engine
from a2s.ui.parts.part import served
from a2s.ui.state import Visit, Visits

MOST = 10
"""Cards that are shown at once."""


@dataclass(frozen=True)
class OwnRecording:
    """A visitor's recording. path: FLAC in the visit's folder. score: similarity to the picture, None without one."""

    path: Path
    picture: Path
    name: str
    level_db: float
    score: float | None


class AmbienceHandlers:
    """Handlers of the place's corner of the page."""

    def __init__(self, engine: Engine, visits: Visits) -> None:
        self.engine, self.visits, self.shelf = engine, visits, MediaCache(visits)

    def fresh(self, words: str, k: int, amount: float, request: gr.Request):
        """After a picture was watched. Returns (cards, level)."""
        return self.search(words, k, request), self.level(amount, request)

    def suit(self, model: str, words: str, k: int, amount: float, request: gr.Request):
        """After another model was chosen: the place as that one sees it. Returns (cards, level)."""
        self.see_with(self.visits.of(request.session_hash), model)
        return self.fresh(words, k, amount, request)

    def see_with(self, visit: Visit, model: str) -> None:
        """From now on this model judges which ambience suits; what the creator chose by hand stays."""
        from a2s.ambient.clip import fitted
        from a2s.media import read_audio

        pipe, _ = self.engine.parts(model)
        cuts = scene_changes.find_scene_changes(visit.motion, pipe) if visit.motion else ()
        visit.model, visit.cuts = model, cuts
        if not visit.by_hand:
            visit.chosen = None  # the cards find the best anew
        if visit.own:
            score = self._score(visit, fitted(read_audio(visit.own.path, AUDIO.sample_rate)))
            visit.own = replace(visit.own, score=score)

    def search(self, words: str, k: int, request: gr.Request) -> dict:
        """The cards: the k best matches, or what the bank has under these words."""
        return self.cards(self.visits.of(request.session_hash), str(words or ""), k)

    def cards(self, visit: Visit, words: str = "", k: int = 5) -> dict:
        """Value of the cards: what was searched for or fits best, the low-ambient clip, and one's own recording.

        What is chosen stays in sight. With them, the moments at which the place seems to change.
        """
        if visit.motion is None:
            return {"items": []}
        bank, scores = self.engine.bank_of(visit), self._scores(visit)
        ranked = sorted(bank.clips, key=lambda clip: -scores.get(clip.id, -2.0))
        if visit.chosen != OWN and visit.chosen not in {clip.id for clip in ranked}:
            visit.chosen, visit.by_hand = ranked[0].id, False  # the bank was changed, or the model
        wanted = words.lower().split()
        found = [clip for clip in ranked if all(word in f"{clip.name} {clip.kind}".lower() for word in wanted)]
        shown = found[: MOST if wanted else max(1, min(int(k), MOST))]
        for clip in (bank.low_ambient, *(clip for clip in ranked if clip.id == visit.chosen)):
            if clip not in shown:
                shown.append(clip)
        items = [
            text.card(clip.id, clip.name, clip.kind, clip.level_db, scores.get(clip.id))
            | self.shelf.addresses(visit, bank, clip)
            for clip in shown
        ]
        if visit.own:
            own = visit.own
            addresses = {"url": served(own.path), "picture": served(own.picture)}
            items.insert(0, text.card(OWN, own.name, "own recording", own.level_db, own.score) | addresses)
        items = [{**item, "chosen": item["id"] == visit.chosen} for item in items]
        return {"items": items, "moves": scene_changes.items(visit, bank)}

    def _scores(self, visit: Visit) -> dict[str, float]:
        """Similarity of the picture to every clip of the bank."""
        from a2s.ambient.retrieval import MAX_MATCHES
        from a2s.dubbing.analysis import retrieve

        pipe, _ = self.engine.parts(visit.model)
        bank = self.engine.bank_of(visit)
        matches = retrieve(visit.motion, min(len(bank.clips), MAX_MATCHES), pipe, bank)
        return {match.clip.id: match.score for match in matches}

    def choose(self, amount: float, event: gr.EventData, request: gr.Request) -> str:
        """An ambience was chosen. Returns the level."""
        visit = self.visits.of(request.session_hash)
        known = {clip.id for clip in self.engine.bank_of(visit).clips} | ({OWN} if visit.own else set())
        if event.clip not in known:
            raise A2SError("That ambience is not on the page any more; load the video again.")
        visit.choose(event.clip)
        return self.level(amount, request)

    def move(self, event: gr.EventData, request: gr.Request) -> None:
        """An ambience, or none, was chosen for a moment at which the place seems to change."""
        visit = self.visits.of(request.session_hash)
        scene_changes.choose(visit, self.engine.bank_of(visit), event.time, event.clip)

    def take_own(self, upload: str | None, words: str, k: int, amount: float, request: gr.Request):
        """The visitor's own recording becomes an ambience. Returns (cards, level, the button that keeps it)."""
        from a2s.ambient.clip import checked_waveform, fitted
        from a2s.audio.levels import level_db
        from a2s.media import read_audio

        visit = self.visits.of(request.session_hash)
        if upload is None:
            raise A2SError("Choose a recording first.")
        raw = visit.receive(upload, "recording")
        try:
            waveform = read_audio(raw, AUDIO.sample_rate, max_seconds=LIMITS.max_ambient_seconds)
            waveform = checked_waveform(waveform, Path(upload).name)
        except A2SError as error:
            raise type(error)(str(error).replace(raw.name, Path(upload).name)) from None
        finally:
            raw.unlink(missing_ok=True)
        sound, picture = visit.next_path("own", ".flac"), visit.next_path("own", ".png")
        write_both(waveform, sound, picture)
        name = Path(upload).stem[:60]
        visit.own = OwnRecording(sound, picture, name, level_db(waveform), self._score(visit, fitted(waveform)))
        visit.choose(OWN)
        return self.search(words, k, request), self.level(amount, request), gr.Button(interactive=True)

    def _score(self, visit: Visit, waveform: np.ndarray) -> float | None:
        if visit.motion is None:
            return None
        pipe, _ = self.engine.parts(visit.model)
        return float(pipe.embed_video(visit.motion) @ pipe.embed_audio(waveform))

    def keep_own(self, words: str, k: int, request: gr.Request):
        """The own recording joins the bank of this visit. Returns (cards, the button)."""
        from a2s.ambient.clip import fitted
        from a2s.media import read_audio

        visit = self.visits.of(request.session_hash)
        if visit.own is None:
            raise A2SError("Bring a recording first.")
        pipe, _ = self.engine.parts(visit.model)
        waveform = read_audio(visit.own.path, AUDIO.sample_rate)
        before = self.engine.bank_of(visit)
        visit.bank = before.add(waveform, visit.own.name, pipe.embed_audio(fitted(waveform)))
        added = visit.bank.clips[-1].id
        visit.chosen = added if visit.chosen == OWN else visit.chosen
        visit.changes = {time: added if clip == OWN else clip for time, clip in visit.changes.items()}
        visit.own = None
        return self.search(words, k, request), gr.Button(interactive=False)

    def level(self, amount: float, request: gr.Request) -> str:
        """What the amount stands for with the chosen ambience."""
        return self.level_in(self.visits.of(request.session_hash), amount)

    def level_in(self, visit: Visit, amount: float) -> str:
        """The same, for a visit."""
        if visit.chosen is None:
            return text.level_note(amount, None)
        (pipe, _), bank = self.engine.parts(visit.model), self.engine.bank_of(visit)
        known = {clip.id: (clip.level_db, clip.kind) for clip in bank.clips}
        known |= {OWN: (visit.own.level_db, None)} if visit.own else {}
        heard = known.get(visit.chosen)
        return text.level_note(amount, level_of(amount, *heard, pipe, bank) if heard else None)

    @staticmethod
    def clip_of(visit: Visit, model: str) -> str | None:
        """What `DubSettings.ambient_clip` must be for a dub with this model: an id of the visit's bank, or the own
        recording's path; None, for the model to choose, where only another one has."""
        if not visit.by_hand and visit.model != model:
            return None
        return str(visit.own.path) if visit.chosen == OWN and visit.own else visit.chosen


def level_of(amount: float, own_db: float, kind: str | None, pipe, bank) -> float:
    """Level in dBFS of an ambience recorded at `own_db` at this amount, by the very function that scales it."""
    from a2s.audio.levels import level_db

    sample = np.full(1, 10 ** (own_db / 20), np.float32)
    return level_db(ambience_at(sample, float(amount), kind, pipe, bank))
