"""From conditions to sound: the diffusion pipeline, the cue roll it is conditioned on, and windows for any length.

Names are resolved on first use: the cue roll and the windows need no torch until something is sampled.
"""

from importlib import import_module

_HOME = {"AVLDMPipeline": "avldm", "ROLL_CHANNELS": "roll", "cue_roll": "roll", "plan_windows": "windows"}
__all__ = list(_HOME)


def __getattr__(name: str):
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
