"""The stems of a take, by name. They add up to the mix, sample for sample, when they are written as 24-bit files."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from a2s.errors import BadSettings
from a2s.settings import DELIVERY, Limits

if TYPE_CHECKING:
    from a2s.media import Soundtrack

NAMES = ("action", "ambience", "original")


class Stems(Mapping[str, np.ndarray]):
    """`stems["action"]`, `stems["ambience"]` and, where it is kept, `stems["original"]`, as their files hold them.

    Each is (n, 2) float32 at 48 kHz, as long as the picture, read-only. They add up to the mix.
    The action stem is the same take (seed, cues), generated with the low-ambient condition and mastered with the same
    gains. The original is the film's own soundtrack at its level in the mix. The ambience is the rest: a difference,
    not a generation of its own. The two versions of an impact are alike, not equal, so the ambience has a trace of it.

    soundtrack: of the take. seconds: of the picture. render: generates the action, as `Soundtrack.dub`, at the first
    access where the soundtrack lacks it; it is dropped when a take is pickled. Without both, an access raises
    BadSettings.
    """

    def __init__(
        self,
        soundtrack: Soundtrack,
        seconds: float,
        render: Callable[[], np.ndarray] | None = None,
        limits: Limits | None = None,
    ):
        self._soundtrack, self._seconds, self._render, self._limits = soundtrack, seconds, render, limits
        self._arrays: dict[str, np.ndarray] | None = None
        self._lock = threading.Lock()

    @property
    def rendered(self) -> bool:
        """Whether an access needs no generation."""
        return self._soundtrack.action is not None

    def soundtrack(self) -> Soundtrack:
        """The soundtrack with its action, which is generated if need be. Raises BadSettings."""
        with self._lock:
            return self._known()

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self:
            raise KeyError(name)
        with self._lock:
            if self._arrays is None:
                self._arrays = _arrays(self._known(), self._seconds, self._limits)
        return self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES if self._soundtrack.original is not None else NAMES[:2])

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __contains__(self, name: object) -> bool:
        return name in list(iter(self))

    def __repr__(self) -> str:
        return f"Stems({', '.join(self)}; {'rendered' if self.rendered else 'rendered at the first access'})"

    def __getstate__(self) -> dict:
        return {"soundtrack": self._soundtrack, "seconds": self._seconds, "limits": self._limits}

    def __setstate__(self, state: dict) -> None:
        self._soundtrack, self._seconds, self._limits = state["soundtrack"], state["seconds"], state["limits"]
        self._render, self._arrays = None, None
        self._lock = threading.Lock()  # a lock cannot be pickled

    def _known(self) -> Soundtrack:
        if self._soundtrack.action is None:
            if self._render is None:
                raise BadSettings("This take has no stems: dub it again with stems=True.")
            self._soundtrack, self._render = replace(self._soundtrack, action=self._render()), None
        return self._soundtrack


def _arrays(soundtrack: Soundtrack, seconds: float, limits: Limits | None) -> dict[str, np.ndarray]:
    """All stems as arrays."""
    from a2s.media import sound_steps  # keeps `import a2s` fast: PyAV

    parts = list(sound_steps(soundtrack, seconds, limits))
    names = [name for name in NAMES if name in parts[0]] if parts else NAMES
    found = {}
    for name in names:
        steps = np.concatenate([part[name] for part in parts]) if parts else np.zeros((0, DELIVERY.channels))
        found[name] = (steps / DELIVERY.full_scale).astype(np.float32)
        found[name].setflags(write=False)
    return found
