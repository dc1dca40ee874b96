"""What the page does when something on it is used. Every method handles one event; none of them knows the layout."""

from __future__ import annotations

import shutil
from pathlib import Path

import gradio as gr
import numpy as np

from a2s.errors import A2SError, BadSettings, Cancelled
from a2s.progress import OnProgress
from a2s.settings import AUDIO, LIMITS, DubSettings
from a2s.ui import text
from a2s.ui.cue_table import rows_of, track_of
from a2s.ui.engine import Engine
from a2s.ui.examples import Example
from a2s.ui.parts import served
from a2s.ui.results import Result, export
from a2s.ui.visit import Visit, Visits

MATCHES = 5
OWN = "own recording"
"""Stands for the visitor's own recording where a bank clip's id would stand; a space never occurs in an id."""

OFF = "off"
"""What a choice of the page says for None, which gradio would show as nothing chosen."""


class Studio:
    """Handlers over one engine and the visits of this process."""

    def __init__(self, engine: Engine, visits: Visits, examples: tuple[Example, ...] = ()) -> None:
        self.engine, self.visits = engine, visits
        self.examples = {example.id: example for example in examples}

    def take_example(self, event: gr.EventData, request: gr.Request):
        """A click on an example: its clip into the player, what it is beside it."""
        example = self.examples.get(str(event.example))
        if example is None:
            raise A2SError("There is no such example.")
        visit = self.visits.of(request.session_hash)
        copy = visit.next_path("picture", ".mp4")
        shutil.copyfile(example.path, copy)
        return str(copy), self._read(visit, copy, example.name)

    def take_upload(self, upload: str | None, request: gr.Request):
        """An upload: into the visit's folder under our name, then probed before anything else touches it."""
        visit = self.visits.of(request.session_hash)
        if upload is None:
            raise A2SError("Choose a video first: upload one or take an example.")
        return self._read(visit, visit.receive(upload, "picture"), Path(upload).name)

    def _read(self, visit: Visit, picture: Path, name: str) -> str:
        from a2s.media import probe

        visit.cancel.set()  # a dub of the clip before, should one be under way
        try:
            info = probe(picture)
        except A2SError as error:
            picture.unlink(missing_ok=True)
            visit.picture = None
            raise type(error)(str(error).replace(picture.name, name)) from None
        visit.load(picture, name)
        visit.info = info
        return text.facts(info, name)

    def forget(self, request: gr.Request):
        """The picture was taken off the page, or could not be read. Returns (video, facts)."""
        visit = self.visits.of(request.session_hash)
        visit.cancel.set()
        visit.picture = visit.info = None
        return None, text.NOTHING_READ

    def listen(self, request: gr.Request, progress=gr.Progress()):
        """Watch the picture: the ambiences that fit, the cues. Returns (cards, cue rows, cue note)."""
        visit = self.visits.of(request.session_hash)
        picture = visit.need_picture()
        try:
            motion, track, matches = self.engine.analyse(
                picture, MATCHES, _tell(progress), lambda: visit.picture != picture
            )
        except Cancelled:
            return gr.skip()
        visit.motion, visit.track, visit.matches = motion, track, matches
        visit.chosen = matches[0].clip.id if matches else None
        return self.cards(visit), rows_of(track), text.cue_note(track)

    def cards(self, visit: Visit) -> dict:
        """Value of the ambience cards: the matches, and the visitor's own recording if there is one."""
        folder = self.visits.root / "ambiences"
        items = [
            text.card(
                m.clip.id,
                m.clip.name,
                m.clip.kind,
                m.clip.level_db,
                m.score,
                served(self.engine.preview(m.clip.id, folder)),
            )
            for m in visit.matches
        ]
        if visit.own:
            items.append(text.card(OWN, "Own recording", "yours", visit.own_level, None, served(visit.own)))
        return {"items": [{**item, "chosen": item["id"] == visit.chosen} for item in items]}

    def choose(self, amount: float, event: gr.EventData, request: gr.Request) -> str:
        """An ambience was chosen; what the browser sends must be one that it was offered."""
        visit = self.visits.of(request.session_hash)
        offered = {match.clip.id for match in visit.matches} | ({OWN} if visit.own else set())
        if event.clip not in offered:
            raise A2SError("That ambience is not on the page any more; load the video again.")
        visit.chosen = event.clip
        return self.level(amount, request)

    def take_own(self, upload: str | None, amount: float, request: gr.Request):
        """The visitor's own recording becomes an ambience of this visit. Returns (cards, level)."""
        from a2s.ambient.clip import level_db
        from a2s.media import read_audio, write_audio

        visit = self.visits.of(request.session_hash)
        if upload is None:
            raise A2SError("Choose a recording first.")
        raw = visit.receive(upload, "recording")
        try:
            waveform = read_audio(raw, AUDIO.sample_rate, max_seconds=LIMITS.max_ambient_seconds)
        except A2SError as error:
            raise type(error)(str(error).replace(raw.name, Path(upload).name)) from None
        finally:
            raw.unlink(missing_ok=True)
        own = visit.next_path("own", ".flac")
        write_audio(own, waveform, AUDIO.sample_rate)
        visit.own, visit.own_level, visit.chosen = own, level_db(waveform), OWN
        return self.cards(visit), self.level(amount, request)

    def level(self, amount: float, request: gr.Request) -> str:
        """What the amount stands for with the chosen ambience."""
        visit = self.visits.of(request.session_hash)
        full, kind = visit.own_level if visit.chosen == OWN else None, None
        for match in visit.matches:
            if match.clip.id == visit.chosen:
                full, kind = match.clip.level_db, match.clip.kind
        if full is None:
            return text.level_note(amount, None)
        return text.level_note(amount, level_of(amount, full, kind))

    def take_cues(self, upload: str | None, request: gr.Request):
        """A cue file into the table. Returns (rows, note)."""
        from a2s.cues import CueTrack

        if upload is None:
            raise A2SError("Choose a cue file first.")
        track = CueTrack.load(self.visits.of(request.session_hash).receive(upload, "cues"))
        return rows_of(track), text.cue_note(track)

    def restore_cues(self, request: gr.Request):
        """The cues that the machine saw, back into the table. Returns (rows, note)."""
        visit = self.visits.of(request.session_hash)
        if visit.track is None:
            raise A2SError("There are no cues yet: load a video first.")
        return rows_of(visit.track), text.cue_note(visit.track)

    def begin(self, request: gr.Request):
        """Dub was pressed: from now on, also in line, Cancel means this dub. Returns (dub, cancel) buttons."""
        self.visits.of(request.session_hash).cancel.clear()
        return gr.Button(interactive=False), gr.Button(interactive=True)

    def rest(self):
        """A dub is over, in whatever way. Returns (dub, cancel) buttons."""
        return gr.Button(interactive=True), gr.Button(interactive=False)

    def dub(
        self,
        amount,
        seed,
        takes,
        steps,
        guidance,
        original,
        loudness,
        rows,
        request: gr.Request,
        progress=gr.Progress(),
    ):
        """The main job. Returns what `show` returns for the first take, and the choice of takes before it."""
        visit = self.visits.of(request.session_hash)
        picture = visit.need_picture()
        settings = read_settings(amount, seed, takes, steps, guidance, original, loudness, self._clip(visit))
        cues = None if visit.track is None else track_of(rows, visit.track)
        try:
            take = self.engine.dub(
                picture,
                settings,
                cues=cues,
                motion=visit.motion,
                on_progress=_tell(progress),
                cancelled=visit.cancel.is_set,
            )
            progress(0.99, desc="Writing the files")
            visit.results = export(take, visit.next_path("dub"), visit.name, settings)
        except Cancelled:
            gr.Info("Stopped. What was there before is still there.", duration=4)
            return gr.skip()
        names = [(f"Take {number}", number - 1) for number in range(1, len(visit.results) + 1)]
        return gr.Radio(choices=names, value=0, visible=len(names) > 1), *_shown(visit.results[0])

    def show(self, number: int | None, request: gr.Request):
        """One of the takes: (video, picture, summary, mp4, wav, recipe, cues)."""
        results = self.visits.of(request.session_hash).results
        if number is None or not 0 <= number < len(results):
            return gr.skip()
        return _shown(results[number])

    def cancel(self, request: gr.Request) -> None:
        self.visits.of(request.session_hash).cancel.set()

    def leave(self, request: gr.Request) -> None:
        self.visits.leave(request.session_hash)

    @staticmethod
    def _clip(visit: Visit) -> str | None:
        return str(visit.own) if visit.chosen == OWN else visit.chosen


