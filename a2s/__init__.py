"""a2s: a foley studio. A silent video in, the sound that its picture asks for out (Action2Sound, ECCV 2024).

Names are resolved on first use, so that `import a2s` loads neither torch nor diffusers.
"""

from importlib import import_module

from a2s._version import __version__

_HOME = {
    "dub": "a2s.dubbing.job",
    "AVLDMPipeline": "a2s.pipelines",
    "AVSim": "a2s.models",
    "AmbientBank": "a2s.ambient",
    "AmbientChange": "a2s.settings",
    "Conditioner": "a2s.models",
    "Cue": "a2s.cues",
    "CueTrack": "a2s.cues",
    "DubSettings": "a2s.settings",
    "MelVAE": "a2s.models",
    "PackageOptions": "a2s.editors",
    "Take": "a2s.dubbing.take",
    "Vocoder": "a2s.models",
    "write_package": "a2s.editors",
}
__all__ = ["__version__", *_HOME]


def __getattr__(name: str):
    if name in _HOME:
        value = getattr(import_module(_HOME[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'a2s' has no attribute {name!r}")
