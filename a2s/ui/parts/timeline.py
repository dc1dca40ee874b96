"""The cues of a clip under its pictures and its sound, where the creator moves, adds, names and taps them."""

from __future__ import annotations

from a2s.ui.parts.part import Part

FRAMES = 24
"""Pictures in the filmstrip's sprite."""


class CueTimeline(Part):
    """Value: {"duration": s, "cues": [{"id", "time", "strength", "action", "material", "confidence", "duration"}, ...],
    "source": who wrote them, "picture": whose they are} or None. It comes back as an input, edited;
    `a2s.ui.dub.cues.track_of` judges it.

    actions, materials: names of the classes. video: CSS selector of the video it follows and plays. strip: address of a
    sprite with `frames` pictures side by side, or "". wave: peaks 0..1 over the whole clip, or []. A handler that
    returns `gr.HTML(wave=...)` changes that alone and leaves the cues as the creator has them.
    Event `edit`: something was changed; the value has it already.
    """

    FILES = "timeline"

    def __init__(self, value=None, *, video="#source video", strip="", wave=(), frames=FRAMES, **kwargs):
        super().__init__(value, video=video, strip=strip, wave=list(wave), frames=frames, **kwargs)
