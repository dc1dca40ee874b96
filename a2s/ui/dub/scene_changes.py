"""Where the film seems to go on in another place: each such moment is offered an ambience of its own."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from a2s.errors import A2SError
from a2s.settings import AmbientChange
from a2s.ui import text

if TYPE_CHECKING:
    from a2s.ambient import AmbientBank
    from a2s.ui.state import Visit
    from a2s.vision import Motion

OWN = "own recording"
"""Stands for the visitor's own recording where a clip's id would stand; a space never occurs in an id."""

MOST = 8
"""Moments that are offered; a film that jumps from place to place has cuts without end."""


@dataclass(frozen=True, eq=False)
class SceneChange:
    """A moment, s, at which the place seems to change. look: (E,) embedding of what is seen from there to the next."""

    time: float
    look: np.ndarray


def find_scene_changes(motion: Motion, pipe) -> tuple[SceneChange, ...]:
    """The moments of a film that was watched."""
    from a2s.vision.shots import place_changes

    times = place_changes(motion, MOST)
    return tuple(
        SceneChange(time, pipe.embed_video(motion, time, end)) for time, end in pairwise((*times, motion.duration))
    )


def items(visit: Visit, bank: AmbientBank) -> list[dict]:
    """What the page asks: for each moment its time, what may be chosen, best first, and what is."""
    looks = {cut.time: cut.look for cut in visit.cuts} | {time: None for time in _restored(visit)}
    return [
        {"time": time, "told": text.seconds(time), "options": _options(visit, bank, look),
         "chosen": _chosen(visit, bank, time) or ""}
        for time, look in sorted(looks.items())
    ]  # fmt: skip


def choose(visit: Visit, bank: AmbientBank, time: object, clip: object) -> None:
    """A browser's choice for a moment; an empty clip is none. Raises A2SError for what was not offered."""
    try:
        wanted = float(time)
    except (TypeError, ValueError):
        wanted = math.nan
    known = [each for each in (*(cut.time for cut in visit.cuts), *visit.changes) if abs(each - wanted) < 1e-6]
    if not known or clip and not _is_known(visit, bank, clip):
        raise A2SError("That place is not on the page any more; load the video again.")
    if clip:
        visit.changes[known[0]] = clip
    else:
        visit.changes.pop(known[0], None)


def changes_of(visit: Visit, bank: AmbientBank) -> tuple[AmbientChange, ...]:
    """What `DubSettings.ambient_changes` must be."""
    chosen = {time: _chosen(visit, bank, time) for time in sorted(visit.changes)}
    return tuple(
        AmbientChange(time, str(visit.own.path) if clip == OWN else clip) for time, clip in chosen.items() if clip
    )


def _restored(visit: Visit) -> list[float]:
    """Times of changes that a recipe brought, where no cut was seen."""
    return [time for time in visit.changes if all(time != cut.time for cut in visit.cuts)]


def _chosen(visit: Visit, bank: AmbientBank, time: float) -> str | None:
    """What is chosen for a moment, if it is still there: the bank may have been changed."""
    clip = visit.changes.get(time)
    return clip if clip and _is_known(visit, bank, clip) else None


def _is_known(visit: Visit, bank: AmbientBank, clip: object) -> bool:
    return visit.own is not None if clip == OWN else clip in [each.id for each in bank.clips]


def _options(visit: Visit, bank: AmbientBank, look: np.ndarray | None) -> list[dict]:
    """The bank's clips, those that fit what is seen first, and one's own recording."""
    from a2s.ambient.retrieval import MAX_MATCHES

    clips = list(bank.clips)
    if look is not None:
        best = [match.clip for match in bank.retrieve(look, min(len(clips), MAX_MATCHES))]
        clips = best + [clip for clip in clips if clip not in best]
    own = [{"id": OWN, "name": f"My recording: {visit.own.name}"}] if visit.own else []
    return own + [{"id": clip.id, "name": clip.name} for clip in clips]
