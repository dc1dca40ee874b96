"""Scene changes: moments at which the place seems to change. Each is offered an ambience of its own."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from a2s.errors import A2SError
from a2s.settings import AmbientChange
from a2s.ui import text
from a2s.ui.state.records import OWN_RECORDING, SceneChange

if TYPE_CHECKING:
    from a2s.ambient import AmbientBank
    from a2s.pipelines import AVLDMPipeline
    from a2s.ui.state import Visit
    from a2s.vision import Motion

MAX_OFFERED = 8
"""Scene changes that are offered. A film may have many more cuts."""


def find_scene_changes(motion: Motion, pipe: AVLDMPipeline) -> tuple[SceneChange, ...]:
    """The scene changes of a video that was analysed, in order of time."""
    from a2s.vision.shots import place_changes

    times = place_changes(motion, MAX_OFFERED)
    return tuple(
        SceneChange(time, pipe.embed_video(motion, time, end)) for time, end in pairwise((*times, motion.duration))
    )


def scene_change_items(visit: Visit, bank: AmbientBank) -> list[dict[str, Any]]:
    """For each scene change its time, the ambiences to choose from, best match first, and the chosen one."""
    looks: dict[float, np.ndarray | None] = dict.fromkeys(_restored_times(visit))
    looks |= {change.time: change.look for change in visit.scene_changes}
    return [
        {"time": time, "label": text.seconds(time), "options": _options(visit, bank, look),
         "chosen": _chosen(visit, bank, time) or ""}
        for time, look in sorted(looks.items(), key=lambda item: item[0])
    ]  # fmt: skip


def choose_at(visit: Visit, bank: AmbientBank, time: str | float, clip: str) -> None:
    """A browser chose an ambience for a scene change; an empty clip removes it. Raises A2SError if it wasn't
    offered."""
    try:
        wanted = float(time)
    except (TypeError, ValueError):
        wanted = math.nan
    offered = (*(change.time for change in visit.scene_changes), *visit.ambient_changes)
    known = [each for each in offered if abs(each - wanted) < 1e-6]
    if not known or clip and not _is_available(visit, bank, clip):
        raise A2SError("That ambience is no longer on the page. Load the video again.")
    if clip:
        visit.ambient_changes[known[0]] = clip
    else:
        visit.ambient_changes.pop(known[0], None)


def ambient_changes_of(visit: Visit, bank: AmbientBank) -> tuple[AmbientChange, ...]:
    """What `DubSettings.ambient_changes` must be."""
    changes = []
    for time in sorted(visit.ambient_changes):
        clip = _chosen(visit, bank, time)
        if clip == OWN_RECORDING and visit.own_recording:
            changes.append(AmbientChange(time, str(visit.own_recording.sound)))
        elif clip:
            changes.append(AmbientChange(time, clip))
    return tuple(changes)


def _restored_times(visit: Visit) -> list[float]:
    """Times of changes from a recipe at which the video has no scene change."""
    return [time for time in visit.ambient_changes if all(time != change.time for change in visit.scene_changes)]


def _chosen(visit: Visit, bank: AmbientBank, time: float) -> str | None:
    """The clip that is chosen from a time on, if the bank still has it."""
    clip = visit.ambient_changes.get(time)
    return clip if clip and _is_available(visit, bank, clip) else None


def _is_available(visit: Visit, bank: AmbientBank, clip: object) -> bool:
    return visit.own_recording is not None if clip == OWN_RECORDING else clip in [each.id for each in bank.clips]


def _options(visit: Visit, bank: AmbientBank, look: np.ndarray | None) -> list[dict[str, str]]:
    """The visitor's own recording, then the bank's clips, best match first."""
    from a2s.ambient.retrieval import MAX_MATCHES

    clips = list(bank.clips)
    if look is not None:
        best = [match.clip for match in bank.retrieve(look, min(len(clips), MAX_MATCHES))]
        clips = best + [clip for clip in clips if clip not in best]
    own = visit.own_recording
    first = [{"id": OWN_RECORDING, "name": f"My recording: {own.name}"}] if own else []
    return first + [{"id": clip.id, "name": clip.name} for clip in clips]
