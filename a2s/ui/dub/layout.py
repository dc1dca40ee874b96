"""What is where on the Dub tab. Nothing is computed here; `tab` says which handler answers which control."""

from __future__ import annotations

from types import SimpleNamespace

import gradio as gr

from a2s.settings import ACTIONS, LIMITS, MATERIALS, DubSettings
from a2s.ui import text
from a2s.ui.dub.controls import OFF, choice
from a2s.ui.engine import Engine
from a2s.ui.examples import Example
from a2s.ui.html import line, part
from a2s.ui.parts.ambiences import AmbienceCards
from a2s.ui.parts.examples import ExampleStrip
from a2s.ui.parts.part import served
from a2s.ui.parts.progress import NOTHING, JobProgress
from a2s.ui.parts.timeline import CueTimeline

AUDIO_SUFFIXES = [".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".aac", ".mp4", ".webm"]
RECIPE_SUFFIXES = [".json", ".mp4", ".wav", ".flac"]
FILES = {"mp4": "mp4", "wav": "wav", "flac": "flac", "recipe": "Recipe", "cues": "Cues"}
MATCHES = 5
_DEFAULT = DubSettings()


def picture(examples: tuple[Example, ...]) -> SimpleNamespace:
    """The source: a player to drop a file on, what was read, the examples."""
    part("Picture")
    video = gr.Video(label="Your video", show_label=False, sources=["upload"], height=300, elem_id="source", buttons=[])
    facts = line(text.NOTHING_READ, elem_id="facts")
    offered = [
        {"id": each.id, "name": each.name, "poster": served(each.poster) if each.poster else ""} for each in examples
    ]
    strip = ExampleStrip(offered, elem_id="examples", visible=bool(examples))
    return SimpleNamespace(video=video, facts=facts, strip=strip)


def result() -> SimpleNamespace:
    """The dubbed video, which take it is, what to take away."""
    part("Dub")
    video = gr.Video(
        label="Dubbed video", show_label=False, interactive=False, height=300, elem_id="result", buttons=[]
    )
    summary = line(text.NO_RESULT, elem_id="summary")
    takes = gr.Radio([], label="Takes", visible=False, container=False, elem_id="take")
    with gr.Row(elem_id="files"):
        files = [_download(label, f"get-{name}") for name, label in FILES.items()]
        stems = gr.Button("Make stems", size="sm", elem_id="make-stems", elem_classes="quiet", min_width=90)
        stem_files = [_download(label, f"get-{label.lower()}", visible=False) for label in ("Action", "Ambience")]
        share = gr.Button("Make a clip to share", size="sm", elem_id="make-share", elem_classes="quiet", min_width=90)
        share_file = _download("Clip to share", "get-share", visible=False)
    return SimpleNamespace(
        video=video, summary=summary, takes=takes, files=files, stems=stems, stem_files=stem_files, share=share,
        share_file=share_file,
    )  # fmt: skip


def _download(label: str, elem_id: str, visible: bool = True) -> gr.DownloadButton:
    return gr.DownloadButton(label, size="sm", interactive=False, elem_id=elem_id, min_width=70, visible=visible)


def cues(engine: Engine) -> SimpleNamespace:
    """The timeline under both pictures, and a line above it where the model does not hear it."""
    with gr.Row(elem_classes="part-row"):
        part("Cues")
        load = gr.UploadButton(
            "Load a cue file", file_types=[".json"], size="sm", elem_id="load-cues", elem_classes="quiet", scale=0,
            min_width=120,
        )  # fmt: skip
        restore = gr.Button("As seen", size="sm", elem_id="restore-cues", elem_classes="quiet", scale=0, min_width=90)
    note = line(text.cues_note(engine.uses_cues()), elem_id="cues-note")
    timeline = CueTimeline(
        None, elem_id="timeline", actions=list(ACTIONS), materials=list(MATERIALS), video="#source video"
    )
    return SimpleNamespace(timeline=timeline, note=note, load=load, restore=restore)


def place() -> SimpleNamespace:
    """The ambiences to choose from, and how much of the chosen one."""
    part("Place")
    with gr.Row(elem_id="place-row"):
        search = gr.Textbox(
            placeholder="Search the bank: rain, kitchen, birds …", show_label=False, label="Search the bank",
            elem_id="search", container=False, max_lines=1, scale=3, min_width=160,
        )  # fmt: skip
        k = gr.Dropdown(
            [(f"{number} best", number) for number in range(3, 11)], value=MATCHES, show_label=False, container=False,
            label="How many", elem_id="how-many", filterable=False, scale=1, min_width=100,
        )  # fmt: skip
    cards = AmbienceCards(None, elem_id="ambiences")
    with gr.Row():
        own = gr.UploadButton(
            "Use my own recording", file_types=AUDIO_SUFFIXES, size="sm", elem_id="own", elem_classes="quiet"
        )
        keep = gr.Button("Add it to my bank", size="sm", elem_id="keep-own", elem_classes="quiet", interactive=False)
    with gr.Group(), gr.Row(elem_id="amount-row"):
        with gr.Column(scale=4, min_width=200):
            amount = gr.Slider(
                0, 1, _DEFAULT.ambient, step=0.01, label="Ambience", elem_id="amount", buttons=[],
                info="0 action only · 1 full place",
            )  # fmt: skip
        with gr.Column(scale=1, min_width=130):
            level = line(text.level_note(_DEFAULT.ambient, None), elem_id="level")
    return SimpleNamespace(search=search, k=k, cards=cards, own=own, keep=keep, amount=amount, level=level)


def settings(engine: Engine, amount: gr.Slider) -> SimpleNamespace:
    """The folded settings. `values`: the controls in `controls.ORDER`, the model last."""
    models, (own_steps, own_guidance) = engine.choices(), engine.sampler()
    with gr.Accordion("Settings", open=False, elem_id="settings"):
        with gr.Row():
            seed = gr.Number(
                _DEFAULT.seed, label="Seed", precision=0, minimum=0, maximum=2**32 - 1, min_width=100, scale=3,
                elem_id="seed",
            )  # fmt: skip
            dice = gr.Button("New seed", size="sm", min_width=80, scale=1, elem_id="dice", elem_classes="quiet")
            lock = gr.Checkbox(
                True, label="Keep it", info="else each dub rolls", elem_id="lock", min_width=110, scale=2
            )
        with gr.Row():
            takes = slider("Takes", 1, LIMITS.max_takes, _DEFAULT.takes)
            first = gr.Number(
                1, label="From take number", precision=0, minimum=1, maximum=1000, min_width=110, elem_id="first-take"
            )
        with gr.Row():
            steps = slider("Steps", 4, LIMITS.max_steps, own_steps)
            guidance = slider("Guidance", 1, 15, own_guidance, step=0.1)
        with gr.Row():
            quieter = {f"-{db}": f"under it, \N{MINUS SIGN}{db} dB" for db in (6, 12, 18, 24)}
            original = _choice("Original audio", _DEFAULT.original_audio, {OFF: "left out"} | quieter)
            targets = {f"-{lufs}": f"\N{MINUS SIGN}{lufs} LUFS" for lufs in (14, 16, 23)}
            loudness = _choice("Loudness", _DEFAULT.loudness, {OFF: "as generated"} | targets)
        with gr.Row():
            overlap = slider("Window overlap (s)", 0, 1.5, _DEFAULT.overlap_seconds, step=0.05, elem_id="overlap")
            names = [(each.label + (" (not installed)" if each.missing else ""), each.name) for each in models]
            model = gr.Dropdown(
                names, value=models[0].name, label="Model", min_width=130, filterable=False, elem_id="model"
            )
        recipe = gr.File(
            label="Recipe: drop one here (json, or a dub's mp4, wav or flac) to make that dub again",
            file_types=RECIPE_SUFFIXES, height=110, elem_id="recipe",
        )  # fmt: skip
    values = [amount, seed, takes, first, steps, guidance, overlap, original, loudness, model]
    return SimpleNamespace(
        values=values, seed=seed, dice=dice, lock=lock, takes=takes, steps=steps, guidance=guidance, model=model,
        recipe=recipe,
    )  # fmt: skip


def slider(label: str, least: float, most: float, value: float, step: float = 1, elem_id: str | None = None):
    return gr.Slider(
        least, most, value, step=step, label=label, min_width=130, buttons=[], elem_id=elem_id or label.lower()
    )


def _choice(label: str, value: float | None, names: dict[str, str]) -> gr.Dropdown:
    """names: what is handed to the handler, to what is read."""
    choices = [(name, key) for key, name in names.items()]
    return gr.Dropdown(
        choices,
        value=choice(value),
        label=label,
        min_width=130,
        allow_custom_value=True,
        elem_id=label.split()[0].lower(),  # any number of dB will do, one from a recipe too
    )


def sound() -> SimpleNamespace:
    """The sound as pictures: one take, or two under a wipe."""
    part("Sound")
    picture = gr.Image(
        label="Waveform, cues, spectrogram, condition", show_label=False, interactive=False, height=460,
        type="filepath", elem_id="spectrogram", buttons=["fullscreen"],
        alt_text="Waveform, cues, mel spectrogram with onsets, and the ambient condition on one time axis",
    )  # fmt: skip
    other = gr.Dropdown([], label="Wipe against", visible=False, filterable=False, elem_id="wipe-other")
    wipe = gr.ImageSlider(
        label="Two takes' mels", show_label=False, interactive=False, visible=False, max_height=240, elem_id="wipe",
        buttons=["fullscreen"], type="filepath",
    )  # fmt: skip
    return SimpleNamespace(picture=picture, other=other, wipe=wipe)


def bar() -> SimpleNamespace:
    """The line at the bottom that never leaves the screen."""
    with gr.Row(elem_id="bar"):
        progress = JobProgress(NOTHING, elem_id="progress", scale=6, min_width=260)
        ladder = gr.Button("Takes at 0 · ⅓ · ⅔ · 1", size="lg", elem_id="ladder", elem_classes="quiet", min_width=90)
        cancel = gr.Button("Cancel", size="lg", interactive=False, elem_id="cancel", min_width=90)
        dub = gr.Button("Dub", variant="primary", size="lg", elem_id="dub", min_width=90)
    return SimpleNamespace(progress=progress, ladder=ladder, cancel=cancel, dub=dub)
