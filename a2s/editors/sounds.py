"""The sound files of a package: the mix and its stems with a lead, a tail and a 2-pop, in one pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from a2s.editors.timeline import Layout
from a2s.settings import DELIVERY

POP_HZ, POP_DB = 1000.0, -20.0
"""Tone of the 2-pop: Hz, dBFS of its peaks."""

Steps = Mapping[str, np.ndarray]
"""Blocks of the mix and its stems by name, each (k, channels) int32 in 24-bit steps."""


@dataclass(frozen=True)
class Edges:
    """What surrounds the film in the sound files. lead, tail: samples before and after it.

    pop: (k,) int32, the 2-pop. pop_at: its first sample from the start of the file. pop is None without one.
    """

    lead: int
    tail: int
    pop: np.ndarray | None = None
    pop_at: int = 0

    @classmethod
    def of(cls, layout: Layout, sample_rate: int = DELIVERY.sample_rate) -> Edges:
        """The edges of the files of a layout."""
        lead, tail = (layout.samples(frames, sample_rate) for frames in (layout.lead, layout.tail))
        if not layout.pop:
            return cls(lead, tail)
        begin, end = (layout.samples(layout.lead - layout.pop + frame, sample_rate) for frame in (0, 1))
        return cls(lead, tail, two_pop(end - begin, sample_rate), begin)


def two_pop(samples: int, sample_rate: int = DELIVERY.sample_rate) -> np.ndarray:
    """(samples,) int32 in 24-bit steps: a sine from phase 0."""
    phase = 2 * np.pi * POP_HZ / sample_rate * np.arange(samples)
    return np.rint(DELIVERY.full_scale * 10 ** (POP_DB / 20) * np.sin(phase)).astype(np.int32)


def with_edges(parts: Iterable[Steps], edges: Edges) -> Iterator[Steps]:
    """Yield the lead, the parts and the tail.

    The ambience and the mix continue into lead and tail with the ambience, mirrored in time at the edge of the film, so
    that an editor has room tone for a crossfade; other stems are silent there. A lead with a 2-pop is silent but for
    the tone, which every file has.
    """
    supply = iter(parts)
    head, supply = _begin(supply, edges.lead)
    if head is None:
        return
    if edges.lead:
        yield _lead(head, edges)
    kept: list[np.ndarray] = []
    last = head
    for part in supply:
        yield part
        last = part
        kept = _latest([*kept, _room(part)], edges.tail)
    if edges.tail:
        room = np.pad(np.concatenate(kept), ((0, edges.tail), (0, 0)), "symmetric")[-edges.tail :]
        yield _only_room(last, room)


def _begin(supply: Iterator[Steps], samples: int) -> tuple[Steps | None, Iterator[Steps]]:
    """The first parts joined, at least `samples` long where there are so many, and all parts from the first on."""
    held: list[Steps] = []
    count = 0
    for part in supply:
        held.append(part)
        count += len(part["mix"])
        if count >= samples:
            break
    if not held:
        return None, supply
    joined = {name: np.concatenate([part[name] for part in held]) for name in held[0]}

    def again() -> Iterator[Steps]:
        yield from held
        yield from supply

    return joined, again()


def _lead(head: Steps, edges: Edges) -> Steps:
    if edges.pop is None:
        room = np.pad(_room(head)[: edges.lead], ((edges.lead, 0), (0, 0)), "symmetric")[: edges.lead]
        return _only_room(head, room)
    silent = np.zeros((edges.lead, head["mix"].shape[1]), np.int32)
    silent[edges.pop_at : edges.pop_at + len(edges.pop)] = edges.pop[:, None]
    return dict.fromkeys(head, silent)


def _room(part: Steps) -> np.ndarray:
    return part["ambience"]


def _only_room(like: Steps, room: np.ndarray) -> Steps:
    """`room` in the mix and the ambience, silence in the other stems of `like`."""
    return {name: room if name in ("mix", "ambience") else np.zeros_like(room) for name in like}


def _latest(parts: list[np.ndarray], samples: int) -> list[np.ndarray]:
    """The last parts that hold `samples` together."""
    while len(parts) > 1 and sum(map(len, parts[1:])) >= samples:
        parts = parts[1:]
    return parts
