"""The timeline alone, beside a video and a text field: `python -m tests.e2e.timeline_page VIDEO SECONDS CUES`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import gradio as gr
import numpy as np

from a2s.cues import Cue, CueTrack
from a2s.media.filmstrip import write_filmstrip
from a2s.settings import ACTIONS, MATERIALS
from a2s.ui.dub.cues import timeline_value, track_of
from a2s.ui.gradio_compat.files import file_url
from a2s.ui.page import launch
from a2s.ui.parts.timeline import FRAMES, CueTimeline
from a2s.ui.theme import STYLE, studio_theme


def detected_cues(count: int, seconds: float) -> CueTrack:
    """Cues as a machine writes them: odd numbers, every third with a name, every fifth with a length."""
    rng = np.random.default_rng(1)
    times = (np.arange(count) + 0.5) / max(1, count) * seconds
    return CueTrack(
        tuple(
            Cue(
                float(time), 0.3 + 0.7 * float(rng.random()), *(("hit", "wood") if k % 3 == 0 else (None, None)),
                confidence=0.15 + 0.85 * float(rng.random()), duration=seconds / count / 3 if k % 5 == 4 else 0.0,
            )
            for k, time in enumerate(times)
        ),
        "motion",
    )  # fmt: skip


def build(video: Path, seconds: float, count: int) -> gr.Blocks:
    detected = detected_cues(count, seconds)
    strip = file_url(write_filmstrip(video, video.with_suffix(".jpg"), FRAMES))
    wave = np.abs(np.sin(np.linspace(0, 40, 4000)) * np.exp(-np.linspace(0, 3, 4000))).round(3).tolist()
    calls = []

    def server_value(value) -> str:
        calls.append(1)
        track = track_of(value, seconds, detected)
        same = track is detected
        return json.dumps(
            {"edits": len(calls), "same": same, "source": track.source, "cues": [asdict(c) for c in track]}
        )

    with gr.Blocks() as page:
        gr.Video(str(video), elem_id="source", height=200, show_label=False, buttons=[])
        timeline = CueTimeline(None, elem_id="timeline", actions=list(ACTIONS), materials=list(MATERIALS))
        with gr.Row():
            fresh, other, sound, mute, read = (
                gr.Button(name, elem_id=name) for name in ("fresh", "other", "sound", "mute", "read")
            )
        gr.Textbox(label="Elsewhere", elem_id="elsewhere")
        answer = gr.Textbox(label="Value at an edit", elem_id="on-edit")
        on_request = gr.Textbox(label="Value on request", elem_id="on-request")
        quiet = {"show_progress": "hidden", "queue": False}
        value = timeline_value(detected, seconds)
        fresh.click(lambda: gr.HTML(value=value, strip=strip, wave=[]), None, timeline, **quiet)
        other.click(lambda: timeline_value(CueTrack.at([0.5]), seconds), None, timeline, **quiet)
        sound.click(lambda: gr.HTML(wave=wave), None, timeline, **quiet)
        mute.click(lambda: gr.HTML(wave=[]), None, timeline, **quiet)
        read.click(server_value, timeline, on_request, **quiet)
        timeline.edit(server_value, timeline, answer, **quiet)
    return page


if __name__ == "__main__":
    film, length, number = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    page = build(film, length, number)
    launch(page, allowed_paths=[str(film.parent)], theme=studio_theme(), css_paths=STYLE, ssr_mode=False, quiet=True)
    page.block_thread()
