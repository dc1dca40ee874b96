"""Endpoints for programs and MCP clients: `/dub`, `/retrieve`, `/ambience`, `/compare_stats`, on hidden components."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import gradio as gr
import numpy as np

from a2s.dubbing.ambience_plan import read_places
from a2s.dubbing.progress import Progress, Watcher
from a2s.errors import A2SError
from a2s.pipelines.ambience import ambience_at
from a2s.settings import DubSettings
from a2s.ui.dub.controls import ORDER, control_values, read_settings
from a2s.ui.dub.request import DubRequest, take_maker, until_cancelled
from a2s.ui.dub.results import TakeLabel, Writing, export
from a2s.ui.engine import Engine
from a2s.ui.events import MODEL_QUEUE
from a2s.ui.state import Visit, Visits
from a2s.ui.state.records import FilmFormat
from a2s.ui.validation import report_errors

if TYPE_CHECKING:
    from a2s.dubbing.take import Take

_DEFAULT = DubSettings()
_MODEL = {key: MODEL_QUEUE[key] for key in ("concurrency_id", "concurrency_limit")}


class Api:
    """The endpoints. A caller's session is a visit: its files stay until an hour after its last call."""

    def __init__(self, engine: Engine, visits: Visits) -> None:
        self.engine, self.visits = engine, visits
        self._make = take_maker(engine, visits)

    def dub(
        self,
        video: str | None,
        ambient: float,
        seed: int,
        steps: int,
        guidance: float,
        ambient_clip: str,
        cues: str,
        request: gr.Request,
    ) -> tuple[str, str, dict]:
        """Generate the sound of a silent video of hands doing things.

        Args:
            video: the video file.
            ambient: amount of ambience, from 0 (action only) to 1 (full ambience).
            seed: the same seed gives the same sound.
            steps: sampler steps, 1 to 100 unless the server allows fewer; the default suits its model.
            guidance: how closely the sound follows video and cues, 1 to 15; the default suits the model.
            ambient_clip: id of an ambience, as /retrieve lists them; empty for the best match. For ambiences that
                change, separate them by commas and put a time before each later one: rain-1, 12.5=cafe-2, 1:20=.
            cues: JSON text of a cue file; empty to detect them.

        Returns:
            the dubbed mp4, its sound as a 24-bit wav, and a report with cues, levels and settings.
        """
        from a2s.cues import CueTrack

        visit = self._load(video, request)
        _, bank = self.engine.load()
        clip, changes = read_places(part.strip() for part in (ambient_clip or "").split(",") if part.strip())
        if {clip, *(change.clip for change in changes)} - {None, *(known.id for known in bank.clips)}:
            raise A2SError("The bank has no ambience of that id.")
        given = {"ambient": ambient, "seed": seed, "steps": steps, "guidance_scale": guidance}
        values = dict(zip(ORDER, control_values(_DEFAULT), strict=True)) | given
        settings, _ = read_settings(*values.values(), self.engine.default)
        settings = replace(settings, ambient_clip=clip, ambient_changes=changes)
        track = CueTrack.from_json(cues) if cues and cues.strip() else None
        job = DubRequest(
            request.session_hash, visit.need_video(), settings, track, None, bank, self.engine.default,
            visit.need_info().duration,
        )  # fmt: skip
        take = cast("Take", deque(until_cancelled(self._make(job), visit), maxlen=1).pop())
        writing = Writing(FilmFormat(player=False), visit.limits, visit.cancel.is_set)
        files = export(take, visit.next_path("take"), TakeLabel(visit.name, 1), writing)
        return str(files.video), str(files.sound), json.loads(files.recipe.read_text("utf-8"))

    def retrieve(self, video: str | None, k: int, request: gr.Request) -> list[dict]:
        """List the ambiences of the bank that match a video best.

        Args:
            video: the video file.
            k: how many, 1 to 100.

        Returns:
            the ambiences, best first: id, name, kind, level in dBFS, similarity -1..1.
        """
        from a2s.dubbing.analysis import analyze_motion, retrieve

        visit = self._load(video, request)
        pipe, bank = self.engine.load()
        motion = analyze_motion(visit.need_video(), Progress(Watcher(cancelled=visit.cancel.is_set)))
        found = retrieve(motion, int(k), pipe, bank)
        return [
            {"id": m.clip.id, "name": m.clip.name, "kind": m.clip.kind, "level_db": m.clip.level_db, "score": m.score}
            for m in found
        ]

    def ambience(self, clip: str, amount: float, request: gr.Request) -> tuple[str, dict]:
        """An ambience of the bank at the level that an amount of it has in a dub.

        Args:
            clip: id of the ambience, as /retrieve lists them.
            amount: from 0 (hardly any) to 1 (full ambience).

        Returns:
            the ambience as a flac file, and its name, kind, author, licence and level in dBFS.
        """
        from a2s.audio.levels import level_db
        from a2s.media import write_audio

        visit = self.visits.of(request.session_hash)
        pipe, bank = self.engine.load()
        known = bank[str(clip)]
        amount = float(amount) if isinstance(amount, (int, float)) else -1.0
        waveform = ambience_at(bank.waveform(known.id, pipe.sample_rate), amount, known.kind, pipe, bank)
        path = visit.next_path("ambience", ".flac")
        write_audio(path, np.asarray(waveform), pipe.sample_rate)
        facts = {name: getattr(known, name) for name in ("id", "name", "kind", "author", "licence")}
        return str(path), facts | {"level_db": round(level_db(waveform), 2)}

    def compare_stats(self, answers: list) -> dict:
        """Statistics of a blind listening test: shares with 95 % Wilson intervals, and binomial p of ABX answers.

        Args:
            answers: a list of answers, as the page's trials.csv has them.

        Returns:
            wins, losses and intervals for each question and pair, and the ABX result.
        """
        from a2s.evaluation.listening import compare_stats

        return compare_stats(answers)

    def _load(self, video: str | None, request: gr.Request) -> Visit:
        """The caller's visit with this video in it. Raises A2SError, TooLarge."""
        from a2s.media import probe_video

        visit = self.visits.of(request.session_hash)
        if video is None:
            raise A2SError("Send a video.")
        visit.load(visit.receive(video, "video"), Path(video).name)
        visit.cancel.clear()  # from now on it means this call
        visit.info = probe_video(visit.need_video(), limits=visit.limits)
        return visit


