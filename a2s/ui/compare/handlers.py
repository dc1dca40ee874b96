"""Handlers of the Compare tab: offer sounds, load two of them into the player, note the listener's answers."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from a2s.errors import A2SError
from a2s.evaluation.listening import ABX, QUESTIONS, compare_stats
from a2s.io import display_name
from a2s.ui import text
from a2s.ui.gradio_compat.files import file_url
from a2s.ui.state import Visit, Visits
from a2s.ui.state.listening_session import (
    BLIND,
    MAX_UPLOADS,
    MODES,
    OPEN,
    ListeningSession,
    Sound,
    Trial,
    matched_gains,
)

ORIGINAL = "original"
ORIGINAL_LABEL = "Original audio"
PLAYBACK_RATE = 48_000
"""Hz, of sounds that are not takes."""


class CompareHandlers:
    """Handlers of the Compare tab. The browser knows a sound by an id that it was offered."""

    def __init__(self, visits: Visits) -> None:
        self.visits = visits

    def refresh(self, a: str | None, b: str | None, mode: str, request: gr.Request) -> tuple:
        """What can be compared now. A choice that still exists stays. Returns (first, second, *what `show` returns)."""
        return self._refresh(self.visits.of(request.session_hash), a, b, mode)

    def show(self, a: str | None, b: str | None, mode: str, request: gr.Request) -> tuple:
        """Two sounds or another mode were chosen.

        Returns (player, note, questions of a blind pair, question of ABX, submit button, *answers).
        """
        return self._show(self.visits.of(request.session_hash), a, b, mode)

    def upload(self, upload: str | None, a: str | None, mode: str, request: gr.Request) -> tuple:
        """An audio file of the visitor becomes the second sound. Returns as `refresh`."""
        visit = self.visits.of(request.session_hash)
        visit.need_video()
        if upload is None:
            raise A2SError("Choose an audio file first.")
        raw, session = visit.receive(upload, "compared"), visit.listening_session()
        try:
            sound = _decoded(raw, visit, f"own-{visit.counter}", _unused_label(visit, Path(upload).stem))
        except A2SError as error:
            raise type(error)(str(error).replace(raw.name, display_name(Path(upload).name))) from None
        finally:
            raw.unlink(missing_ok=True)
        session.uploads.append(sound)
        for old in session.uploads[:-MAX_UPLOADS]:
            old.path.unlink(missing_ok=True)
        session.uploads = session.uploads[-MAX_UPLOADS:]
        return self._refresh(visit, a, sound.id, mode)

    def export(self, a: str | None, b: str | None, request: gr.Request) -> gr.DownloadButton:
        """A video of the comparison: the picture twice side by side, with one sound after the other."""
        from a2s.media.share import share_comparison

        visit = self.visits.of(request.session_hash)
        if visit.video is None or a is None or b is None:
            raise A2SError("Choose two sounds first.")
        video = visit.takes[-1].player if visit.takes else visit.preview or visit.video
        path = visit.listening_session().folder / "comparison.mp4"
        share_comparison(
            video, [(sound.label, sound.path) for sound in (find_sound(visit, a), find_sound(visit, b))], path
        )
        return gr.DownloadButton(value=str(path), visible=True, interactive=True)

    def submit(
        self,
        a: str,
        b: str,
        mode: str,
        action: str | None,
        noise: str | None,
        prefer: str | None,
        x: str | None,
        request: gr.Request,
    ) -> tuple:
        """Note the answers and begin the next trial. Results on the page are out of date now, so they are removed.
        Returns as `start_over`."""
        visit = self.visits.of(request.session_hash)
        visit.listening_session().answer({"action": action, "noise": noise, "prefer": prefer, ABX: x})
        return *_no_results(), *self._show(visit, a, b, mode)

    def results(self, request: gr.Request) -> tuple[str, gr.DownloadButton]:
        """Statistics of all answers. Returns (table, CSV)."""
        visit = self.visits.of(request.session_hash)
        session = visit.listening_session()
        if not session.answers:
            raise A2SError("There are no answers yet.")
        path = visit.folder / "a2s-trials.csv"  # not in the session's folder: answers outlive the video
        path.write_text(session.to_csv(), "utf-8")
        return text.listening(compare_stats(session.answers)), gr.DownloadButton(value=str(path), visible=True)

    def start_over(self, a: str, b: str, mode: str, request: gr.Request) -> tuple:
        """Delete all answers. Returns (table, CSV, *what `show` returns)."""
        visit = self.visits.of(request.session_hash)
        visit.listening_session().reset()
        return *_no_results(), *self._show(visit, a, b, mode)

    def _refresh(self, visit: Visit, a: str | None, b: str | None, mode: str) -> tuple:
        labels = offered_sounds(visit)
        a, b = _pair(list(labels), a, b)
        choices = [(label, id) for id, label in labels.items()]
        return gr.Dropdown(choices, value=a), gr.Dropdown(choices, value=b), *self._show(visit, a, b, mode)

    def _show(self, visit: Visit, a: str | None, b: str | None, mode: str) -> tuple:
        if mode not in MODES:
            raise A2SError("The mode must be open, blind or ABX.")
        if visit.video is None or a is None or b is None:
            return _outputs(None, text.NOTHING_TO_COMPARE, mode)
        session, pair = visit.listening_session(), (find_sound(visit, a), find_sound(visit, b))
        if mode != OPEN and a == b:
            return _outputs(None, text.SAME_SOUND, mode)
        trial = session.trial
        if trial is None or (trial.mode, trial.pair) != (mode, pair):
            trial = session.begin(mode, pair)
            _remove_aliases(session)
        player = {
            "video": file_url(visit.takes[-1].player if visit.takes else visit.preview or visit.video),
            "duration": visit.need_info().duration,
            "mode": mode,
            "sounds": dict(_player_sounds(trial, session)),
        }
        answered = len({answer["trial"] for answer in session.answers})
        return _outputs(player, text.trial(mode, trial.number, answered), mode)


def _outputs(player: dict | None, note: str, mode: str) -> tuple:
    """What `CompareHandlers.show` returns."""
    ready = player is not None
    return (
        player,
        note,
        gr.Group(visible=ready and mode == BLIND),
        gr.Group(visible=ready and mode == ABX),
        gr.Button(visible=mode != OPEN, interactive=ready),
        *(gr.Radio(value=None) for _ in (*QUESTIONS, ABX)),
    )


def _no_results() -> tuple[str, gr.DownloadButton]:
    """Returns (table, CSV)."""
    return "", gr.DownloadButton(value=None, visible=False)


def offered_sounds(visit: Visit) -> dict[str, str]:
    """What can be compared in a visit, id to label: takes, newest first, the original audio, uploads."""
    if visit.video is None:
        return {}
    labels = {take.id: take.label for take in reversed(visit.takes)}
    if visit.need_info().has_audio:
        labels[ORIGINAL] = ORIGINAL_LABEL
    return labels | {sound.id: sound.label for sound in (visit.listening.uploads if visit.listening else ())}


def find_sound(visit: Visit, id: str) -> Sound:
    """The sound that the page offered under this id. Raises A2SError."""
    session = visit.listening_session()
    if id == ORIGINAL and visit.need_info().has_audio:
        if session.original is None:
            session.original = _decoded(visit.need_video(), visit, ORIGINAL, ORIGINAL_LABEL, align_to_picture=True)
        return session.original
    takes = (Sound(take.id, take.label, take.sound, take.lufs) for take in visit.takes)
    for sound in (*takes, *session.uploads):
        if sound.id == id:
            return sound
    raise A2SError("That sound no longer exists. Choose another.")


def _pair(ids: list[str], a: str | None, b: str | None) -> tuple[str | None, str | None]:
    """The chosen sounds that still exist, else the newest, and the one before it."""
    a = a if a in ids else next((id for id in ids if id != b), None)
    b = b if b in ids else next((id for id in ids if id != a), a)
    return a, b


def _decoded(source: Path, visit: Visit, id: str, label: str, **options: Any) -> Sound:  # Any: of read_audio
    """A file's sound as a mono wav that every browser plays."""
    from a2s.audio.loudness import integrated_lufs
    from a2s.media import read_audio, write_audio

    waveform = read_audio(source, PLAYBACK_RATE, max_seconds=visit.limits.max_seconds, limits=visit.limits, **options)
    path = visit.listening_session().folder / f"{id}.wav"
    write_audio(path, waveform, PLAYBACK_RATE)
    return Sound(id, label, path, integrated_lufs(waveform, PLAYBACK_RATE))


