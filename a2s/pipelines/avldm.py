"""AVLDMPipeline: a video, cues and an ambient condition in, a mel and its waveform out."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
from diffusers import DiffusionPipeline, SchedulerMixin, UNet2DConditionModel

from a2s.ambient.extension import repeated
from a2s.audio.mel import mel_spectrogram, pad_frames
from a2s.models import AVSim, Conditioner, GriffinLim, MelVAE, Vocoder
from a2s.models.official import HiFiGAN, OfficialAVSim, OfficialConditioner, PictureVAE
from a2s.pipelines import solver as _solver  # noqa: F401  (diffusers loads only classes of imported modules)
from a2s.pipelines.call import PipelineCall, generate
from a2s.pipelines.features import AVSimFeatures
from a2s.pipelines.loading import check_safetensors, model_folder
from a2s.pipelines.output import AVLDMPipelineOutput, AVLDMWindowOutput
from a2s.pipelines.properties import ModelProperties
from a2s.settings import AUDIO, GUIDANCE_SCALE, STEPS, AudioSpec

if TYPE_CHECKING:
    from a2s.cues import CueTrack
    from a2s.vision import Motion
    from a2s.vision.video import Video

CACHED_WINDOWS = 16
"""Windows of one motion whose tokens are kept."""

WIDE = 1024
"""Channels of a large UNet. Only for folders of version 0.1, whose configuration has no `large`."""


class AVLDMPipeline(ModelProperties, AVSimFeatures, DiffusionPipeline):
    """Audio-visual latent diffusion with a disentangled ambience (Chen et al., Action2Sound, ECCV 2024, section 3).

    The ambient condition is always given; guidance amplifies the contribution of video and cues. Model-specific steps
    (the inputs of a window, the UNet's context, the embedding of a sound) are methods of the components, so components
    of both model families work here.

    steps, guidance_scale: defaults of the sampler. large: whether a GPU and all threads pay off. threads: torch threads
    of a call; None is one for a small model, whose tensors are too small to share, and every core for a large one.
    uses_cues: whether the cue track shapes the sound; None asks the conditioner. audio: the specification of its sound,
    see `AudioSpec.to_config`; None takes the vocoder's, or `AUDIO` (16 kHz) if the vocoder has none.
    """

    model_cpu_offload_seq = "av_sim->conditioner->unet->vae->vocoder"
    _callback_tensor_inputs = ["latents", "estimate"]

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
        large: bool | None = None,
        threads: int | None = None,
        uses_cues: bool | None = None,
        audio: dict[str, int | float] | None = None,
    ):
        super().__init__()
        self.register_modules(
            vae=vae, unet=unet, scheduler=scheduler, conditioner=conditioner, av_sim=av_sim, vocoder=vocoder
        )
        large = max(unet.config.block_out_channels) >= WIDE if large is None else large
        uses_cues = conditioner.uses_cues if uses_cues is None else uses_cues
        self._spec = AudioSpec.from_config(audio) if audio else getattr(vocoder, "spec", AUDIO)
        audio = None if self._spec == AUDIO else self._spec.to_config()
        self.register_to_config(
            steps=steps, guidance_scale=guidance_scale, large=large, threads=threads, uses_cues=uses_cues, audio=audio
        )
        self._guidance_scale, self._num_timesteps, self._interrupt = guidance_scale, 0, False
        self._folder: Path | None = None
        # {motion: {start: tokens}}: retrieval and generation need the same windows; a large encoder takes seconds.
        self._tokens: WeakKeyDictionary[Motion, dict[float, torch.Tensor]] = WeakKeyDictionary()

    @classmethod
    def from_pretrained(
        cls,
        pretrained_model_name_or_path: str | os.PathLike,
        *,
        torch_dtype: torch.dtype | None = None,
        use_safetensors: bool = True,
        **options: Any,
    ) -> AVLDMPipeline:
        """Load a pipeline from a folder, without the network, or from the Hugging Face Hub.

        pretrained_model_name_or_path: a folder, or a Hub id such as "owner/name". torch_dtype: of all components; None
        is float32, also for weights that are stored as float16. options: of `DiffusionPipeline.from_pretrained`, such
        as revision, local_files_only and cache_dir. Only safetensors are loaded, never pickles. Raises WeightsMissing
        for a path that does not exist, BadInput for use_safetensors=False, and what diffusers raises.
        """
        check_safetensors(use_safetensors)
        options["dtype"] = options.pop("dtype", None) or torch_dtype or torch.float32
        folder = model_folder(pretrained_model_name_or_path, options, cls.download)
        pipe = super().from_pretrained(os.fspath(folder), **(options | {"use_safetensors": True}))
        pipe.register_to_config(_name_or_path=os.fspath(pretrained_model_name_or_path))
        pipe._folder = folder
        return pipe

    # ------------------------------------------------------------------ properties

    @property
    def folder(self) -> Path | None:
        """The folder that the pipeline was loaded from; None for one that was made in memory."""
        if self._folder is None and self.name_or_path and (Path(self.name_or_path) / self.config_name).is_file():
            self._folder = Path(self.name_or_path)  # loaded by DiffusionPipeline.from_pretrained
        return self._folder

    @property
    def guidance_scale(self) -> float:
        """Guidance scale of the current or last call; the default before the first one."""
        return self._guidance_scale

    @property
    def num_timesteps(self) -> int:
        """Sampler steps of the current or last call, all windows together."""
        return self._num_timesteps

    @property
    def interrupt(self) -> bool:
        """Whether the current call skips its remaining sampler steps; a step callback may set `_interrupt`."""
        return self._interrupt

    def __repr__(self) -> str:
        parts = "".join(f"  {name}: {type(part).__name__}\n" for name, part in self.components.items())
        dtype = str(self.dtype).removeprefix("torch.")
        return (
            f"{type(self).__name__}({self.name_or_path or 'in memory'!r}, {self.device}, {dtype},"
            f" {self.default_steps} steps, guidance scale {self.default_guidance_scale:g})\n{parts}".rstrip()
        )

    # ------------------------------------------------------------------ inputs

    def check_inputs(self, call: PipelineCall) -> None:
        """Raises BadInput that says what was given and what is allowed."""
        call.check(self._callback_tensor_inputs)

    @torch.inference_mode()
    def encode_video(self, motion: Motion, start: float = 0.0) -> torch.Tensor:
        """Video tokens (1, K, D) of the window [start, start + 3 s); start in seconds."""
        cached = self._tokens.setdefault(motion, {})
        tokens = cached.get(start)
        if tokens is None:
            window = (_cast(x, self._execution_device, self.av_sim.dtype) for x in self.av_sim.window(motion, start))
            tokens = cached[start] = self.av_sim.encode(*window)
            if len(cached) > CACHED_WINDOWS:
                cached.pop(next(iter(cached)), None)
        return tokens

    @torch.inference_mode()
    def encode_ambient(self, waveform: np.ndarray, generator: torch.Generator | None = None) -> torch.Tensor:
        """The ambient condition (1, C, 16, 24) of a sound: its first 3 s, repeated if it is shorter.

        waveform: (n,) float32 at `sample_rate`. generator: for a VAE whose posterior is to be sampled; without it, the
        mode is taken.
        """
        spec = self.spec
        wave = torch.from_numpy(repeated(waveform, spec.window_samples)[: spec.window_samples])
        mel = pad_frames(mel_spectrogram(wave.to(self._execution_device), spec)[None], spec).to(self.vae.dtype)
        shape = (1, self.vae.config.latent_channels, spec.latent_bands, spec.latent_frames)
        noise = None if generator is None else self._noise(shape, generator).to(self.vae.dtype)
        return self.vae.encode(mel, noise)

    def prepare_latents(
        self,
        shape: Sequence[int],
        generator: torch.Generator | list[torch.Generator] | None,
        scheduler: SchedulerMixin,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """(latents to start from, the unit normal noise in them), both of `shape` (B, C, 16, 24).

        The noise is drawn on the CPU, row by row, so a seed gives the same noise on every machine and in every batch.
        """
        noise = self._noise(shape, generator)
        return noise * scheduler.init_noise_sigma, noise

    # ------------------------------------------------------------------ generation

    @torch.no_grad()
    def __call__(
        self,
        video: str | os.PathLike | Video,
        ambient: float = 0.35,
        ambient_clip: str | os.PathLike | None = None,
        cues: CueTrack | str | os.PathLike | Sequence[float] | None = None,
        num_inference_steps: int | None = None,
        guidance_scale: float | None = None,
        num_waveforms: int = 1,
        generator: torch.Generator | list[torch.Generator] | None = None,
        output_type: str = "np",
        return_dict: bool = True,
        callback_on_step_end: Callable | None = None,
        callback_on_step_end_tensor_inputs: Sequence[str] = ("latents",),
    ) -> AVLDMPipelineOutput | tuple:
        """Generate the sound of a video, exactly as long as its picture.

        video: path of a video file. ambient: amount of ambience, 0 (action only) to 1. ambient_clip: id of a clip of
        the model's ambient bank or path of a recording; None takes the bank's best match. cues: a CueTrack, a cue file,
        or times in seconds; None detects them. num_inference_steps, guidance_scale: None takes the model's defaults.
        num_waveforms: number of takes. output_type: "np", "pt", "mel" or "latent", see `AVLDMPipelineOutput`.
        generator: its initial seed is the seed (0 to 2**32 - 1), whatever was drawn from it; None is seed 0. The noise
        of every take and window is derived from it, so `torch.Generator().manual_seed(7)` gives the same sound as
        `dub` with `DubSettings(seed=7)`. A list gives each take a seed of its own.
        callback_on_step_end(pipe, step, timestep, tensors): called after each sampler step of each window, step from 0
        to `num_timesteps` - 1; it may return {"latents": ...} to replace them, or raise to stop. Its tensors are those
        of callback_on_step_end_tensor_inputs: "latents" (B, C, 16, 24), and "estimate", the solver's prediction of the
        finished latents, or None. return_dict=False returns (audios, cues, ambience).

        Raises BadInput (a ValueError), UnreadableVideo, TooLarge, UnreadableAudio, BadCues, BankError.
        """
        call = PipelineCall(
            video, ambient, ambient_clip, cues,
            self.default_steps if num_inference_steps is None else num_inference_steps,
            self.default_guidance_scale if guidance_scale is None else guidance_scale,
            num_waveforms, generator, output_type, callback_on_step_end, callback_on_step_end_tensor_inputs,
        )  # fmt: skip
        self.check_inputs(call)
        self._guidance_scale, self._interrupt = call.guidance_scale, False
        output = generate(self, call)
        self.maybe_free_model_hooks()
        return output if return_dict else output.to_tuple()

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
        interrupted: Callable[[], bool] = lambda: False,
    ) -> AVLDMWindowOutput:
        """Sample one window of 3 s for each row.

        video_tokens: (B, K, D) of `encode_video`. cue_roll: (B, 20, 192), see `a2s.cues.draw_cue_roll`. ambient:
        (B, C, 16, 24) of `encode_ambient`. num_inference_steps, guidance_scale: None takes the defaults; a scale of 1
        switches guidance off. generator: one, or one for each row, so that no row depends on its batch.
        known: (latents (B, C, 16, 24), mask broadcastable to them); where the mask is 1 the result keeps the latents.
        callback_on_step_end(pipe, step, timestep, {"latents": x, "estimate": x0}) is called after each step and may
        raise to stop. x0: the solver's prediction of the finished latents, None where it makes none. interrupted() is
        called before each step; once it returns True, the remaining steps are skipped. Raises ValueError for shapes
        that do not match.
        """
        _check_shapes(video_tokens, cue_roll, ambient, self.spec)
        guidance_scale = self.default_guidance_scale if guidance_scale is None else guidance_scale
        device = self._execution_device
        video, cues, ambient = (x.to(device, self.conditioner.dtype) for x in (video_tokens, cue_roll, ambient))
        # A multistep solver remembers its last steps. With a copy for each run, threads may share one pipeline.
        solver = copy.deepcopy(self.scheduler)
        solver.set_timesteps(num_inference_steps or self.default_steps, device=device)
        latents, noise = self.prepare_latents(ambient.shape, generator, solver)
        context, grid = self.conditioner.branches(video, cues, ambient, guidance_scale != 1)
        for step, timestep in enumerate(solver.timesteps):
            if interrupted():
                break
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
        return AVLDMWindowOutput(self.decode(latents), latents)

    @torch.inference_mode()
    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """latents (B, C, 16, 24) -> mels (B, 128, 188), in [0, 1], or slightly beyond where the VAE does not clip."""
        return self.vae.decode(latents.to(self.vae.dtype))[..., : self.spec.window_frames]

    @torch.inference_mode()
    def vocode(self, mel: torch.Tensor) -> torch.Tensor:
        """mel (B, 128, T) in [0, 1] -> waveform (B, hop_length T) at `sample_rate`."""
        return self.vocoder(mel.to(self._execution_device, self.vocoder.dtype))

    def _denoise(
        self,
        latents: torch.Tensor,
        timestep: torch.Tensor,
        context: torch.Tensor,
        grid: torch.Tensor | None,
        guidance_scale: float,
    ) -> torch.Tensor:
        """The UNet's prediction, with classifier-free guidance where the context has twice the rows."""
        x = latents if len(context) == len(latents) else torch.cat([latents, latents])
        if grid is not None:
            x = torch.cat([x, grid], 1)
        dtype = self.unet.dtype
        prediction = self.unet(x.to(dtype), timestep, encoder_hidden_states=context.to(dtype)).sample.to(latents.dtype)
        if len(context) == len(latents):
            return prediction
        without, with_video = prediction.chunk(2)
        return without + guidance_scale * (with_video - without)

    def _noise(self, shape: Sequence[int], generator: torch.Generator | list[torch.Generator] | None) -> torch.Tensor:
        each = generator if isinstance(generator, list) else [generator] * shape[0]
        return torch.cat([torch.randn((1, *shape[1:]), generator=g) for g in each]).to(self._execution_device)


def _check_shapes(video: torch.Tensor, cues: torch.Tensor, ambient: torch.Tensor, spec: AudioSpec) -> None:
    if not len(video) == len(cues) == len(ambient):
        raise ValueError(f"batch sizes differ: {len(video)} video, {len(cues)} cues, {len(ambient)} ambient")
    expected = (spec.latent_bands, spec.latent_frames)
    if tuple(ambient.shape[-2:]) != expected:
        raise ValueError(f"ambient must be (B, C, {expected[0]}, {expected[1]}), got {tuple(ambient.shape)}")


def _cast(x: torch.Tensor, device: torch.device, dtype: torch.dtype) -> torch.Tensor:
    """On the device; in the dtype unless it holds integers."""
    return x.to(device, dtype) if x.is_floating_point() else x.to(device)


def _estimate(solver: SchedulerMixin) -> torch.Tensor | None:
    """(B, C, 16, 24) clean latents predicted at the last step, which solvers whose name ends in ++ store."""
    # A scheduler made with from_config keeps the words of the other one's configuration, whatever it does itself.
    stored = getattr(solver, "model_outputs", None)
    return stored[-1] if stored and solver.config.get("algorithm_type", "").endswith("++") else None
