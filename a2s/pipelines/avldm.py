"""AVLDMPipeline: video tokens, cues and an ambient condition in, a mel picture and its sound out."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
import torch
from diffusers import DiffusionPipeline, SchedulerMixin, UNet2DConditionModel

from a2s.ambient.extension import repeated
from a2s.ambient.retrieval import embed_audio, embed_video
from a2s.audio.mel import mel_spectrogram, pad_frames
from a2s.models import AVSim, Conditioner, GriffinLim, MelVAE, Vocoder
from a2s.models.digest import weights_hash
from a2s.models.official import HiFiGAN, OfficialAVSim, OfficialConditioner, PictureVAE
from a2s.pipelines import solver as _solver  # noqa: F401  (diffusers loads only classes of modules that are there)
from a2s.settings import ACTIONS, AUDIO, GUIDANCE_SCALE, MATERIALS, STEPS, VIDEO

if TYPE_CHECKING:
    from a2s.cues import CueTrack
    from a2s.vision import Motion


LARGE = 50_000_000
"""Parameters of a UNet from which on more than one thread pays, and a GPU."""

LOOKS_KEPT = 16
"""Windows of one motion whose tokens are kept."""


@dataclass
class AVLDMOutput:
    """mels: (B, 128, 188) float32 in [0, 1]; latents: (B, C, 16, 24), normalised as the UNet sees them."""

    mels: torch.Tensor
    latents: torch.Tensor


class AVLDMPipeline(DiffusionPipeline):
    """Audio-visual latent diffusion with a disentangled ambience (Chen et al., Action2Sound, ECCV 2024, section 3).

    The ambient condition is always there; guidance raises what the picture and the cues add to it.
    What a window looks like, what it is to the UNet and how a sound is embedded is the components' own business, so
    models of different make run through here. steps, guidance_scale: the sampler's, where a call doesn't say.
    """

    model_cpu_offload_seq = "av_sim->conditioner->unet->vae->vocoder"

    def __init__(
        self,
        vae: MelVAE | PictureVAE,
        unet: UNet2DConditionModel,
        scheduler: SchedulerMixin,
        conditioner: Conditioner | OfficialConditioner,
        av_sim: AVSim | OfficialAVSim,
        vocoder: Vocoder | HiFiGAN | GriffinLim,
        steps: int = STEPS,
        guidance_scale: float = GUIDANCE_SCALE,
    ):
        super().__init__()
        self.register_modules(
            vae=vae, unet=unet, scheduler=scheduler, conditioner=conditioner, av_sim=av_sim, vocoder=vocoder
        )
        self.register_to_config(steps=steps, guidance_scale=guidance_scale)
        self.is_large = unet.num_parameters() > LARGE
        # {motion: {start: tokens}}: retrieval and generation look at the same windows; a large encoder takes seconds.
        self._seen = WeakKeyDictionary()

    @classmethod
    def from_pretrained(cls, folder, **options) -> AVLDMPipeline:
        """diffusers' loader; weights stored as float16 are computed in float32 unless `dtype` says otherwise.

        Only safetensors are opened: where they are missing, diffusers would go on to pickles.
        """
        options.setdefault("dtype", torch.float32)
        return super().from_pretrained(folder, **options, use_safetensors=True, local_files_only=True)

    @property
    def default_steps(self) -> int:
        """Sampler steps where a call gives none."""
        return self.config.steps

    @property
    def default_guidance_scale(self) -> float:
        """Guidance scale where a call gives none."""
        return self.config.guidance_scale

    @property
    def threads(self) -> int:
        """Torch threads that suit the model: one where tensors are so small that a second would mostly wait."""
        return (os.cpu_count() or 1) if self.is_large else 1

    @property
    def uses_cues(self) -> bool:
        """Whether the cue track shapes the sound. Where it doesn't, the picture alone says what happens when."""
        return self.conditioner.uses_cues

    # ------------------------------------------------------------------ seeing

    @torch.inference_mode()
    def encode_video(self, motion: Motion, start: float = 0.0) -> torch.Tensor:
        """What the model sees of the window [start, start + 3 s): video tokens (1, K, D)."""
        seen = self._seen.setdefault(motion, {})
        tokens = seen.get(start)
        if tokens is None:
            window = (x.to(self._execution_device) for x in self.av_sim.window(motion, start))
            tokens = seen[start] = self.av_sim.encode(*window)
            if len(seen) > LOOKS_KEPT:
                seen.pop(next(iter(seen)), None)
        return tokens

    @torch.inference_mode()
    def embed_video(self, motion: Motion, begin: float = 0.0, end: float | None = None) -> np.ndarray:
        """(E,) float32 of unit length: the mean over the film's windows, at most twelve of them, spread evenly.

        begin, end: s, of the stretch that is looked at. One shorter than a window is seen with what follows it.
        """
        return embed_video(self.av_sim, self.encode_video, motion, begin, end)

    @torch.inference_mode()
    def embed_audio(self, waveform: np.ndarray) -> np.ndarray:
        """waveform: (n,) float32 at 16 kHz, any length (short ones are looped). Returns (E,) float32 of unit length."""
        return embed_audio(self.av_sim, waveform)

    @torch.inference_mode()
    def label_cues(self, motion: Motion, track: CueTrack) -> CueTrack:
        """Say what each cue is: fills in action and material where they are None, from the tokens around its time.

        A class that is given stays. The machine's confidence in its own class is in neither field: the cue's confidence
        remains that of its time. A model that names nothing leaves the track as it is.
        """
        if not self.uses_cues or all(cue.action and cue.material for cue in track.cues):
            return track
        cues, cache = [], {}
        for cue in track.cues:
            # A cue is read in a window that shows what comes before and after it.
            start = max(0.0, min(round(cue.time - VIDEO.window_seconds / 2, 1), motion.duration - VIDEO.window_seconds))
            if start not in cache:
                reading = self.av_sim.read(self.encode_video(motion, start))
                cache = {start: (reading.action[0].softmax(-1), reading.material[0].softmax(-1))}
            slot = int((cue.time - start) * VIDEO.tokens_per_second)
            near = slice(max(0, slot - 1), slot + 2)
            action, material = (p[near].mean(0).argmax().item() for p in cache[start])
            cues.append(
                replace(cue, action=cue.action or ACTIONS[action], material=cue.material or MATERIALS[material])
            )
        return replace(track, cues=tuple(cues))

    # ------------------------------------------------------------------ the place

    @torch.inference_mode()
    def encode_ambient(self, waveform: np.ndarray, generator: torch.Generator | None = None) -> torch.Tensor:
        """waveform: (n,) float32 at 16 kHz; its first 3 s (looped if shorter) become the condition (1, C, 16, 24).

        generator: for a VAE whose posterior is to be sampled; without it, its mode is taken.
        """
        wave = torch.from_numpy(repeated(waveform)[: AUDIO.window_samples]).to(self._execution_device)
        mel = pad_frames(mel_spectrogram(wave)[None]).to(self.vae.dtype)
        shape = (1, self.vae.config.latent_channels, AUDIO.latent_bands, AUDIO.latent_frames)
        return self.vae.encode(mel, None if generator is None else self._noise(shape, generator))

    # ------------------------------------------------------------------ making

    @torch.inference_mode()
    def sample(
        self,
        video_tokens: torch.Tensor,
        cue_roll: torch.Tensor,
        ambient: torch.Tensor,
        num_inference_steps: int | None = None,
        guidance_scale: float | None = None,
        generator: torch.Generator | list[torch.Generator] | None = None,
        known: tuple[torch.Tensor, torch.Tensor] | None = None,
        callback_on_step_end: Callable | None = None,
    ) -> AVLDMOutput:
        """Sample one window for each row.

        video_tokens: (B, K, D) of `encode_video`; cue_roll: (B, 20, 192), see `a2s.cues.draw_cue_roll`; ambient:
        (B, C, 16, 24) of `encode_ambient`. num_inference_steps, guidance_scale: None is what suits the model; a scale
        of 1 leaves guidance out. generator: one, or one a row, so that no take depends on its batch.
        known: (latent (B, C, 16, 24), mask broadcastable to it): where the mask is 1 the result is held to the latent.
        callback_on_step_end(pipe, step, timestep, {"latents": x, "estimate": x0}) is called after each step and may
        raise to stop. x0: what the solver takes the finished latent to be by now, or None where it doesn't say.
        """
        self._check(video_tokens, cue_roll, ambient)
        guidance_scale = self.default_guidance_scale if guidance_scale is None else guidance_scale
        device = self._execution_device
        video, cues, ambient = (x.to(device, self.conditioner.dtype) for x in (video_tokens, cue_roll, ambient))
        noise = self._noise(ambient.shape, generator)
        context, grid = self.conditioner.branches(video, cues, ambient, guidance_scale != 1)
        # A multistep solver remembers its last steps: each run has its own, so one pipeline may serve several at once.
        solver = copy.deepcopy(self.scheduler)
        solver.set_timesteps(num_inference_steps or self.default_steps, device=device)
        latents = noise * solver.init_noise_sigma
        for step, timestep in enumerate(self.progress_bar(solver.timesteps)):
            if known is not None:
                noised = solver.add_noise(known[0], noise, timestep.expand(len(noise)))
                latents = known[1] * noised + (1 - known[1]) * latents
            prediction = self._denoise(
                solver.scale_model_input(latents, timestep), timestep, context, grid, guidance_scale
            )
            latents = solver.step(prediction, timestep, latents).prev_sample
            if callback_on_step_end is not None:
                tensors = {"latents": latents, "estimate": _estimate(solver)}
                latents = callback_on_step_end(self, step, timestep, tensors).get("latents", latents)
        if known is not None:
            latents = known[1] * known[0] + (1 - known[1]) * latents
        return AVLDMOutput(self.decode(latents), latents)

    @torch.inference_mode()
    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """latents (B, C, 16, 24) -> mels (B, 128, 188), in [0, 1] or a little beyond it where the VAE doesn't clip."""
        return self.vae.decode(latents.to(self.vae.dtype))[..., : AUDIO.window_frames]

    @torch.inference_mode()
    def vocode(self, mel: torch.Tensor) -> torch.Tensor:
        """mel (B, 128, T) in [0, 1] -> waveform (B, 256 T) at 16 kHz."""
        return self.vocoder(mel.to(self._execution_device, self.vocoder.dtype))

    def _denoise(self, latents, timestep, context, grid, guidance_scale):
        x = latents if len(context) == len(latents) else torch.cat([latents, latents])
        if grid is not None:
            x = torch.cat([x, grid], 1)
        dtype = self.unet.dtype
        made = self.unet(x.to(dtype), timestep, encoder_hidden_states=context.to(dtype)).sample.to(latents.dtype)
        if len(context) == len(latents):
            return made
        without, with_video = made.chunk(2)
        return without + guidance_scale * (with_video - without)

    def _noise(self, shape, generator) -> torch.Tensor:
        """Unit normal, drawn on the CPU row by row, so a seed means the same on every machine and in every batch."""
        each = generator if isinstance(generator, list) else [generator] * shape[0]
        return torch.cat([torch.randn((1, *shape[1:]), generator=g) for g in each]).to(self._execution_device)

    def _check(self, video, cues, ambient) -> None:
        if not len(video) == len(cues) == len(ambient):
            raise ValueError(f"batch sizes differ: {len(video)} video, {len(cues)} cues, {len(ambient)} ambient")
        expected = (AUDIO.latent_bands, AUDIO.latent_frames)
        if tuple(ambient.shape[-2:]) != expected:
            raise ValueError(f"ambient must be (B, C, {expected[0]}, {expected[1]}), got {tuple(ambient.shape)}")

    @cached_property
    def model_hash(self) -> str:
        """Eight hex digits of AV-Sim's weights: what an ambient bank's embeddings are good for."""
        return weights_hash(self.av_sim)


def _estimate(solver: SchedulerMixin) -> torch.Tensor | None:
    """(B, C, 16, 24) clean latents as of the last step, which the solvers whose name ends in ++ keep anyway."""
    # A scheduler made from another one's configuration carries its words on, whatever it does itself.
    kept = getattr(solver, "model_outputs", None)
    return kept[-1] if kept and solver.config.get("algorithm_type", "").endswith("++") else None
