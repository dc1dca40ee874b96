"""Import diffusers without transformers and without torch's compiler. Halves the imports of `a2s dub`.

diffusers imports both at module level: transformers for type checks of components that our pipeline does not have, and
`torch._dynamo` (with sympy) to mark functions for `torch.compile`. Together they cost about 4 of 12 seconds of processor
time of a short dub. No option of diffusers avoids that, so this file stays ours.

While `import_diffusers` runs, both modules are replaced by placeholders. A placeholder of a class behaves like the class:
at the first use that needs it, the real module is imported. Only the command line uses this, in its own process and
before other threads start; `import a2s` changes nothing for other programs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.metadata import version
from types import ModuleType
from typing import Any

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


@contextmanager
def _placeholders() -> Iterator[None]:
    modules = {name: _PlaceholderModule(name) for name in (COMPILER, *TRANSFORMERS)}
    modules["transformers"].__version__ = version("transformers")
    compiler = modules[COMPILER]
    compiler.allow_in_graph = _unmarked
    compiler.disable = _unmarked
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name in modules:
            del sys.modules[name]


def _unmarked(function: Any = None, **_: object) -> Any:
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
