"""What AV-Sim knows about a video or a sound: embeddings for retrieval, and the classes of cues."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from a2s.ambient.embedder import Embeddings
from a2s.settings import ACTIONS, MATERIALS, VIDEO

if TYPE_CHECKING:
    from a2s.cues import CueTrack
    from a2s.vision import Motion


class AVSimFeatures(Embeddings):
    """The methods of AVLDMPipeline that need AV-Sim alone, not the UNet."""

    @property
    def uses_cues(self) -> bool:
        """Whether the cue track shapes the sound."""
        raise NotImplementedError

    @torch.inference_mode()
    def label_cues(self, motion: Motion, track: CueTrack) -> CueTrack:
        """The track with `action` and `material` filled in where they are None, from the video tokens around each cue.

        A class that is given stays. `confidence` stays that of the cue's time. A model that predicts no classes returns
        the track as it is.
        """
        if not self.uses_cues or not self.av_sim.config.labels_cues:
            return track
        if all(cue.action and cue.material for cue in track.cues):
            return track
        cues, cache = [], {}
        for cue in track.cues:
            # The window shows what comes before and after the cue.
            start = max(0.0, min(round(cue.time - VIDEO.window_seconds / 2, 1), motion.duration - VIDEO.window_seconds))
            if start not in cache:
                reading = self.av_sim.read(self.encode_video(motion, start))
                cache = {start: (reading.action[0].softmax(-1), reading.material[0].softmax(-1))}
            slot = int((cue.time - start) * VIDEO.tokens_per_second)
            near = slice(max(0, slot - 1), slot + 2)
            action, material = (int(p[near].mean(0).argmax()) for p in cache[start])
            cues.append(
                replace(cue, action=cue.action or ACTIONS[action], material=cue.material or MATERIALS[material])
            )
        return replace(track, cues=tuple(cues))
