"""Generates the audio of clips with one model, in batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from a2s.audio.mel import mel_spectrogram, pad_frames
from a2s.cues import CueTrack
from a2s.cues.cue_roll import draw_cue_roll
from a2s.evaluation.worlds import Clip
from a2s.pipelines.windows import noise_source
from a2s.settings import AUDIO

if TYPE_CHECKING:
    from a2s.pipelines import AVLDMPipeline


@dataclass(frozen=True, eq=False)
class GeneratedAudio:
    """mels: (n, 128, 188) in [0, 1]; waveforms: (n, 48000) float32 at 16 kHz."""

    mels: np.ndarray
    waveforms: np.ndarray


class ClipSampler:
    """Runs one model over clips. A clip's noise depends only on the seed and the clip's index."""

    def __init__(
        self, pipe: AVLDMPipeline, steps: int = 12, guidance_scale: float = 2.5, seed: int = 0, batch: int = 8
    ):
        self.pipe, self.steps, self.guidance_scale, self.seed, self.batch = pipe, steps, guidance_scale, seed, batch
        pipe.set_progress_bar_config(disable=True)

    def sample(
        self,
        clips: Sequence[Clip],
        cues: Sequence[CueTrack],
        ambiences: Sequence[np.ndarray | None],
        on_progress: Callable[[int], object] = lambda clips: None,
    ) -> GeneratedAudio:
        """Generate the audio of each clip.

        cues: times in s of the long video. ambiences: (n,) float32 at 16 kHz each, None for a latent of zeros.
        on_progress: receives the number of clips of each finished batch.
        """
        mels = []
        for first in range(0, len(clips), self.batch):
            part = range(first, min(first + self.batch, len(clips)))
            tokens = torch.cat([self.pipe.encode_video(clips[i].motion, clips[i].start) for i in part])
            rolls = torch.from_numpy(np.stack([draw_cue_roll(cues[i].cues, clips[i].start, AUDIO) for i in part]))
            ambient = torch.cat([self._encode_ambience(ambiences[i]) for i in part])
            noise = [noise_source(self.seed, i, 0) for i in part]
            out = self.pipe.sample(tokens, rolls, ambient, self.steps, self.guidance_scale, noise)
            mels.append(out.mels.float().cpu())
            on_progress(len(part))
        return self.vocode(torch.cat(mels))

    def _encode_ambience(self, waveform: np.ndarray | None) -> torch.Tensor:
        if waveform is not None:
            return self.pipe.encode_ambient(waveform)
        return torch.zeros((1, self.pipe.vae.config.latent_channels, AUDIO.latent_bands, AUDIO.latent_frames))

    def reconstruct(self, waveforms: np.ndarray) -> GeneratedAudio:
        """True audio (n, 48000) through VAE and vocoder: the upper bound of any denoiser."""
        mel = pad_frames(mel_spectrogram(torch.from_numpy(waveforms)))
        with torch.inference_mode():
            decoded = [self.pipe.vae.decode(self.pipe.vae.encode(part)) for part in mel.split(self.batch)]
        return self.vocode(torch.cat(decoded)[..., : AUDIO.window_frames])

    def vocode(self, mels: torch.Tensor) -> GeneratedAudio:
        """mels (n, 128, 188) with their waveforms."""
        waves = torch.cat([self.pipe.vocode(part)[:, : AUDIO.window_samples] for part in mels.split(self.batch)])
        return GeneratedAudio(mels.numpy(), waves.float().cpu().numpy())
