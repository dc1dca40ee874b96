"""The diffusion pipeline, its solver and the devices it runs on.

`AVLDMPipeline` is resolved on first use, because its import loads torch and diffusers.
"""

from importlib import import_module

__all__ = ["AVLDMPipeline"]


def __getattr__(name: str):
    if name in __all__:
        return getattr(import_module("a2s.pipelines.avldm"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