def read_settings(amount, seed, takes, steps, guidance, original, loudness, clip: str | None) -> DubSettings:
    """What the page's controls say, or a caller of the API, as settings; `dub` judges ranges. Raises BadSettings."""
    try:
        return DubSettings(
            ambient=float(amount), ambient_clip=clip, takes=int(takes), seed=int(seed), steps=int(steps),
            guidance_scale=float(guidance), original_audio=None if original in (None, OFF) else float(original),
            loudness=None if loudness in (None, OFF) else float(loudness),
        )  # fmt: skip
    except (TypeError, ValueError, OverflowError):
        raise BadSettings("Every setting must be a number.") from None


def _shown(result: Result) -> tuple:
    files = (result.video, result.sound, result.recipe, result.cues)
    return (
        str(result.video),
        str(result.picture),
        result.summary,
        *(gr.DownloadButton(value=str(file), interactive=True) for file in files),
    )


def _tell(progress: gr.Progress) -> OnProgress:
    def tell(stage: str, done: float, detail: str) -> None:
        words = text.STAGES.get(stage, stage)
        progress(min(1.0, max(0.0, done)), desc=f"{words} · {detail}" if detail else words)

    return tell


def level_of(amount: float, own_db: float, kind: str | None) -> float:
    """Level in dBFS of an ambience recorded at `own_db` at this amount, by the very functions that scale it."""
    from a2s.ambient import full_level, scale_ambience
    from a2s.ambient.clip import level_db

    sample = np.full(1, 10 ** (own_db / 20), np.float32)
    return level_db(scale_ambience(sample, amount, full_db=full_level(own_db, kind)))
