"""Start-up of the commands that load a model: light imports, and the film is read meanwhile.

diffusers imports two large libraries at module level: transformers for type checks of components that our pipeline
does not have, and `torch._dynamo` (with sympy) to mark functions for `torch.compile`. Together they cost about a third
of the processor time of a short dub. diffusers has no option that avoids them, so this file stays ours.

While `import_diffusers` runs, placeholders replace both. The placeholder of a class behaves like the class: the first
use that needs the real module imports it. Only the command line does this, in its own process; `import a2s` does not
change other programs.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.metadata import version
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from a2s.vision.video import Video

MAX_OBSERVED_SECONDS = 60.0
"""Longer videos are observed later, with a progress bar: reading them takes longer than the imports."""

COMPILER = "torch._dynamo"
TRANSFORMERS = ("transformers", "transformers.utils", "transformers.utils.quantization_config")


def import_diffusers() -> None:
    """Import what AVLDMPipeline needs of diffusers. Does nothing special if the real modules are imported already."""
    if "diffusers" in sys.modules or COMPILER in sys.modules or "transformers" in sys.modules:
        return
    if os.environ.get("A2S_COMPILE") == "1":  # the compiler is needed, and so are diffusers' marks for it
        return
    import torch

    with _placeholders():
        from diffusers import DiffusionPipeline, UNet2DConditionModel  # noqa: F401
        from diffusers.pipelines import pipeline_loading_utils
    vars(torch).pop("_dynamo", None)
    _skip_compiler_check(pipeline_loading_utils)


def start(video: Video) -> Video:
    """Import diffusers, and observe a short video at the same time. Raises UnreadableVideo, TooLarge."""
    from a2s.vision.motion import observe  # noqa: F401  (before the thread, which must import nothing)

    if video.seconds > MAX_OBSERVED_SECONDS:
        import_diffusers()
        return video
    errors: list[Exception] = []

    def observe_video() -> None:
        try:
            video.observe()
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=observe_video, daemon=True)  # Ctrl-C need not wait for a daemon
    thread.start()
    import_diffusers()
    thread.join()
    for error in errors:
        raise error
    return video


@contextmanager
def _placeholders() -> Iterator[None]:
    modules = {name: _PlaceholderModule(name) for name in (COMPILER, *TRANSFORMERS)}
    vars(modules["transformers"])["__version__"] = version("transformers")
    vars(modules[COMPILER]).update(allow_in_graph=_unmarked, disable=_unmarked)
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name in modules:
            del sys.modules[name]


def _unmarked(function: Any = None, *_: object, **__: object) -> Any:
    """A decorator of torch's compiler, with or without arguments, that returns its function unchanged."""
    return function if function is not None else lambda decorated: decorated


def _skip_compiler_check(module: ModuleType) -> None:
    """Let diffusers ask whether a component is compiled without importing the compiler for the answer."""
    original: Callable[[object], bool] = module.is_compiled_module

    def is_compiled_module(component: object) -> bool:
        return COMPILER in sys.modules and original(component)  # nothing is compiled before the compiler is imported

    module.is_compiled_module = is_compiled_module  # type: ignore[attr-defined]


class _PlaceholderModule(ModuleType):
    """A module whose names are placeholders."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__spec__, self.__path__ = ModuleSpec(name, None), []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Placeholder(self.__name__, name)


class _Placeholder:
    """Stands for an object of a module that is not imported yet."""

    def __init__(self, module: str, name: str) -> None:
        self._module, self._name = module, name

    def _real(self) -> Any:
        return getattr(import_module(self._module), self._name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._real(), name)

    def __call__(self, *args: Any, **options: Any) -> Any:
        return self._real()(*args, **options)

    def __instancecheck__(self, instance: object) -> bool:
        return self.__subclasscheck__(type(instance))

    def __subclasscheck__(self, subclass: type) -> bool:
        return self._module in sys.modules and issubclass(subclass, self._real())

    def __mro_entries__(self, bases: tuple[object, ...]) -> tuple[type, ...]:
        return (self._real(),)

    def __or__(self, other: object) -> Any:
        return Any

    __ror__ = __or__
