"""The cue roll: the cues of one window on the time grid of the mel, like the notes of a piano roll.

The UNet is conditioned on it, in training and in generation.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from a2s.cues.vocabulary import MODEL_ACTIONS, MODEL_MATERIALS
from a2s.settings import ACTIONS, MATERIALS, AudioSpec

if TYPE_CHECKING:
    from a2s.cues import Cue

ONSET, DECAY, SUSTAIN = 0, 1, 2
FIRST_ACTION = 3
FIRST_MATERIAL = FIRST_ACTION + len(ACTIONS)
CLASS_KNOWN = FIRST_MATERIAL + len(MATERIALS)
ROLL_CHANNELS = CLASS_KNOWN + 1
"""Rows of a roll: onset, decay, sustain, 8 actions, 8 materials, and whether a class is known: 20."""

DECAY_SECONDS = 0.06
"""Time constant of the decay row, which encodes the time since an impact."""

HOLD_SECONDS = 0.25
"""Shortest time for which a cue's class is drawn; a scrape or pour holds it for its whole duration."""

TAIL_SECONDS = 10 * DECAY_SECONDS
"""Length of the tail that is drawn; later it is below 1/20 000."""

_ACTION_ROW = {name: FIRST_ACTION + ACTIONS.index(known) for name, known in MODEL_ACTIONS.items()}
_MATERIAL_ROW = {name: FIRST_MATERIAL + MATERIALS.index(known) for name, known in MODEL_MATERIALS.items()}


def draw_cue_roll(cues: Iterable[Cue], start: float, spec: AudioSpec) -> np.ndarray:
    """Draw the window [start, start + 3 s) of a cue track.

    cues: a CueTrack's cues or any iterable of Cue; times in seconds since the first video frame.
    start: second at which the window begins. Earlier cues whose tail, sustain or class lasts into it are drawn too.
    Returns (ROLL_CHANNELS, padded_frames) float32 in [0, 1]; column f is the instant start + f * 0.016 s, the centre of
    mel frame f. An onset's strength is shared between its two nearest columns, so its time survives to a fraction of a
    frame. Where several cues hold a class, the latest wins, also when its class is None (all rows zero).
    A class that the model does not know is drawn as the nearest one that it does.
    """
    roll = np.zeros((ROLL_CHANNELS, spec.padded_frames), np.float32)
    chosen = sorted(
        (cue for cue in getattr(cues, "cues", cues) if _overlaps(cue, start, spec)), key=lambda cue: cue.time
    )
    if not chosen:
        return roll
    # In frames, rounded so that a cue exactly on a frame is not put beside it by the last bit of a float.
    onset = np.round(np.array([cue.time - start for cue in chosen]) / spec.frame_seconds, 6)[:, None]
    duration = np.array([cue.duration for cue in chosen])[:, None] / spec.frame_seconds
    strength = np.array([cue.strength for cue in chosen])[:, None]
    age = np.arange(spec.padded_frames) - onset  # (N, F) frames since each onset

    roll[ONSET] = np.minimum((strength * np.clip(1 - np.abs(age), 0, None)).sum(0), 1)
    tail = np.exp(-np.clip(age, 0, None) * spec.frame_seconds / DECAY_SECONDS)
    roll[DECAY] = (strength * tail * (age >= 0)).max(0)
    roll[SUSTAIN] = (strength * ((age >= 0) & (age <= duration) & (duration > 0))).max(0)

    # A class starts with the first column that carries onset strength.
    held = (age > -1) & (age <= np.maximum(duration, HOLD_SECONDS / spec.frame_seconds))
    latest = len(chosen) - 1 - held[::-1].argmax(0)
    _draw_classes(roll, chosen, np.where(held.any(0), latest, -1))
    return roll


def _overlaps(cue: Cue, start: float, spec: AudioSpec) -> bool:
    """Whether the cue is visible in any column of the window that starts at `start`."""
    return start - max(cue.duration, TAIL_SECONDS) <= cue.time < start + spec.window_seconds


def _draw_classes(roll: np.ndarray, cues: list[Cue], owner: np.ndarray) -> None:
    """Write one-hot classes. owner: (F,) int, the cue whose class each column shows, -1 for none."""
    for index in np.unique(owner[owner >= 0]):
        cue, columns = cues[index], owner == index
        if cue.action is not None:
            roll[_ACTION_ROW[cue.action], columns] = 1
        if cue.material is not None:
            roll[_MATERIAL_ROW[cue.material], columns] = 1
        if cue.action is not None or cue.material is not None:
            roll[CLASS_KNOWN, columns] = 1