def _unused_label(visit: Visit, name: str) -> str:
    """A visitor's name for an audio file, made different from every other label on the page."""
    name = display_name(name)[:60] or "recording"
    taken = set(offered_sounds(visit).values())
    return next(label for label in (name, *(f"{name} ({n})" for n in range(2, 1000))) if label not in taken)


def _player_sounds(trial: Trial, session: ListeningSession) -> Iterator[tuple[str, dict]]:
    """The sounds as the player takes them. In a trial neither names nor addresses reveal which is which."""
    sounds = trial.sounds()
    gains = matched_gains(sounds)
    for letter, sound in sounds.items():
        name = "" if trial.mode == BLIND or letter == "x" else sound.label
        path = sound.path if trial.mode == OPEN else _alias(sound, letter, session)
        yield letter, {"name": name, "url": file_url(path), "gain_db": round(gains[letter], 2)}


def _alias(sound: Sound, letter: str, session: ListeningSession) -> Path:
    """The sound under a random name, which stays the same during a trial."""
    found = next(session.folder.glob(f"trial-{letter}-*.wav"), None)
    if found is None:
        found = session.folder / f"trial-{letter}-{secrets.token_hex(8)}.wav"
        try:
            os.link(sound.path, found)
        except OSError:
            shutil.copyfile(sound.path, found)
    return found


def _remove_aliases(session: ListeningSession) -> None:
    for old in session.folder.glob("trial-*.wav"):
        old.unlink(missing_ok=True)
