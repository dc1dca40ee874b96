"""The takes of a visit: shown, compared at a wipe, taken away as files, made again from a recipe."""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path

import gradio as gr

from a2s.errors import A2SError, Cancelled
from a2s.ui import text
from a2s.ui.dub import controls
from a2s.ui.dub.ambience import AmbienceHandlers
from a2s.ui.dub.cues import value_in
from a2s.ui.dub.recipe import restored
from a2s.ui.dub.request import DubRequest, attended, take_maker
from a2s.ui.dub.results import Result, write_stems
from a2s.ui.dub.worker import Report
from a2s.ui.engine import Engine
from a2s.ui.parts.progress import job, stopped
from a2s.ui.state import Visit, Visits


class TakesHandlers:
    """Handlers of what was made. A take is known to the browser by its number in `visit.takes`."""

    def __init__(self, engine: Engine, visits: Visits, place: AmbienceHandlers) -> None:
        self.engine, self.visits, self.place = engine, visits, place
        self._make = take_maker(engine, visits)

    def newest(self, request: gr.Request):
        """After a dub: the choice of takes, with the newest chosen. Returns (takes, other take of the wipe)."""
        takes = self.visits.of(request.session_hash).takes
        names = [(take.label, index) for index, take in enumerate(takes)]
        last = len(takes) - 1 if takes else None
        other = max(0, len(takes) - 2) if takes else None
        return (
            gr.Radio(choices=names, value=last, visible=bool(takes)),
            gr.Dropdown(choices=names, value=other, visible=len(takes) > 1),
        )

    def show(self, number: int | None, request: gr.Request) -> tuple:
        """One take: (video, picture, summary, waveform of the timeline, five files, and what is not made yet)."""
        visit = self.visits.of(request.session_hash)
        take = _take(visit, number)
        if take is None:
            return (
                None,
                None,
                text.NO_RESULT,
                gr.HTML(wave=[]),
                *(gr.DownloadButton(interactive=False),) * 5,
                *_not_made(),
            )
        files = (take.video, take.sound, take.flac(), take.recipe, take.cues)
        return (
            str(take.video),
            str(take.picture),
            take.summary,
            gr.HTML(wave=take.peaks),
            *(gr.DownloadButton(value=str(file), interactive=True) for file in files),
            *_not_made(),
        )

    def wipe(self, number: int | None, other: int | None, request: gr.Request):
        """Two takes' mels, one over the other."""
        visit = self.visits.of(request.session_hash)
        before, after = _take(visit, other), _take(visit, number)
        if before is None or after is None or len(visit.takes) < 2:
            return gr.ImageSlider(value=None, visible=False)
        return gr.ImageSlider(value=(str(before.wipe), str(after.wipe)), visible=True)

    def stems(self, number: int | None, request: gr.Request) -> Iterator[tuple]:
        """The action and the ambience of a take, as two files that sum to it. Yields (action, ambience, progress)."""
        visit = self.visits.of(request.session_hash)
        take = _take(visit, number)
        if take is None:
            raise A2SError("There is no take yet whose stems could be made.")
        try:
            if not take.has_stems:
                yield from self._make_stems(take, visit, request)
        except Cancelled:
            yield gr.skip(), gr.skip(), stopped()
            return
        files = (gr.DownloadButton(value=str(stem), visible=True, interactive=True) for stem in take.stems())
        yield *files, job("done", "Done", "the stems sum to the take", done=1.0)

    def _make_stems(self, take: Result, visit: Visit, request: gr.Request) -> Iterator[tuple]:
        """Make the take again, with its action alone beside it. Yields as `stems`."""
        bank = self.engine.bank_of(visit, take.model)
        order = DubRequest(
            request.session_hash, visit.need_picture(), take.settings, take.track, visit.motion, bank, take.model,
            visit.info.duration, stems=True,
        )  # fmt: skip
        picture = ""
        for event in attended(self._make(order), visit):
            if isinstance(event, Report):
                told = "Stems · " + text.STAGES[event.stage]
                yield gr.skip(), gr.skip(), job("running", told, event.detail, done=event.done, preview=picture)
            elif isinstance(event, str):
                picture = event
            else:
                write_stems(take, event)

    def share(self, number: int | None, request: gr.Request):
        """A take as a clip to show others: the picture over its spectrogram."""
        take = _take(self.visits.of(request.session_hash), number)
        if take is None:
            raise A2SError("There is no take yet that could be shared.")
        return gr.DownloadButton(value=str(take.share()), visible=True, interactive=True)

    def restore(self, upload: str | None, words: str, k: int, request: gr.Request) -> tuple:
        """A recipe back into the page: (timeline, what stands at it, cards, level, seed kept,
        *controls in ORDER, model).

        What will differ from the dub that it describes is said; the dub follows.
        """
        visit = self.visits.of(request.session_hash)
        if upload is None:
            raise A2SError("Choose a recipe first.")
        visit.need_picture()
        file = visit.receive(upload, "recipe")
        file = file.rename(file.with_suffix(Path(upload).suffix.lower()[:8]))  # a recipe is known by its suffix
        try:
            found = restored(file, visit, self.engine, Path(upload).name)
        finally:
            file.unlink(missing_ok=True)
        for note in found.notes:
            gr.Warning(html.escape(note))
        model = found.model or self.engine.default
        visit.changes, visit.restored = dict(found.changes), found
        if found.chosen:
            visit.choose(found.chosen)
        self.place.see_with(visit, model)
        return (
            value_in(visit, found.track),
            text.cues_note(self.engine.uses_cues(model)),
            self.place.cards(visit, words, k),
            self.place.level_in(visit, found.settings.ambient),
            True,
            *controls.shown(found.settings),
            model,
        )


def _take(visit: Visit, number: int | None) -> Result | None:
    return visit.takes[number] if isinstance(number, int) and 0 <= number < len(visit.takes) else None


def _not_made() -> tuple:
    """Stems and the clip to share, before they are asked for."""
    return (gr.DownloadButton(value=None, visible=False),) * 3
