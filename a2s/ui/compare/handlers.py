"""What the Compare tab does: offers sounds, hands two of them to the player, notes what the listener answers."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import gradio as gr

from a2s.errors import A2SError
from a2s.evaluation.listening import ABX, QUESTIONS, compare_stats
from a2s.media.files import shown
from a2s.settings import LIMITS
from a2s.ui import text
from a2s.ui.compare.listening_session import (
    BLIND,
    MODES,
    MOST_BROUGHT,
    OPEN,
    ListeningSession,
    Sound,
    Trial,
    listening_session_of,
    matched_gains,
)
from a2s.ui.engine import Engine
from a2s.ui.parts.part import served
from a2s.ui.state import Visit, Visits

ORIGINAL = "original"
RATE = 48_000
"""Rate in Hz at which what isn't ours is played: what a sound card takes anyway."""


class CompareHandlers:
    """Handlers of the Compare tab. A sound is known to the browser by an id that it was offered."""

    def __init__(self, engine: Engine, visits: Visits) -> None:
        self.engine, self.visits = engine, visits

    def fresh(self, a: str | None, b: str | None, mode: str, request: gr.Request) -> tuple:
        """What can be compared now; a choice that still holds stays. Returns (first, second, *what `show` returns)."""
        return self._fresh(self.visits.of(request.session_hash), a, b, mode)

    def show(self, a: str | None, b: str | None, mode: str, request: gr.Request) -> tuple:
        """Two sounds, or another way to hear them, were chosen.

        Returns (player, note, questions of a blind pair, question of ABX, button that answers, *answers).
        """
        return self._show(self.visits.of(request.session_hash), a, b, mode)

    def bring(self, upload: str | None, a: str | None, mode: str, request: gr.Request) -> tuple:
        """A recording of the visitor's own becomes the second sound. Returns as `fresh`."""
        visit = self.visits.of(request.session_hash)
        visit.need_picture()
        if upload is None:
            raise A2SError("Choose a recording first.")
        raw, booth = visit.receive(upload, "compared"), listening_session_of(visit)
        try:
            sound = _rendered(raw, booth, f"own-{visit.counter}", _label(visit, Path(upload).stem))
        except A2SError as error:
            raise type(error)(str(error).replace(raw.name, shown(Path(upload).name))) from None
        finally:
            raw.unlink(missing_ok=True)
        booth.brought.append(sound)
        for old in booth.brought[:-MOST_BROUGHT]:
            old.path.unlink(missing_ok=True)
        booth.brought = booth.brought[-MOST_BROUGHT:]
        return self._fresh(visit, a, sound.id, mode)

    def share(self, a: str | None, b: str | None, request: gr.Request):
        """Both sounds as a video to show others: the picture side by side, one sounding after the other."""
        from a2s.media.share import share_comparison

        visit = self.visits.of(request.session_hash)
        if visit.picture is None or a is None or b is None:
            raise A2SError("Choose two sounds first.")
        film = visit.takes[-1].video if visit.takes else visit.picture
        path = listening_session_of(visit).folder / "comparison.mp4"
        share_comparison(film, [(sound.label, sound.path) for sound in (sound_of(visit, a), sound_of(visit, b))], path)
        return gr.DownloadButton(value=str(path), visible=True, interactive=True)

    def answer(self, a: str, b: str, mode: str, action, noise, prefer, x, request: gr.Request) -> tuple:
        """Note what was answered and go on to the next trial. Results that were shown say no more what all answers
        say, so they go. Returns as `start_over`."""
        visit = self.visits.of(request.session_hash)
        listening_session_of(visit).answer({"action": action, "noise": noise, "prefer": prefer, ABX: x})
        return *_no_results(), *self._show(visit, a, b, mode)

    def results(self, request: gr.Request):
        """What all answers say. Returns (table, the CSV to take away)."""
        visit = self.visits.of(request.session_hash)
        booth = listening_session_of(visit)
        if not booth.answers:
            raise A2SError("Nothing has been answered yet.")
        path = visit.folder / "a2s-trials.csv"  # it outlives the picture, as the answers do
        path.write_text(booth.table(), "utf-8")
        return text.listening(compare_stats(booth.answers)), gr.DownloadButton(value=str(path), visible=True)

    def start_over(self, a: str, b: str, mode: str, request: gr.Request) -> tuple:
        """Forget all answers. Returns (table, the CSV, *what `show` returns)."""
        visit = self.visits.of(request.session_hash)
        booth = listening_session_of(visit)
        visit.answers.clear()
        booth.trial, booth.trials = None, 0
        return *_no_results(), *self._show(visit, a, b, mode)

    def _fresh(self, visit: Visit, a: str | None, b: str | None, mode: str) -> tuple:
        names = offered(visit)
        a, b = _pair(list(names), a, b)
        choices = [(label, id) for id, label in names.items()]
        return gr.Dropdown(choices, value=a), gr.Dropdown(choices, value=b), *self._show(visit, a, b, mode)

    def _show(self, visit: Visit, a: str | None, b: str | None, mode: str) -> tuple:
        if mode not in MODES:
            raise A2SError("Sounds are compared in the open, blind, or as ABX.")
        if visit.picture is None or a is None or b is None:
            return self._page(None, text.NOTHING_TO_COMPARE, mode)
        booth, pair = listening_session_of(visit), (sound_of(visit, a), sound_of(visit, b))
        if mode != OPEN and a == b:
            return self._page(None, text.SAME_SOUND, mode)
        trial = booth.trial
        if trial is None or (trial.mode, trial.pair) != (mode, pair):
            trial = booth.begin(mode, pair)
            _clear(booth)
        value = {
            "film": served(visit.takes[-1].video if visit.takes else visit.picture),
            "duration": visit.info.duration,
            "mode": mode,
            "sounds": dict(_heard(trial, booth)),
        }
        answered = len({answer["trial"] for answer in booth.answers})
        return self._page(value, text.trial(mode, trial.number, answered), mode)

    @staticmethod
    def _page(player: dict | None, note: str, mode: str) -> tuple:
        asked = player is not None
        return (
            player,
            note,
            gr.Group(visible=asked and mode == BLIND),
            gr.Group(visible=asked and mode == ABX),
            gr.Button(visible=mode != OPEN, interactive=asked),
            *(gr.Radio(value=None) for _ in (*QUESTIONS, ABX)),
        )


