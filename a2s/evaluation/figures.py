"""Pictures of a report: curves, and spectrograms of single clips with their sounds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from textwrap import fill

import numpy as np
import soundfile
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from a2s.audio.mel import mel_spectrogram
from a2s.cues import CueTrack
from a2s.evaluation.clips import Clip
from a2s.media.files import whole_file
from a2s.settings import AUDIO


def save_figure(figure: Figure, file: Path) -> Path:
    """Write a PNG whole or not at all. Same figure, same bytes."""
    with whole_file(file) as part:
        figure.savefig(part, dpi=90, format="png", metadata={"Software": None})
    return file


def slider_figure(slider: dict) -> Figure:
    """Level asked for against level made, over the ambient amount; and what becomes of the events."""
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    level, events = figure.subplots(1, 2)
    rows = slider["amounts"]
    amounts = [row["amount"] for row in rows]
    level.plot([row["true_level_db"] for row in rows], [row["level_db"] for row in rows], "o-", label="made")
    span = [rows[0]["true_level_db"], rows[-1]["true_level_db"]]
    level.plot(span, span, "--", color="grey", label="as asked")
    level.set(xlabel="level in: true action over the scaled place, dBFS", ylabel="level out, dBFS")
    for name, label in (("onset_f1", "made"), ("true_onset_f1", "true action")):
        events.plot(amounts, [row[name] for row in rows], "o-", label=label)
    events.set(xlabel="ambient amount", ylabel="onset F1 at 100 ms", ylim=(0, 1))
    for axis in (level, events):
        axis.legend(frameon=False)
        axis.grid(alpha=0.25)
    return figure


def sweep_figure(sweeps: dict) -> Figure:
    """Quality against seconds for the number of steps, and against guidance and frame rate."""
    figure = Figure(figsize=(12, 3.4), layout="constrained")
    for axis, (name, rows) in zip(figure.subplots(1, len(sweeps), squeeze=False)[0], sweeps.items(), strict=True):
        values = list(rows.values())
        labels = [row["title"].removeprefix("guidance ").split()[0] for row in values]
        x = [row["seconds"] for row in values] if name == "steps" else [float(label) for label in labels]
        f1 = [row["onsets_100ms"]["f1"] for row in values]
        low, high = np.transpose([row["onsets_100ms"]["interval"] for row in values])
        axis.errorbar(x, f1, [np.maximum(0, f1 - low), np.maximum(0, high - f1)], fmt="o-", capsize=3, label="onset F1")
        axis.plot(x, [row["classes"]["material"]["value"] for row in values], "s--", label="material right")
        for where, height, label in zip(x, f1, labels, strict=True):
            axis.annotate(label, (where, height), textcoords="offset points", xytext=(4, 6), fontsize=8)
        axis.set(xlabel="processor seconds a clip, by steps" if name == "steps" else name, ylim=(0, 1.08))
        axis.grid(alpha=0.25)
        axis.legend(frameon=False, fontsize=8)
    return figure


def panel_figure(clips: Sequence[Clip], sounds: dict[str, Sequence[np.ndarray]], cues: Sequence[CueTrack]) -> Figure:
    """One column a clip, one row a sound. White dotted: true events; red triangles: the machine's cues.

    sounds: title -> waveforms (48000,), one each clip.
    """
    columns = max(1, len(clips))
    figure = Figure(figsize=(3.2 * columns, 2.1 * len(sounds)), layout="constrained")
    axes = figure.subplots(len(sounds), columns, squeeze=False)
    for row, (title, waves) in zip(axes, sounds.items(), strict=True):
        for axis, clip, wave, track in zip(row, clips, waves, cues, strict=True):
            _mel(axis, wave)
            for time in clip.onsets:
                axis.axvline(time, color="white", linewidth=0.6, linestyle=":")
            inside = track.between(clip.start, clip.start + AUDIO.window_seconds)
            axis.plot([cue.time - clip.start for cue in inside], [4.0] * len(inside), "^", color="red", markersize=4)
        row[0].set_ylabel(fill(title, 24), fontsize=8)
    for axis, clip in zip(axes[0], clips, strict=True):
        what = sorted({f"{event.action} {event.material}" for event in clip.events})
        axis.set_title(f"{', '.join(what)}\n{clip.kind}", fontsize=8)
    return figure


def _mel(axis: Axes, wave: np.ndarray) -> None:
    mel = mel_spectrogram(torch.from_numpy(np.asarray(wave, np.float32)))
    extent = (0, AUDIO.window_seconds, 0, AUDIO.n_mels)
    axis.imshow(mel.numpy(), origin="lower", aspect="auto", vmin=0, vmax=0.9, cmap="magma", extent=extent)
    axis.set_yticks([])


def save_sound(wave: np.ndarray, file: Path) -> Path:
    """(n,) at 16 kHz as FLAC, whole or not at all."""
    with whole_file(file) as part, open(part, "wb") as out:
        soundfile.write(out, np.clip(wave, -1, 1), AUDIO.sample_rate, format="FLAC")
    return file
