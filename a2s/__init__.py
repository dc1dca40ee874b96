"""a2s: a foley studio. A silent video in, the sound that its picture asks for out (Action2Sound, ECCV 2024).

Names are resolved on first use, so that `import a2s.media` does not load torch.
"""

from importlib import import_module

_HOME = {
    "AVLDMPipeline": "a2s.pipelines",
    "AmbientBank": "a2s.ambient",
    "Cue": "a2s.cues",
    "CueTrack": "a2s.cues",
    "DubSettings": "a2s.settings",
    "Take": "a2s.dub",
    "dub": "a2s.dub",
}
__all__ = list(_HOME)
__version__ = "0.1.0"


def __getattr__(name: str):
    if name in _HOME:
        value = getattr(import_module(_HOME[name]), name)
        globals()[name] = value  # `a2s.dub` must stay the function, also after the module a2s.dub was imported
        return value
    raise AttributeError(f"module 'a2s' has no attribute {name!r}")
