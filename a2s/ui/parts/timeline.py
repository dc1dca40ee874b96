"""The cue timeline: cues below the video's frames and the sound, where they are moved, added, named and tapped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from a2s.ui.parts.part import Part

FRAMES = 24
"""Pictures in the filmstrip's sprite."""


class CueTimeline(Part):
    """Value: {"video": whose cues they are, "duration": s, "cues": [{"id", "time", "strength", "action", "material",
    "confidence", "duration"}, ...], "source": "creator" after an edit} or None. The browser sends it back as an input;
    `a2s.ui.dub.cues.track_of` validates it.

    actions, materials: names of the classes. player: CSS selector of the video that it follows and plays. strip:
    address of a sprite with `frames` pictures side by side, or "". wave: peaks 0..1 over the whole clip, or []. A
    handler that returns `gr.HTML(wave=...)` changes the wave alone; edited cues stay.
    Event `edit`: the cues were changed; the value has the change already.
    """

    FILES = "timeline"
    SCRIPTS = ("timeline", "timeline_draw", "timeline_edit", "timeline_play")

    def __init__(
        self,
        value: Any = None,
        *,
        player: str = "#source video",
        strip: str = "",
        wave: Sequence[float] = (),
        frames: int = FRAMES,
        **kwargs: Any,
    ) -> None:
        super().__init__(value, player=player, strip=strip, wave=list(wave), frames=frames, **kwargs)
