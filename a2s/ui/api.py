"""The one endpoint for programs: `/dub`, a video in, mp4, wav and a report out. It lives on hidden components."""

from __future__ import annotations

import json
from pathlib import Path

import gradio as gr

from a2s.settings import DubSettings
from a2s.ui.guard import guarded
from a2s.ui.results import export
from a2s.ui.studio import Studio, read_settings

_DEFAULT = DubSettings()


def add_dub_endpoint(studio: Studio) -> None:
    """Must be called inside the page's `gr.Blocks`."""

    def dub(video, ambient, seed, steps, guidance, ambient_clip, cues, request: gr.Request):
        """Dub a video: returns the dubbed mp4, its sound as wav, and the report.

        ambient: 0 is the action only, 1 the whole place. ambient_clip: a bank clip's id, or empty for the best match.
        cues: the JSON of a cue file, or empty for automatic cues.
        """
        from a2s.cues import CueTrack

        # a visit per session; its files stay until an hour after its last call
        visit = studio.visits.of(request.session_hash)
        if video is None:
            visit.need_picture()
        _, bank = studio.engine.parts()
        clip = ambient_clip if ambient_clip in {clip.id for clip in bank.clips} else None
        if ambient_clip and clip is None:
            raise gr.Error("The bank has no ambience of that id.", print_exception=False)
        settings = read_settings(ambient, seed, 1, steps, guidance, None, _DEFAULT.loudness, clip)
        track = CueTrack.from_json(cues) if cues and cues.strip() else None
        picture = visit.receive(video, "picture")
        visit.load(picture, Path(video).name)
        visit.cancel.clear()
        take = studio.engine.dub(picture, settings, cues=track, cancelled=visit.cancel.is_set)
        result = export(take, visit.next_path("dub"), visit.name, settings)[0]
        return str(result.video), str(result.sound), json.loads(result.recipe.read_text("utf-8"))

    with gr.Column(visible=False):
        inputs = [
            gr.File(label="video"),
            gr.Number(_DEFAULT.ambient, label="ambient"),
            gr.Number(_DEFAULT.seed, label="seed", precision=0),
            gr.Number(_DEFAULT.steps, label="steps", precision=0),
            gr.Number(_DEFAULT.guidance_scale, label="guidance"),
            gr.Textbox("", label="ambient_clip"),
            gr.Textbox("", label="cues"),
        ]
        outputs = [gr.File(label="mp4"), gr.File(label="wav"), gr.JSON(label="report")]
        gr.Button().click(guarded(dub), inputs, outputs, api_name="dub", concurrency_id="model", concurrency_limit=1)
