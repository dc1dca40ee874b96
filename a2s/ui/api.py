"""What programs may call: `/dub`, `/retrieve`, `/ambience`, `/compare_stats`; they live on hidden components."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import replace
from pathlib import Path

import gradio as gr
import numpy as np

from a2s.dubbing.ambience_plan import read_places
from a2s.dubbing.progress import Progress, Watcher
from a2s.errors import A2SError
from a2s.pipelines.ambience import ambience_at
from a2s.settings import AUDIO, DubSettings
from a2s.ui.dub.controls import OFF, read_settings
from a2s.ui.dub.request import DubRequest, attended, take_maker
from a2s.ui.dub.results import export
from a2s.ui.engine import Engine
from a2s.ui.state import Visit, Visits
from a2s.ui.validation import report_errors

_DEFAULT = DubSettings()
_MODEL = {"concurrency_id": "model", "concurrency_limit": 1}


class Api:
    """Endpoints over one engine. A caller's session is a visit: its files stay until an hour after its last call."""

    def __init__(self, engine: Engine, visits: Visits) -> None:
        self.engine, self.visits = engine, visits
        self._make = take_maker(engine, visits)

    def dub(self, video, ambient, seed, steps, guidance, ambient_clip, cues, request: gr.Request):
        """Make the sound of a silent video of hands doing things.

        Args:
            video: the video file.
            ambient: how much of the place is heard, from 0 (only the action) to 1 (the whole place).
            seed: the same seed gives the same sound.
            steps: sampler steps, 1 to 100 unless the server allows fewer; the default suits its model.
            guidance: how closely the sound keeps to picture and cues, 1 to 15; the default suits the model.
            ambient_clip: id of an ambience, as /retrieve lists them; empty for the best match. Where the place changes,
                several with commas between them, each later one behind its time: rain-1, 12.5=cafe-2, 1:20=.
            cues: JSON text of a cue file; empty to let the machine find them.

        Returns:
            the dubbed mp4, its sound as a 24-bit wav, and a report with cues, levels and settings.
        """
        from a2s.cues import CueTrack
        from a2s.media import probe_video

        visit = self._opened(video, request)
        _, bank = self.engine.parts()
        clip, changes = read_places(part.strip() for part in (ambient_clip or "").split(",") if part.strip())
        if {clip, *(change.clip for change in changes)} - {None, *(known.id for known in bank.clips)}:
            raise A2SError("The bank has no ambience of that id.")
        settings, _ = read_settings(
            ambient, seed, 1, 1, steps, guidance, _DEFAULT.overlap_seconds, OFF, OFF, self.engine.default
        )
        settings = replace(settings, ambient_clip=clip, ambient_changes=changes)
        track = CueTrack.from_json(cues) if cues and cues.strip() else None
        picture = visit.need_picture()
        about = request.session_hash, picture, settings, track, None, bank, self.engine.default
        take = deque(attended(self._make(DubRequest(*about, probe_video(picture).duration)), visit), maxlen=1).pop()
        result = export(take, visit.next_path("take"), visit.name, 1, cancelled=visit.cancel.is_set)
        return str(result.video), str(result.sound), json.loads(result.recipe.read_text("utf-8"))

    def retrieve(self, video, k, request: gr.Request):
        """List the ambiences of the bank that suit the look of a video's place best.

        Args:
            video: the video file.
            k: how many, 1 to 100.

        Returns:
            the ambiences, best first: id, name, kind, level in dBFS, similarity -1..1.
        """
        from a2s.dubbing.analysis import analyze_motion, retrieve

        visit = self._opened(video, request)
        pipe, bank = self.engine.parts()
        motion = analyze_motion(visit.need_picture(), progress=Progress(Watcher(cancelled=visit.cancel.is_set)))
        found = retrieve(motion, int(k), pipe, bank)
        return [
            {"id": m.clip.id, "name": m.clip.name, "kind": m.clip.kind, "level_db": m.clip.level_db, "score": m.score}
            for m in found
        ]

    def ambience(self, clip, amount, request: gr.Request):
        """Hear an ambience of the bank at the level that an amount of it stands for in a dub.

        Args:
            clip: id of the ambience, as /retrieve lists them.
            amount: 0 (hardly any) to 1 (the full place).

        Returns:
            the ambience as a flac file, and what is known of it with the level in dBFS.
        """
        from a2s.audio.levels import level_db
        from a2s.media import write_audio

        visit = self.visits.of(request.session_hash)
        pipe, bank = self.engine.parts()
        known = bank[str(clip)]
        amount = float(amount) if isinstance(amount, (int, float)) else -1.0
        heard = ambience_at(bank.waveform(known.id), amount, known.kind, pipe, bank)
        path = visit.next_path("ambience", ".flac")
        write_audio(path, np.asarray(heard), AUDIO.sample_rate)
        about = {
            "id": known.id,
            "name": known.name,
            "kind": known.kind,
            "author": known.author,
            "licence": known.licence,
        }
        return str(path), about | {"level_db": round(level_db(heard), 2)}

    def compare_stats(self, answers: list) -> dict:
        """Evaluate a blind listening test: shares with 95 % Wilson intervals, and binomial p of ABX answers.

        Args:
            answers: a list of answers, as the page's trials.csv has them.

        Returns:
            wins, losses and intervals for each question and pair, and the ABX result.
        """
        from a2s.evaluation.listening import compare_stats

        return compare_stats(answers)

    def _opened(self, video: str | None, request: gr.Request) -> Visit:
        """The caller's visit with this video in it. Raises A2SError, TooLarge."""
        visit = self.visits.of(request.session_hash)
        if video is None:
            raise A2SError("Send a video.")
        visit.load(visit.receive(video, "picture"), Path(video).name)
        visit.cancel.clear()  # from now on it means this call
        return visit


def add_endpoints(engine: Engine, visits: Visits) -> None:
    """Must be called inside the page's `gr.Blocks`, before anything else takes the names."""
    api, (steps, guidance) = Api(engine, visits), engine.sampler()
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


def _offer(endpoint, inputs, outputs, **limits) -> None:
    gr.Button().click(report_errors(endpoint, logged=True), inputs, outputs, api_name=endpoint.__name__, **limits)