def _no_results() -> tuple:
    """Returns (table, the CSV)."""
    return "", gr.DownloadButton(value=None, visible=False)


def offered(visit: Visit) -> dict[str, str]:
    """What can be compared in a visit: id to label, takes newest first, then the soundtrack, then what was brought."""
    if visit.picture is None:
        return {}
    names = {_take_id(take): take.label for take in reversed(visit.takes)}
    if visit.info.has_audio:
        names[ORIGINAL] = "Original soundtrack"
    return names | {sound.id: sound.label for sound in (visit.booth.brought if visit.booth else ())}


def sound_of(visit: Visit, id: str) -> Sound:
    """The sound that the page offered under this id. Raises A2SError."""
    booth = listening_session_of(visit)
    if id == ORIGINAL and visit.info.has_audio:
        if booth.original is None:
            booth.original = _rendered(visit.picture, booth, ORIGINAL, "Original soundtrack", align_to_picture=True)
        return booth.original
    takes = (Sound(_take_id(take), take.label, take.sound, take.lufs) for take in visit.takes)
    for sound in (*takes, *booth.brought):
        if sound.id == id:
            return sound
    raise A2SError("That sound is not there any more; choose another.")


def _take_id(take) -> str:
    return take.sound.parent.name


def _pair(ids: list[str], a: str | None, b: str | None) -> tuple[str | None, str | None]:
    """What stays chosen, or what stands there instead: the newest, and the one before it."""
    a = a if a in ids else next((id for id in ids if id != b), None)
    b = b if b in ids else next((id for id in ids if id != a), a)
    return a, b


def _rendered(source: Path, booth: ListeningSession, id: str, label: str, **how) -> Sound:
    """A file's sound as a wav that every browser decodes; mono, as ours are."""
    from a2s.audio.loudness import integrated_lufs
    from a2s.media import read_audio, write_audio

    waveform = read_audio(source, RATE, max_seconds=LIMITS.max_seconds, **how)
    path = booth.folder / f"{id}.wav"
    write_audio(path, waveform, RATE)
    return Sound(id, label, path, integrated_lufs(waveform, RATE))


def _label(visit: Visit, name: str) -> str:
    """A visitor's name for a recording, made to differ from every other name on the page."""
    name = shown(name)[:60] or "recording"
    taken = set(offered(visit).values())
    return next(label for label in (name, *(f"{name} ({n})" for n in range(2, 1000))) if label not in taken)


def _heard(trial: Trial, booth: ListeningSession) -> Iterator[tuple[str, dict]]:
    """What the player is told of each sound. In a trial neither names nor addresses say which is which."""
    sounds = trial.sounds()
    gains = matched_gains(sounds)
    for letter, sound in sounds.items():
        name = "" if trial.mode == BLIND or letter == "x" else sound.label
        path = sound.path if trial.mode == OPEN else _alias(sound, letter, booth)
        yield letter, {"name": name, "url": served(path), "gain_db": round(gains[letter], 2)}


def _alias(sound: Sound, letter: str, booth: ListeningSession) -> Path:
    """The sound under a name that tells nothing; the same one for the whole of a trial."""
    found = next(booth.folder.glob(f"trial-{letter}-*.wav"), None)
    if found is None:
        found = booth.folder / f"trial-{letter}-{secrets.token_hex(8)}.wav"
        try:
            os.link(sound.path, found)
        except OSError:
            shutil.copyfile(sound.path, found)
    return found


def _clear(booth: ListeningSession) -> None:
    for old in booth.folder.glob("trial-*.wav"):
        old.unlink(missing_ok=True)
