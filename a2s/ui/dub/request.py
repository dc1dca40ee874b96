"""One take to be made. Every take of the page and of the API is made here, so that all are computed alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from a2s.dubbing.progress import Watcher
from a2s.errors import Cancelled
from a2s.settings import AUDIO, DubSettings
from a2s.ui.engine import Engine
from a2s.ui.state import Visit, Visits
from a2s.ui.worker import Emit, Event, PreviewImage, ProgressReport, Worker
from a2s.ui.zero_gpu import on_gpu

if TYPE_CHECKING:
    from a2s.ambient import AmbientBank
    from a2s.cues import CueTrack
    from a2s.dubbing.progress import Preview
    from a2s.dubbing.take import Take
    from a2s.vision import Motion

E = TypeVar("E")


@dataclass(frozen=True)
class DubRequest:
    """All that `a2s.dub` needs for one take; it can be pickled. seconds: of the video. stems: also render the action
    alone."""

    session: str | None
    video: Path
    settings: DubSettings
    cues: CueTrack | None
    motion: Motion | None
    bank: AmbientBank | None
    model: str
    seconds: float
    stems: bool = False


TakeMaker = Callable[[DubRequest], "Generator[Event | Take, None, None]"]


def take_maker(engine: Engine, visits: Visits) -> TakeMaker:
    """A function that makes a take, on a ZeroGPU where there is one: a generator of events and, last, the take.

    In this process it checks by itself whether the visit is cancelled; in another one it is closed instead, see
    `until_cancelled`.
    """

    def make(request: DubRequest) -> Generator[Event | Take, None, None]:
        from a2s.ui.plots import preview_url
        from a2s.vision.video import Video

        visit = visits.find(request.session)

        def work(emit: Emit) -> Take:
            def on_progress(stage: str, done: float, detail: str) -> None:
                emit(ProgressReport(stage, done, detail))

            def on_preview(preview: Preview) -> None:
                emit(PreviewImage(preview_url(preview.mel)))

            return engine.dub(
                Video(request.video, request.motion, engine.limits),
                request.settings,
                model=request.model,
                bank=request.bank,
                cues=request.cues,
                stems=request.stems,
                watcher=Watcher(on_progress, on_preview=on_preview, cancelled=visit.cancel.is_set if visit else None),
            )

        with Worker(work) as worker:
            yield from worker
            yield worker.result

    def prepare(request: DubRequest) -> None:
        from a2s.pipelines.devices import lend_gpu

        lend_gpu(engine.load(request.model)[0])

    return on_gpu(make, _gpu_seconds, prepare)


def until_cancelled(events: Generator[E, None, None], visit: Visit) -> Generator[E, None, None]:
    """The events of a take maker, or of a writer of its files. When the visit is cancelled, the work stops.

    Raises Cancelled.
    """
    with closing(events):
        for event in events:
            visit.last_used = time.monotonic()  # a visit with a long dub is not idle
            if visit.cancel.is_set():
                raise Cancelled("The dub was cancelled.")
            yield event


def _gpu_seconds(request: DubRequest) -> int:
    """How long a take may hold a GPU: the steps of a slow one, with time for the transfer."""
    from a2s.pipelines.windows import plan_windows

    passes, steps = 2 if request.stems else 1, request.settings.suited_to().steps or 0
    return 20 + round(0.1 * passes * steps * len(plan_windows(request.seconds, AUDIO)))
