"""What a pipeline's configuration states about its model: defaults, size, and the specification of its sound."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from a2s.settings import AudioSpec


class ModelProperties:
    """The properties of AVLDMPipeline that follow from its configuration."""

    if TYPE_CHECKING:
        config: Any
        _spec: AudioSpec

    @property
    def default_steps(self) -> int:
        """Sampler steps where a call gives none."""
        return self.config.steps

    @property
    def default_guidance_scale(self) -> float:
        """Guidance scale where a call gives none."""
        return self.config.guidance_scale

    @property
    def is_large(self) -> bool:
        """Whether a GPU, or more than one thread, pays off."""
        return self.config.large

    @property
    def threads(self) -> int:
        """Torch threads of a call."""
        return self.config.threads or ((os.cpu_count() or 1) if self.is_large else 1)

    @property
    def uses_cues(self) -> bool:
        """Whether the cue track shapes the sound. Otherwise the model conditions on the video tokens alone."""
        return self.config.uses_cues

    @property
    def spec(self) -> AudioSpec:
        """The specification of its sounds and mels."""
        return self._spec

    @property
    def sample_rate(self) -> int:
        """Samples per second of every sound that goes in or comes out."""
        return self.spec.sample_rate
