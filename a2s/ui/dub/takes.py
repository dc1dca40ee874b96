"""The takes of a visit: shown, compared, exported, and made again from a recipe."""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr

from a2s.dubbing.stems import NAMES
from a2s.errors import A2SError, Cancelled
from a2s.ui import text
from a2s.ui.dub.ambience import AmbienceHandlers
from a2s.ui.dub.controls import control_values
from a2s.ui.dub.cues import value_in
from a2s.ui.dub.recipe import restore
from a2s.ui.dub.request import DubRequest, take_maker, until_cancelled
from a2s.ui.dub.results import write_editors_package, write_stems
from a2s.ui.engine import Engine
from a2s.ui.parts.job_progress import cancelled, progress
from a2s.ui.state import Visit, Visits
from a2s.ui.state.take_files import TakeFiles
from a2s.ui.worker import PreviewImage, ProgressReport

if TYPE_CHECKING:
    from a2s.dubbing.take import Take
    from a2s.ui.parts.job_progress import Progress


class TakesHandlers:
    """Handlers of the results. The browser knows a take by its number in `visit.takes`."""

    def __init__(self, engine: Engine, visits: Visits, ambience: AmbienceHandlers) -> None:
        self.engine, self.visits, self.ambience = engine, visits, ambience
        self._make = take_maker(engine, visits)

    def list_takes(self, request: gr.Request) -> tuple[gr.Radio, gr.Dropdown]:
        """All takes with the newest chosen. Returns (takes, take to compare the spectrogram with)."""
        takes = self.visits.of(request.session_hash).takes
        names = [(take.label, index) for index, take in enumerate(takes)]
        last = len(takes) - 1 if takes else None
        previous = max(0, len(takes) - 2) if takes else None
        return (
            gr.Radio(choices=names, value=last, visible=bool(takes)),
            gr.Dropdown(choices=names, value=previous, visible=len(takes) > 1),
        )

    def show(self, number: int | None, request: gr.Request) -> tuple:
        """One take: (video, figure, summary, timeline with its wave, five downloads, five files not made yet)."""
        take = _take(self.visits.of(request.session_hash), number)
        if take is None:
            downloads = (gr.DownloadButton(interactive=False),) * 5
            return None, None, text.NO_RESULT, gr.HTML(wave=[]), *downloads, *_not_made()
        files = (take.video, take.sound, take.flac(), take.recipe, take.cue_file)
        film, *others = (gr.DownloadButton(value=str(file), interactive=True) for file in files)
        film = gr.DownloadButton(take.video.suffix[1:], value=str(take.video), interactive=True)
        return str(take.player), str(take.figure), take.summary, gr.HTML(wave=take.peaks), film, *others, *_not_made()

    def compare_spectrograms(self, number: int | None, other: int | None, request: gr.Request) -> gr.ImageSlider:
        """The spectrograms of two takes, one above the other with a divider."""
        visit = self.visits.of(request.session_hash)
        before, after = _take(visit, other), _take(visit, number)
        if before is None or after is None or len(visit.takes) < 2:
            return gr.ImageSlider(value=None, visible=False)
        return gr.ImageSlider(value=(str(before.spectrogram), str(after.spectrogram)), visible=True)

    def export_stems(self, number: int | None, request: gr.Request) -> Iterator[tuple]:
        """The stems of a take as files that add up to it. Yields (action, ambience, original, progress)."""
        visit = self.visits.of(request.session_hash)
        take = _take(visit, number)
        if take is None:
            raise A2SError("Generate a take first, then export its stems.")
        try:
            if not take.has_stems:
                for step in self._make_again("Stems", take, visit, request):
                    if isinstance(step, dict):
                        yield *_unchanged(3), step
                    else:
                        write_stems(take, step)
        except Cancelled:
            yield *_unchanged(3), cancelled()
            return
        made = take.stem_files
        files = (
            gr.DownloadButton(value=str(made[name]), visible=True, interactive=True)
            if name in made
            else gr.DownloadButton(value=None, visible=False)
            for name in NAMES
        )
        yield *files, progress("done", "Done", "the stems add up to the take", done=1.0)

    def export_package(
        self, number: int | None, names: str, handles: float | None, two_pop: bool, picture: bool, request: gr.Request
    ) -> Iterator[tuple]:
        """The package of a take for editing programs. Yields (package, progress)."""
        from a2s.editors import PackageOptions, check_package

        visit = self.visits.of(request.session_hash)
        take = _take(visit, number)
        if take is None:
            raise A2SError("Generate a take first, then export its package.")
        options = PackageOptions(names, 0.0 if handles is None else handles, two_pop, picture)
        check_package(take.package, options)
        try:
            for step in self._make_again("Package", take, visit, request):
                if isinstance(step, dict):
                    yield gr.skip(), step
                else:
                    yield gr.skip(), progress("running", f"Package · {text.stage_name('writing')}", done=1.0)
                    write_editors_package(take, step, options, visit.name, visit.limits)
        except Cancelled:
            yield gr.skip(), cancelled()
            return
        button = gr.DownloadButton(value=str(take.package), visible=True, interactive=True)
        yield button, progress("done", "Done", "README.txt in the package explains its files", done=1.0)

    def _make_again(self, name: str, take: TakeFiles, visit: Visit, request: gr.Request) -> Iterator[Progress | Take]:
        """Make the take again, with the action alone beside it. Yields progress that begins with `name`, and the take
        at the end."""
        model = take.model or self.engine.default
        again = DubRequest(
            request.session_hash, visit.need_video(), take.settings, take.cues, visit.motion,
            self.engine.bank_of(visit, model), model, visit.need_info().duration, stems=True,
        )  # fmt: skip
        preview = ""
        for event in until_cancelled(self._make(again), visit):
            if isinstance(event, ProgressReport):
                stage = f"{name} · {text.dub_stage(event.stage, event.done)}"
                detail = "" if event.stage == "generating" else event.detail
                yield progress("running", stage, detail, done=event.done, preview=preview)
            elif isinstance(event, PreviewImage):
                preview = event.url
            else:
                yield event

    def export_spectrogram_video(self, number: int | None, request: gr.Request) -> gr.DownloadButton:
        """A take as a video with its spectrogram below."""
        take = _take(self.visits.of(request.session_hash), number)
        if take is None:
            raise A2SError("Generate a take first, then export it.")
        return gr.DownloadButton(value=str(take.spectrogram_video()), visible=True, interactive=True)

    def load_recipe(self, upload: str | None, words: str, k: int, request: gr.Request) -> tuple:
        """Show a recipe's settings on the page: (timeline, cues note, cards, level note, seed locked, *controls in
        ORDER, model). Warnings say what will differ from the original. The dub follows.
        """
        visit = self.visits.of(request.session_hash)
        if upload is None:
            raise A2SError("Choose a recipe first.")
        visit.need_video()
        file = visit.receive(upload, "recipe")
        file = file.rename(file.with_suffix(Path(upload).suffix.lower()[:8]))  # its suffix says what it is
        try:
            found = restore(file, visit, self.engine, Path(upload).name)
        finally:
            file.unlink(missing_ok=True)
        for note in found.notes:
            gr.Warning(html.escape(note))
        model = found.model or self.engine.default
        visit.ambient_changes, visit.restored = dict(found.ambient_changes), found
        if found.chosen_clip:
            visit.choose(found.chosen_clip)
        self.ambience.match_with(visit, model)
        return (
            value_in(visit, found.cues),
            text.cues_note(self.engine.uses_cues(model)),
            self.ambience.cards(visit, words, k),
            self.ambience.level_in(visit, found.settings.ambient),
            True,
            *control_values(found.settings),
            model,
        )


def _take(visit: Visit, number: int | None) -> TakeFiles | None:
    return visit.takes[number] if isinstance(number, int) and 0 <= number < len(visit.takes) else None


def _not_made() -> tuple[gr.DownloadButton, ...]:
    """The three stems, the package and the spectrogram video, before they are exported."""
    return (gr.DownloadButton(value=None, visible=False),) * 5


def _unchanged(count: int) -> tuple[dict, ...]:
    return (gr.skip(),) * count
