"""One call of the pipeline: a video in, its waveforms out."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from diffusers.callbacks import MultiPipelineCallbacks, PipelineCallback

from a2s.audio.curve import applied
from a2s.audio.delivered_loudness import delivered_gain
from a2s.cues import CueTrack, detect_cues
from a2s.errors import BadInput
from a2s.pipelines.ambience import Ambience, choose_ambience, load_bank
from a2s.pipelines.devices import torch_threads
from a2s.pipelines.long_form import VideoGenerator
from a2s.pipelines.output import AVLDMPipelineOutput
from a2s.pipelines.windows import OnStep, SamplerStep, frames_of, samples_of, vocode
from a2s.settings import DubSettings, setting_ranges
from a2s.vision.video import Video

if TYPE_CHECKING:
    from a2s.pipelines.avldm import AVLDMPipeline
    from a2s.vision import Motion

OUTPUT_TYPES = ("np", "pt", "mel", "latent")

_SETTINGS = {
    "ambient": "ambient",
    "num_inference_steps": "steps",
    "guidance_scale": "guidance_scale",
    "num_waveforms": "takes",
}
"""Arguments of a call that are numbers, and the settings whose ranges they have."""


@dataclass(frozen=True)
class PipelineCall:
    """The arguments of `AVLDMPipeline.__call__`, where they are described; steps and guidance filled in."""

    video: str | os.PathLike | Video
    ambient: float
    ambient_clip: str | os.PathLike | None
    cues: CueTrack | str | os.PathLike | Sequence[float] | None
    num_inference_steps: int
    guidance_scale: float
    num_waveforms: int
    generator: torch.Generator | list[torch.Generator] | None
    output_type: str
    callback_on_step_end: Callable | PipelineCallback | MultiPipelineCallbacks | None
    callback_on_step_end_tensor_inputs: Sequence[str]

    @property
    def tensor_inputs(self) -> Sequence[str]:
        """Names of the tensors that the callback receives."""
        if isinstance(self.callback_on_step_end, PipelineCallback | MultiPipelineCallbacks):
            return self.callback_on_step_end.tensor_inputs
        return self.callback_on_step_end_tensor_inputs

    @property
    def seeds(self) -> tuple[tuple[int, int], ...]:
        """(seed, number of takes) of each run of the sampler: one run for one generator, else one for each."""
        if isinstance(self.generator, list):
            return tuple((generator.initial_seed(), 1) for generator in self.generator)
        return ((0 if self.generator is None else self.generator.initial_seed(), self.num_waveforms),)

    def check(self, tensors: Sequence[str]) -> None:
        """Raises BadInput for the first argument that is not allowed. tensors: names that a callback may ask for."""
        if not isinstance(self.video, str | os.PathLike | Video):
            raise BadInput(f"video must be the path of a video file, not {_shown(self.video)}.")
        ranges = setting_ranges()
        for name, setting in _SETTINGS.items():
            _check_number(name, getattr(self, name), ranges[setting], name.startswith("num_"))
        if self.ambient_clip is not None and not isinstance(self.ambient_clip, str | os.PathLike):
            raise BadInput(f"ambient_clip must be a clip's id or a file's path, not {_shown(self.ambient_clip)}.")
        if self.output_type not in OUTPUT_TYPES:
            raise BadInput(f"output_type must be one of {', '.join(OUTPUT_TYPES)}, not {_shown(self.output_type)}.")
        self._check_generator(ranges["seed"])
        unknown = [name for name in self.tensor_inputs if name not in tensors]
        if unknown:
            allowed = ", ".join(tensors)
            raise BadInput(f"callback_on_step_end_tensor_inputs may hold {allowed}, not {_shown(unknown[0])}.")
        if self.callback_on_step_end is not None and not callable(self.callback_on_step_end):
            raise BadInput(f"callback_on_step_end must be callable, not {_shown(self.callback_on_step_end)}.")

    def _check_generator(self, allowed: tuple[float, float]) -> None:
        several = isinstance(self.generator, list)
        generators = self.generator if isinstance(self.generator, list) else [self.generator]
        if not all(isinstance(one, torch.Generator) or (one is None and not several) for one in generators):
            raise BadInput(f"generator must be a torch.Generator or a list of them, not {_shown(self.generator)}.")
        if several and len(generators) != self.num_waveforms:
            raise BadInput(
                f"generator is a list of {len(generators)}, num_waveforms is {self.num_waveforms}; they must be equal."
            )
        for seed, _ in self.seeds:
            if not allowed[0] <= seed <= allowed[1]:
                raise BadInput(f"The seed of a generator must be from 0 to {allowed[1]:.0f}, not {seed}.")

    def cue_track(self, motion: Motion) -> CueTrack:
        """The given cues, or those that the motion shows. Raises BadCues."""
        if self.cues is None:
            return detect_cues(motion)
        if isinstance(self.cues, CueTrack):
            track = self.cues
        elif isinstance(self.cues, str | os.PathLike):
            track = CueTrack.load(Path(self.cues))
        else:
            track = CueTrack.at(self.cues)
        track.check()
        return track

    def settings(self, seed: int, takes: int) -> DubSettings:
        """The settings of one run."""
        return DubSettings(
            ambient=self.ambient,
            takes=takes,
            seed=seed,
            steps=self.num_inference_steps,
            guidance_scale=self.guidance_scale,
        )


def generate(pipe: AVLDMPipeline, call: PipelineCall) -> AVLDMPipelineOutput:
    """The output of a checked call."""
    with torch_threads(pipe.threads):
        motion = Video.of(call.video).motion
        cues = pipe.label_cues(motion, call.cue_track(motion))
        clip = None if call.ambient_clip is None else os.fspath(call.ambient_clip)
        ambience = choose_ambience(motion, pipe, load_bank(None, pipe), call.ambient, clip)
        runs = [VideoGenerator(pipe, motion, cues, call.settings(*seed)) for seed in call.seeds]
        steps = call.num_inference_steps * sum(run.count for run in runs)
        pipe._num_timesteps = steps
        with pipe.progress_bar(total=steps) as bar:
            made, before = [], 0
            for run in runs:
                made.append(_output(pipe, run, ambience, call, _on_step(pipe, call, bar, before)))
                before += call.num_inference_steps * run.count
    return AVLDMPipelineOutput(_stacked(made, call.output_type), cues, ambience.source)


def _output(
    pipe: AVLDMPipeline, run: VideoGenerator, ambience: Ambience, call: PipelineCall, on_step: OnStep
) -> np.ndarray:
    """One run in the form that `output_type` asks for, as an array."""
    duration = run.motion.duration
    if call.output_type == "latent":
        return run.generate_latents(ambience.waveform, on_step, lambda: pipe.interrupt).numpy()
    mel = run.generate([ambience.waveform], on_step, interrupted=lambda: pipe.interrupt)
    if call.output_type == "mel":
        return mel[..., : frames_of(duration, pipe.spec)].clip(0, 1)
    waveforms = vocode(pipe, mel, max(1, samples_of(duration, pipe.spec)))
    rate, curves = pipe.sample_rate, [delivered_gain(waveform, pipe.sample_rate, None)[0] for waveform in waveforms]
    return np.stack([applied(curve, one, rate) for curve, one in zip(curves, waveforms, strict=True)])[:, None]


def _stacked(parts: list[np.ndarray], output_type: str) -> np.ndarray | torch.Tensor:
    whole = np.concatenate(parts).astype(np.float32, copy=False)
    return torch.from_numpy(whole) if output_type in ("pt", "latent") else whole


def _on_step(pipe: AVLDMPipeline, call: PipelineCall, bar: Any, before: int) -> OnStep:
    """diffusers' callback after each step. bar: tqdm. before: steps of the runs before this one."""

    def on_step(step: SamplerStep) -> torch.Tensor | None:
        if step.first_take == 0:
            bar.update()
        if call.callback_on_step_end is None:
            return None
        tensors = {name: getattr(step, name) for name in call.tensor_inputs}
        index = before + step.number * step.steps + step.step - 1
        replaced = call.callback_on_step_end(pipe, index, step.timestep, tensors)
        return (replaced or {}).get("latents")

    return on_step


def _check_number(name: str, value: Any, allowed: tuple[float, float], whole: bool) -> None:
    least, most = allowed
    kind = int if whole else (int, float)
    number = isinstance(value, kind) and not isinstance(value, bool)
    if not (number and math.isfinite(value) and least <= value <= most):
        what = "a whole number" if whole else "a number"
        raise BadInput(f"{name} must be {what} from {least:g} to {most:.10g}, not {_shown(value)}.")


def _shown(value: object) -> str:
    return repr(value)[:60]
