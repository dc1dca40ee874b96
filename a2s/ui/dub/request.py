"""One take to be made: the one way from the page to `a2s.dub`, whoever asks, so that all are computed alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from a2s.dubbing.progress import Watcher
from a2s.errors import Cancelled
from a2s.settings import DubSettings
from a2s.ui.dub.worker import Report, Worker
from a2s.ui.engine import Engine
from a2s.ui.state import Visit, Visits
from a2s.ui.zero_gpu import on_gpu


@dataclass(frozen=True)
class DubRequest:
    """All that `a2s.dub` needs for one take; it can be pickled. stems: also render the action alone."""

    session: str | None
    picture: Path
    settings: DubSettings
    cues: object
    motion: object
    bank: object
    model: str | None
    seconds: float
    stems: bool = False


def take_maker(engine: Engine, visits: Visits) -> Callable[[DubRequest], Iterator[object]]:
    """What makes a take, on a lent GPU where there is one: a generator of reports, addresses of previews, and at last
    the take.

    Cancelling is seen there at once where this is the page's own process, else by being closed, see `attended`.
    """

    def make(order: DubRequest) -> Iterator[object]:
        from a2s.ui.plots import preview_address
        from a2s.vision.video import Video

        visit = visits.find(order.session)

        def work(tell):
            return engine.dub(
                Video(order.picture, order.motion),
                order.settings,
                model=order.model,
                bank=order.bank,
                cues=order.cues,
                stems=order.stems,
                watcher=Watcher(
                    on_progress=lambda stage, done, detail: tell(Report(stage, done, detail)),
                    on_preview=lambda preview: tell(preview_address(preview.mel)),
                    cancelled=visit and visit.cancel.is_set,
                ),
            )

        with Worker(work) as worker:
            yield from worker
            yield worker.result

    def prepare(order: DubRequest) -> None:
        from a2s.pipelines.devices import lend_gpu

        lend_gpu(engine.parts(order.model)[0])

    return on_gpu(make, _gpu_seconds, prepare)


def attended(events: Iterator[object], visit: Visit) -> Iterator[object]:
    """What a take maker yields, until the visit is cancelled: then the work stops. Raises Cancelled."""
    with closing(events):
        for event in events:
            visit.used = time.monotonic()  # a long dub is no idle visit
            if visit.cancel.is_set():
                raise Cancelled("The creator pressed cancel.")
            yield event


def _gpu_seconds(order: DubRequest) -> int:
    """How long a take may hold a GPU: what a slow one needs for a step of a window, with time to be handed over."""
    from a2s.pipelines.windows import plan_windows

    passes = 2 if order.stems else 1
    return 20 + round(0.1 * passes * order.settings.steps * len(plan_windows(order.seconds)))
