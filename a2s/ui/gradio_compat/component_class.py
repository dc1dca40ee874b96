"""A class of components that leaves no file behind.

Reason: gradio's metaclass writes a .pyi file beside the source of every class of components, which fails or litters
where a2s is installed. Classes that declare no events of their own need nothing else that the metaclass does.
"""

from __future__ import annotations

from abc import ABCMeta
from typing import Any

from gradio.component_meta import ComponentMeta


class NoStubMeta(ComponentMeta):
    """ComponentMeta without the .pyi file."""

    def __new__(mcs, name: str, bases: tuple[type, ...], attributes: dict[str, Any]) -> NoStubMeta:
        return ABCMeta.__new__(mcs, name, bases, attributes)