def add_endpoints(engine: Engine, visits: Visits) -> None:
    """Call this inside the page's `gr.Blocks`, before anything else takes the names."""
    api, (steps, guidance) = Api(engine, visits), engine.sampler_defaults()
    with gr.Column(visible=False):
        video = gr.File(label="video")
        _offer(
            api.dub,
            [
                video,
                gr.Number(_DEFAULT.ambient, label="ambient"),
                gr.Number(_DEFAULT.seed, label="seed", precision=0),
                gr.Number(steps, label="steps", precision=0),
                gr.Number(guidance, label="guidance"),
                gr.Textbox("", label="ambient_clip"),
                gr.Textbox("", label="cues"),
            ],
            [gr.File(label="mp4"), gr.File(label="wav"), gr.JSON(label="report")],
            **_MODEL,
        )
        _offer(api.retrieve, [video, gr.Number(5, label="k", precision=0)], gr.JSON(label="ambiences"), **_MODEL)
        _offer(
            api.ambience,
            [gr.Textbox(label="clip"), gr.Number(1.0, label="amount")],
            [gr.File(label="flac"), gr.JSON(label="about")],
        )
        _offer(api.compare_stats, gr.JSON(label="answers"), gr.JSON(label="statistics"))


def _offer(endpoint: Callable, inputs: Any, outputs: Any, **limits: Any) -> None:  # Any: as gradio's listeners
    gr.Button().click(report_errors(endpoint, logged=True), inputs, outputs, api_name=endpoint.__name__, **limits)
