"""a2s: a foley studio. A silent video in, the sound that its picture asks for out (Action2Sound, ECCV 2024).

Names are resolved on first use, so that `import a2s.media` does not load torch. `dub` alone is bound at once: its
module has the same name, and importing a submodule would otherwise put the module in the function's place.
"""

from importlib import import_module

__version__ = "0.1.0"

from a2s.dubbing.job import dub

_HOME = {
    "AVLDMPipeline": "a2s.pipelines",
    "AVSim": "a2s.models",
    "AmbientBank": "a2s.ambient",
    "AmbientChange": "a2s.settings",
    "Conditioner": "a2s.models",
    "Cue": "a2s.cues",
    "CueTrack": "a2s.cues",
    "DubSettings": "a2s.settings",
    "MelVAE": "a2s.models",
    "Take": "a2s.dubbing.take",
    "Vocoder": "a2s.models",
}
__all__ = ["dub", *_HOME]


def __getattr__(name: str):
    if name in _HOME:
        value = getattr(import_module(_HOME[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'a2s' has no attribute {name!r}")
