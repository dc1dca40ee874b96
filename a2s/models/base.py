"""The base class of all networks: made from a configuration, saved as safetensors, as diffusers does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diffusers.configuration_utils import ConfigMixin
from diffusers.models.modeling_utils import ModelMixin


class ConfiguredModel(ModelMixin, ConfigMixin):  # type: ignore[misc]  # the two disagree about the type of a constant
    """A diffusers model. `config` holds the arguments of `__init__`, also as attributes."""

    if TYPE_CHECKING:
        config: Any
