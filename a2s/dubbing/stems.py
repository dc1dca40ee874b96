"""The stems of a take, by name. They add up to the mix, sample for sample, when they are written as 24-bit files."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from a2s.errors import BadSettings

FULL_SCALE = 2**23
"""Steps of a 24-bit sample from 0 to full scale."""

NAMES = ("action", "ambience")


class Stems(Mapping[str, np.ndarray]):
    """`stems["action"]` and `stems["ambience"]`, each (n,) float32, read-only.

    The action stem is the same take (seed, cues), generated with the low-ambient condition and mastered with the same
    gains. The ambience stem is the rest of the mix, with the original soundtrack where one is kept: a difference, not a
    generation of its own. The two versions of an impact are alike, not equal, so the ambience keeps a trace of it.

    mix: (n,) float32, the take. action: (n,) float32 if it is known. render: generates it at the first access
    otherwise; it is dropped when a take is pickled. Without both, an access raises BadSettings.
    """

    def __init__(
        self, mix: np.ndarray, action: np.ndarray | None = None, render: Callable[[], np.ndarray] | None = None
    ):
        self._mix, self._action, self._render = mix, action, render
        self._stems: tuple[np.ndarray, ...] | None = None
        self._lock = threading.Lock()

    @property
    def rendered(self) -> bool:
        """Whether an access needs no generation."""
        return self._action is not None

    def against(self, mix: np.ndarray) -> Stems:
        """The stems that add up to another version of the mix, (n,) float32, such as the one in a file."""
        return Stems(mix, self._known_action())

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in NAMES:
            raise KeyError(name)
        with self._lock:
            if self._stems is None:
                self._stems = self._split()
        return self._stems[NAMES.index(name)]

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)

    def __contains__(self, name: object) -> bool:
        return name in NAMES

    def __repr__(self) -> str:
        return f"Stems({', '.join(NAMES)}; {'rendered' if self.rendered else 'rendered at the first access'})"

    def __getstate__(self) -> dict:
        return {"_mix": self._mix, "_action": self._action}

    def __setstate__(self, state: dict) -> None:
        self._mix, self._action, self._render, self._stems = state["_mix"], state["_action"], None, None
        self._lock = threading.Lock()  # a lock cannot be pickled

    def _known_action(self) -> np.ndarray:
        if self._action is None:
            if self._render is None:
                raise BadSettings("This take has no stems: dub it again with stems=True.")
            self._action, self._render = self._render(), None
        return self._action

    def _split(self) -> tuple[np.ndarray, np.ndarray]:
        mix, action = _whole_steps(self._mix), _whole_steps(self._known_action())
        # Both stems stay within full scale; only samples where mix and action have opposite extremes are changed.
        action = np.clip(action, np.maximum(mix, -1) - FULL_SCALE + 1, np.minimum(mix, 0) + FULL_SCALE - 1)
        found = (action / FULL_SCALE).astype(np.float32), ((mix - action) / FULL_SCALE).astype(np.float32)
        for stem in found:
            stem.setflags(write=False)
        return found


def _whole_steps(waveform: np.ndarray) -> np.ndarray:
    """What a 24-bit file stores of (n,) float, as whole numbers: libsndfile drops the lower bits."""
    fine = np.rint(waveform.astype(np.float64) * 256 * FULL_SCALE)
    return np.clip(np.floor(fine / 256), -FULL_SCALE, FULL_SCALE - 1)
