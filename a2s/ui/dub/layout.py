"""Where the components of the Dub tab are. `tab` says which handler answers which of them."""

from __future__ import annotations

from types import SimpleNamespace

import gradio as gr
from gradio.components import Component

from a2s.cues.formats import CUE_SUFFIXES
from a2s.cues.vocabulary import MODEL_ACTIONS, MODEL_MATERIALS
from a2s.dubbing.stems import NAMES as STEMS
from a2s.editors.options import MAX_HANDLES
from a2s.settings import LOUDNESS, LOUDNESS_PRESETS, DubSettings
from a2s.ui import text
from a2s.ui.dub.controls import AUTO, OFF, choice_key
from a2s.ui.engine import Engine
from a2s.ui.examples import Example
from a2s.ui.gradio_compat.files import file_url
from a2s.ui.html import heading, html_block
from a2s.ui.parts.ambiences import AmbienceCards
from a2s.ui.parts.examples import ExampleStrip
from a2s.ui.parts.job_progress import NO_VIDEO, JobProgress
from a2s.ui.parts.timeline import CueTimeline
from a2s.ui.state.records import CONTAINERS, PICTURES

AUDIO_SUFFIXES = [".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".aac", ".mp4", ".webm"]
RECIPE_SUFFIXES = [".json", ".mp4", ".mov", ".mkv", ".wav", ".flac"]
DOWNLOADS = {"mp4": "mp4", "wav": "wav", "flac": "flac", "recipe": "Project recipe (.json)", "cues": "Cues"}
CUE_FILES = {
    "": "Save cues as …",
    ".json": "json: all of it",
    ".csv": "csv: a table",
    ".srt": "srt: subtitles",
    ".edl": "edl: markers",
    ".mid": "mid: notes",
    ".txt": "txt: Audacity labels",
}
"""Cue files that can be saved: suffix to the name on the page."""
DEFAULT_MATCHES = 5
_DEFAULT = DubSettings()


def video_section(engine: Engine, examples: tuple[Example, ...]) -> SimpleNamespace:
    """The visitor's video, facts about it, and the examples."""
    heading("Your video")
    video = gr.Video(label="Your video", show_label=False, sources=["upload"], height=300, elem_id="source", buttons=[])
    facts = html_block(text.no_video_facts(engine.limits), elem_id="facts")
    offered = [
        {"id": each.id, "name": each.name, "poster": file_url(each.poster) if each.poster else ""} for each in examples
    ]
    strip = ExampleStrip(offered, elem_id="examples", visible=bool(examples))
    return SimpleNamespace(video=video, facts=facts, strip=strip)


def result_section() -> SimpleNamespace:
    """The dubbed video, the choice of takes, and the downloads."""
    heading("Result")
    video = gr.Video(
        label="Dubbed video", show_label=False, interactive=False, height=300, elem_id="result", buttons=[]
    )
    summary = html_block(text.NO_RESULT, elem_id="summary")
    takes = gr.Radio([], label="Takes", visible=False, container=False, elem_id="take")
    with gr.Row(elem_id="files"):
        files = [_download(label, f"get-{name}") for name, label in DOWNLOADS.items()]
        stems = _quiet_button("Export stems", "export-stems")
        stem_files = [_download(f"{name.capitalize()}.wav", f"get-{name}", visible=False) for name in STEMS]
        package = _quiet_button("Package for editors", "export-package", min_width=150)
        package_file = _download("Package (.zip)", "get-package", visible=False)
        share = _quiet_button("Export with spectrogram", "export-spectrogram")
        share_file = _download("Video with spectrogram", "get-spectrogram", visible=False)
    return SimpleNamespace(
        video=video, summary=summary, takes=takes, files=files, stems=stems, stem_files=stem_files, share=share,
        share_file=share_file, package=package, package_file=package_file, package_options=_package_options(),
    )  # fmt: skip


def _package_options() -> list[Component]:
    """The options of the package for editors, as `TakesHandlers.export_package` takes them."""
    with gr.Accordion("Options of the package", open=False, elem_id="package-options"):
        with gr.Row():
            names = gr.Dropdown(
                [("Plain: action.wav", "plain"), ("Universal Category System", "ucs")], value="plain",
                label="Names of the sound files", filterable=False, min_width=150, elem_id="package-names",
            )  # fmt: skip
            handles = gr.Number(
                0, label="Handles (s)", info="sound before and after the film", minimum=0, maximum=MAX_HANDLES,
                min_width=110, elem_id="package-handles",
            )  # fmt: skip
        with gr.Row():
            two_pop = gr.Checkbox(False, label="2-pop", info="a tone 2 s before the film", elem_id="package-two-pop")
            picture = gr.Checkbox(False, label="Include the film", elem_id="package-picture")
    return [names, handles, two_pop, picture]


def _download(label: str, elem_id: str, visible: bool = True) -> gr.DownloadButton:
    return gr.DownloadButton(label, size="sm", interactive=False, elem_id=elem_id, min_width=70, visible=visible)


def _quiet_button(label: str, elem_id: str, min_width: int = 90, interactive: bool = True) -> gr.Button:
    return gr.Button(
        label, size="sm", elem_id=elem_id, elem_classes="quiet", min_width=min_width, interactive=interactive
    )


def cues_section(engine: Engine) -> SimpleNamespace:
    """The cue timeline, with a note above it if the model ignores cues."""
    with gr.Row(elem_classes="heading-row"):
        heading("Cues")
        load = gr.UploadButton(
            "Load a cue file", file_types=list(CUE_SUFFIXES), size="sm", elem_id="load-cues", elem_classes="quiet",
            scale=0, min_width=120,
        )  # fmt: skip
        save = gr.Dropdown(
            [(words, suffix) for suffix, words in CUE_FILES.items()], value="", show_label=False, container=False,
            label="Save cues as", filterable=False, elem_id="save-cues", scale=0, min_width=150,
        )  # fmt: skip
        saved = _download("Cue file", "get-cue-file", visible=False)
        reset = gr.Button(
            "Reset to detected cues", size="sm", elem_id="reset-cues", elem_classes="quiet", scale=0, min_width=170
        )
    note = html_block(text.cues_note(engine.uses_cues()), elem_id="cues-note")
    timeline = CueTimeline(
        None, elem_id="timeline", actions=list(MODEL_ACTIONS), materials=list(MODEL_MATERIALS), player="#source video"
    )
    return SimpleNamespace(timeline=timeline, note=note, load=load, save=save, saved=saved, reset=reset)


def ambience_section() -> SimpleNamespace:
    """The ambiences to choose from, and how much of the chosen one."""
    heading("Ambience")
    with gr.Row(elem_id="ambience-row"):
        search = gr.Textbox(
            placeholder="Search the bank: rain, kitchen, birds …", show_label=False, label="Search the bank",
            elem_id="search", container=False, max_lines=1, scale=3, min_width=160,
        )  # fmt: skip
        k = gr.Dropdown(
            [(f"Top {number}", number) for number in range(3, 11)], value=DEFAULT_MATCHES, show_label=False,
            container=False, label="How many", elem_id="match-count", filterable=False, scale=1, min_width=100,
        )  # fmt: skip
    cards = AmbienceCards(None, elem_id="ambiences")
    with gr.Row():
        own = gr.UploadButton(
            "Use my own recording", file_types=AUDIO_SUFFIXES, size="sm", elem_id="own-recording",
            elem_classes="quiet",
        )  # fmt: skip
        save = gr.Button("Save to my bank", size="sm", elem_id="save-own", elem_classes="quiet", interactive=False)
    with gr.Group(), gr.Row(elem_id="amount-row"):
        with gr.Column(scale=4, min_width=200):
            amount = gr.Slider(
                0, 1, _DEFAULT.ambient, step=0.01, label="Ambience", elem_id="amount", buttons=[],
                info="0: action only · 1: full ambience",
            )  # fmt: skip
        with gr.Column(scale=1, min_width=130):
            level = html_block(text.level_note(_DEFAULT.ambient, None), elem_id="level")
    return SimpleNamespace(search=search, k=k, cards=cards, own=own, save=save, amount=amount, level=level)


def settings_section(engine: Engine, amount: gr.Slider) -> SimpleNamespace:
    """The folded settings. `values`: the controls in `controls.ORDER`, the model last."""
    models, limits = engine.model_choices(), engine.limits
    default_steps, default_guidance = engine.sampler_defaults()
    with gr.Accordion("Settings", open=False, elem_id="settings"):
        with gr.Row():
            seed = gr.Number(
                _DEFAULT.seed, label="Seed", precision=0, minimum=0, maximum=2**32 - 1, min_width=100, scale=3,
                elem_id="seed",
            )  # fmt: skip
            new_seed = gr.Button("New seed", size="sm", min_width=80, scale=1, elem_id="new-seed", elem_classes="quiet")
            lock = gr.Checkbox(
                True, label="Lock seed", info="off: new seed each time", elem_id="lock-seed", min_width=110, scale=2
            )
        with gr.Row():
            takes = _slider("Takes", 1, limits.max_takes, _DEFAULT.takes, elem_id="takes")
            first = gr.Number(
                1, label="First take no. (advanced)", precision=0, minimum=1, maximum=1000, min_width=110,
                elem_id="first-take",
            )  # fmt: skip
        with gr.Row():
            steps = _slider("Quality (steps)", 4, limits.max_steps, default_steps, elem_id="steps")
            guidance = _slider("How closely it follows the cues", 1, 15, default_guidance, step=0.1, elem_id="guidance")
        with gr.Row():
            mixes = {f"-{db}": f"Mix in at \N{MINUS SIGN}{db} dB" for db in (6, 12, 18, 24)}
            original = _choice("Original audio", "original", _DEFAULT.original_audio, {OFF: "Mute"} | mixes)
            track = gr.Dropdown(
                [("The film's default", AUTO)], value=AUTO, label="Original track", visible=False,
                allow_custom_value=True, min_width=130, elem_id="original-track",
            )  # fmt: skip
        with gr.Row():
            targets = {choice_key(lufs): _target(name, lufs) for name, lufs in LOUDNESS_PRESETS.items()}
            loudness = _choice("Loudness", "loudness", _DEFAULT.loudness, targets | {OFF: "Off: as generated"})
            compress = gr.Checkbox(
                _DEFAULT.compress, label="Compress to reach the target", info="where single peaks forbid it",
                min_width=130, elem_id="compress",
            )  # fmt: skip
        note = html_block("", elem_id="settings-note")
        with gr.Row():
            start, end = (
                gr.Number(None, label=label, minimum=0, min_width=110, elem_id=elem_id, info=info)
                for label, elem_id, info in (
                    ("Only from (s)", "from", "the rest keeps its sound"), ("to (s)", "to", "empty or 0: to the end"),
                )
            )  # fmt: skip
        with gr.Row():
            container = gr.Dropdown(
                list(CONTAINERS), value=CONTAINERS[0], label="Film to download", filterable=False, min_width=130,
                elem_id="container",
            )  # fmt: skip
            picture = gr.Dropdown(
                [("Copy: untouched", "copy"), ("H.264: plays everywhere", "h264")], value=PICTURES[0], label="Picture",
                filterable=False, min_width=130, elem_id="picture",
            )  # fmt: skip
        with gr.Row():
            overlap = _slider(
                "Window overlap (s, advanced)", 0, 1.5, _DEFAULT.overlap_seconds, step=0.05, elem_id="overlap"
            )
            names = [(each.label + (" (not installed)" if each.missing else ""), each.name) for each in models]
            model = gr.Dropdown(
                names, value=models[0].name, label="Model", min_width=130, filterable=False, elem_id="model"
            )
        recipe = gr.File(
            label="Project recipe: drop a .json, or an exported mp4, wav or flac, to generate that take again",
            file_types=RECIPE_SUFFIXES, height=110, elem_id="recipe",
        )  # fmt: skip
    sound = [original, loudness, compress, track, start, end]
    values = [amount, seed, takes, first, steps, guidance, overlap, *sound, model]
    return SimpleNamespace(
        values=values, seed=seed, new_seed=new_seed, lock=lock, takes=takes, steps=steps, guidance=guidance,
        model=model, recipe=recipe, film=[container, picture], track=track, note=note, checked=sound,
    )  # fmt: skip


def _target(name: str, lufs: float) -> str:
    """A loudness target as the page names it."""
    standard = {"web": "Web", "podcast": "Podcast", "ebu": "EBU R 128", "atsc": "ATSC A/85"}.get(name, name)
    default = ", default" if lufs == LOUDNESS else ""
    return text.with_minus(f"{standard} ({lufs:g} LUFS{default})")


def _slider(label: str, least: float, most: float, value: float, elem_id: str, step: float = 1) -> gr.Slider:
    return gr.Slider(least, most, value, step=step, label=label, min_width=130, buttons=[], elem_id=elem_id)


def _choice(label: str, elem_id: str, value: float | None, names: dict[str, str]) -> gr.Dropdown:
    """names: key for the handler to name on the page. Any other number may be typed, or come from a recipe."""
    choices = [(name, key) for key, name in names.items()]
    return gr.Dropdown(
        choices, value=choice_key(value), label=label, min_width=130, allow_custom_value=True, elem_id=elem_id
    )


def pictures_section() -> SimpleNamespace:
    """Pictures of the sound: of one take, and of two with a divider."""
    heading("Waveform and spectrogram")
    figure = gr.Image(
        label="Waveform, cues, spectrogram, ambience reference", show_label=False, interactive=False, height=460,
        type="filepath", elem_id="spectrogram", buttons=["fullscreen"],
        alt_text="Waveform, cues, mel spectrogram with detected hits, and the ambience reference on one time axis",
    )  # fmt: skip
    other = gr.Dropdown([], label="Compare spectrogram with", visible=False, filterable=False, elem_id="compare-with")
    comparison = gr.ImageSlider(
        label="Spectrograms of two takes", show_label=False, interactive=False, visible=False, max_height=240,
        elem_id="spectrogram-comparison", buttons=["fullscreen"], type="filepath",
    )  # fmt: skip
    return SimpleNamespace(figure=figure, other=other, comparison=comparison)


def action_bar() -> SimpleNamespace:
    """The bar at the bottom that is always visible."""
    with gr.Row(elem_id="action-bar"):
        progress = JobProgress(NO_VIDEO, elem_id="progress", scale=6, min_width=260)
        levels = gr.Button(
            "Generate 4 ambience levels", size="lg", elem_id="generate-levels", elem_classes="quiet", min_width=90
        )
        cancel = gr.Button("Cancel", size="lg", interactive=False, elem_id="cancel", min_width=90)
        generate = gr.Button("Generate sound", variant="primary", size="lg", elem_id="generate", min_width=90)
    return SimpleNamespace(progress=progress, levels=levels, cancel=cancel, generate=generate)
