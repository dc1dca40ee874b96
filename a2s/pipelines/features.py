"""What AV-Sim knows about a video or a sound: embeddings for retrieval, and the classes of cues."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch

from a2s.settings import ACTIONS, AUDIO, MATERIALS, VIDEO

if TYPE_CHECKING:
    from a2s.cues import CueTrack
    from a2s.models import AVSim
    from a2s.models.official import OfficialAVSim
    from a2s.vision import Motion

MAX_WINDOWS = 12
"""Windows of a video that are embedded at most."""


class AVSimFeatures:
    """The methods of AVLDMPipeline that need AV-Sim alone, not the UNet."""

    av_sim: AVSim | OfficialAVSim
    uses_cues: bool

    def encode_video(self, motion: Motion, start: float = 0.0) -> torch.Tensor:
        """Video tokens (1, K, D) of the window [start, start + 3 s)."""
        raise NotImplementedError

    @torch.inference_mode()
    def embed_video(self, motion: Motion, begin: float = 0.0, end: float | None = None) -> np.ndarray:
        """(E,) float32 of unit length: the mean over the video's windows, at most twelve of them, spread evenly.

        begin, end: seconds of the part that is embedded. A part shorter than a window is embedded with what follows it.
        """
        end = motion.duration if end is None else end
        last = max(begin, end - VIDEO.window_seconds)
        # A video that is longer than a window by less than a mel frame is one window, as it is for the sampler.
        whole = (end - begin - AUDIO.frame_seconds) / VIDEO.window_seconds
        count = int(np.clip(np.ceil(whole), 1, MAX_WINDOWS))
        found = []
        for start in np.linspace(begin, last, count):
            tokens = self.encode_video(motion, float(start))
            found.append(self.av_sim.embed_window(tokens, motion, float(start)))
        mean = torch.cat(found).mean(0)
        return (mean / mean.norm().clamp(min=1e-8)).float().cpu().numpy()

    @torch.inference_mode()
    def embed_audio(self, waveform: np.ndarray) -> np.ndarray:
        """waveform: (n,) float32 at 16 kHz, any length (short ones are looped). Returns (E,) float32 of unit length."""
        return self.av_sim.embed_sound(looped(waveform))[0].float().cpu().numpy()

    @torch.inference_mode()
    def label_cues(self, motion: Motion, track: CueTrack) -> CueTrack:
        """The track with `action` and `material` filled in where they are None, from the video tokens around each cue.

        A class that is given stays. `confidence` stays that of the cue's time. A model that predicts no classes returns
        the track as it is.
        """
        if not self.uses_cues or all(cue.action and cue.material for cue in track.cues):
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

    @cached_property
    def model_hash(self) -> str:
        """Eight hex digits of AV-Sim's weights. An ambient bank's embeddings belong to one such hash."""
        return weights_hash(self.av_sim)


def weights_hash(model: torch.nn.Module) -> str:
    """Eight hex digits of a model's weights as float32."""
    digest = hashlib.sha256()
    for name, value in sorted(model.state_dict().items()):
        digest.update(name.encode() + value.detach().float().cpu().numpy().tobytes())
    return digest.hexdigest()[:8]


def looped(waveform: np.ndarray, samples: int = AUDIO.window_samples) -> np.ndarray:
    """(n,) float -> float32, repeated until it is at least `samples` long. An empty sound becomes silence."""
    wave = np.asarray(waveform, np.float32)
    if not len(wave):
        return np.zeros(samples, np.float32)
    return wave if len(wave) >= samples else np.tile(wave, -(-samples // len(wave)))
