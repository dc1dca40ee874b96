"""Small kinds of work for the tests of the engine. Workers import them by name."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path

from a2s.errors import UnreadableVideo, WeightsMissing


@dataclass(frozen=True)
class Doubling:
    """Doubles a number, notes each start in a file, and fails for some numbers."""

    notes: Path
    seconds: float = 0.0
    bad: tuple[int, ...] = ()
    bugs: tuple[int, ...] = ()
    deadly: tuple[int, ...] = ()
    refuses: bool = False

    def open(self):
        if self.refuses:
            raise WeightsMissing("There is no model.")
        return self.double

    def double(self, item):
        with open(self.notes, "a") as file:
            file.write(f"{item.data} {os.getpid()}\n")
        time.sleep(self.seconds)
        if item.data in self.bad:
            raise UnreadableVideo(f"{item.data} is no video.")
        if item.data in self.bugs:
            raise ZeroDivisionError("one by zero")
        if item.data in self.deadly:
            os._exit(9)
        return {"double": 2 * item.data, "process": os.getpid()}

    def starts(self) -> list[int]:
        """The numbers whose work has started, in order."""
        return [int(line.split()[0]) for line in self.notes.read_text().splitlines()]
