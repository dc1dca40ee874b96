"""Writes a take to disk in all its formats, and its stems."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from a2s.errors import BadSettings
from a2s.io import atomic_files, write_text
from a2s.settings import AmbientChange, AudioSpec, Limits
from a2s.ui.plots import result_figure, save_figure, waveform_mel, wipe_picture
from a2s.ui.state import plain_name
from a2s.ui.state.take_files import TakeFiles
from a2s.ui.text import summary

if TYPE_CHECKING:
    from a2s.dubbing.recipe import Report
    from a2s.dubbing.take import Take
    from a2s.pipelines.ambience import AmbienceSource

REENCODED = "The picture was re-encoded as H.264, because browsers can't play its own format in an mp4."


@dataclass(frozen=True)
class TakeLabel:
    """How a take is called. clip: the visitor's name for the video. number: of the take in this visit, from 1. model:
    as the engine names it. own_recording: the visitor's name for the recording that is its ambience."""

    clip: str
    number: int
    model: str | None = None
    own_recording: str | None = None


def export(
    take: Take,
    folder: Path,
    label: TakeLabel,
    cancelled: Callable[[], bool] | None = None,
    limits: Limits | None = None,
) -> TakeFiles:
    """Write a take into a new folder, which is removed again on an error. File names contain the clip, the amount of
    ambience, the seed, and the number of the take from the second on. Raises the errors of `mux_soundtrack`,
    Cancelled."""
    from a2s.dubbing.origin import broadcasts
    from a2s.media import mux_soundtrack, write_sounds

    settings, report = take.recipe.settings, public_report(take.report, label.clip, label.own_recording)
    percent = round(settings.ambient * 100)
    stem = f"{plain_name(label.clip)}-ambient{percent}-seed{settings.seed}"
    stem += f"-take{label.number}" if label.number > 1 else ""
    video, sound, recipe_file, cue_file, figure, spectrogram = (
        folder / f"{stem}{suffix}" for suffix in (".mp4", ".wav", ".recipe.json", ".cues.json", ".png", ".mel.png")
    )
    folder.mkdir()
    try:
        comment = report.tag()
        muxed = mux_soundtrack(
            take.video, take.soundtrack, video, limits=limits, comment=comment, cancelled=cancelled, picture="browser"
        )
        about = broadcasts(["mix"], take.origin, report)
        write_sounds({"mix": sound}, take.soundtrack.without_action(), take.seconds, comment, limits, about)
        write_text(recipe_file, report.to_json() + "\n")
        take.cues.save(cue_file)
        _draw(take, figure, spectrogram)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return TakeFiles(
        label=f"Take {label.number} · {percent} % · seed {settings.seed}",
        stem=stem, video=video, sound=sound, recipe=recipe_file, cue_file=cue_file, figure=figure,
        spectrogram=spectrogram,
        summary=summary(take.report) + ("" if muxed.picture_copied else _note(REENCODED)),
        settings=settings, report=report, model=label.model,
    )  # fmt: skip


def write_stems(files: TakeFiles, again: Take) -> None:
    """Two wavs, action and ambience, that add up to the take's wav sample for sample. A kept original soundtrack
    belongs to the ambience.

    again: the take, made once more with stems. Raises BadSettings if it is not the same take.
    """
    from a2s.media import SoundWriter, sound_steps

    with atomic_files(files.stem_files) as parts, ExitStack() as stack:
        writers = [stack.enter_context(SoundWriter(part, part)) for part in parts]
        try:
            for steps in sound_steps(again.stems.soundtrack(), again.seconds, mix=files.sound):
                writers[0].write(steps["action"])
                writers[1].write(steps["mix"] - steps["action"])
        except BadSettings:
            raise BadSettings(
                "The stems can't be exported: the video, the bank or the model has changed since this take."
            ) from None


def public_report(report: Report, name: str, own_name: str | None = None) -> Report:
    """A report for download: with the visitor's names instead of the server's paths, and without our version.

    An ambience of the bank is named in the settings even if the model chose it, so that another bank gives the same
    one. A recording of the visitor is identified by name and checksum. own_name: of that recording.
    """

    def public(source: AmbienceSource) -> AmbienceSource:
        return source if source.clip is not None else replace(source, name=own_name or "own recording")

    recipe = report.recipe
    first, *later = (public(source) for source in recipe.ambience)
    changes = tuple(AmbientChange(source.time, source.clip or source.name) for source in later)
    settings = replace(recipe.settings, ambient_clip=first.clip or first.name, ambient_changes=changes)
    video = replace(recipe.video, name=name)
    recipe = replace(recipe, settings=settings, video=video, ambience=(first, *later), version="")
    return replace(report, recipe=recipe)


def _draw(take: Take, figure: Path, spectrogram: Path) -> None:
    """Both pictures of the dub, without the original audio."""
    from a2s.audio.onsets import detect_onsets

    spec = AudioSpec.at_rate(take.sample_rate)
    mel = waveform_mel(take.waveform, spec)
    condition_mel = waveform_mel(np.resize(take.condition, spec.window_samples), spec)
    onsets = [float(onset) for onset in detect_onsets(take.waveform, take.sample_rate)]
    wipe_picture(mel).save(spectrogram, format="PNG")
    save_figure(
        result_figure(take.waveform, take.sample_rate, mel, condition_mel[:, :-1], take.cues, onsets, spec), figure
    )


def _note(sentence: str) -> str:
    return f'<p class="facts subdued">{sentence}</p>'
