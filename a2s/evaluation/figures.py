"""Plots of a report: curves, and spectrograms of single clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill

import numpy as np
import soundfile
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from a2s.audio.mel import mel_spectrogram
from a2s.cues import CueTrack
from a2s.evaluation.statistics import Figures
from a2s.evaluation.worlds import Clip
from a2s.io import atomic_file
from a2s.settings import AUDIO


def save_figure(figure: Figure, file: Path) -> Path:
    """Write a PNG, completely or not at all. Same figure, same bytes. Raises CannotWrite."""
    with atomic_file(file) as part:
        figure.savefig(part, dpi=90, format="png", metadata={"Software": None})
    return file


def save_audio_file(wave: np.ndarray, file: Path) -> Path:
    """(n,) at 16 kHz as FLAC, completely or not at all. Raises CannotWrite."""
    with atomic_file(file) as part, open(part, "wb") as out:
        soundfile.write(out, np.clip(wave, -1, 1), AUDIO.sample_rate, format="FLAC")
    return file


def amount_figure(amount: Figures) -> Figure:
    """Two plots of `evaluate_amount`: generated against requested ambient level, and onset F1 over the amount."""
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    level, events = figure.subplots(1, 2)
    rows = amount["amounts"]
    amounts = [row["amount"] for row in rows]
    level.plot([row["true_level_db"] for row in rows], [row["level_db"] for row in rows], "o-", label="generated")
    ends = [rows[0]["true_level_db"], rows[-1]["true_level_db"]]
    level.plot(ends, ends, "--", color="grey", label="requested")
    level.set(xlabel="requested level: true action over the scaled ambience, dBFS", ylabel="generated level, dBFS")
    for name, label in (("onset_f1", "generated"), ("true_onset_f1", "true action")):
        events.plot(amounts, [row[name] for row in rows], "o-", label=label)
    events.set(xlabel="ambient amount", ylabel="onset F1 at 100 ms", ylim=(0, 1))
    for axis in (level, events):
        axis.legend(frameon=False)
        axis.grid(alpha=0.25)
    return figure


def sweep_figure(sweeps: Figures) -> Figure:
    """Onset F1 and material accuracy over processor time by steps, guidance scale and frame rate."""
    figure = Figure(figsize=(12, 3.4), layout="constrained")
    for axis, (name, rows) in zip(figure.subplots(1, len(sweeps), squeeze=False)[0], sweeps.items(), strict=True):
        values = list(rows.values())
        labels = [row["title"].removeprefix("guidance ").split()[0] for row in values]
        x = [row["seconds"] for row in values] if name == "steps" else [float(label) for label in labels]
        f1 = [row["onsets"]["100ms"]["f1"] for row in values]
        low, high = np.transpose([row["onsets"]["100ms"]["interval"] for row in values])
        axis.errorbar(x, f1, [np.maximum(0, f1 - low), np.maximum(0, high - f1)], fmt="o-", capsize=3, label="onset F1")
        axis.plot(x, [row["classes"]["material"]["value"] for row in values], "s--", label="material accuracy")
        for time, height, label in zip(x, f1, labels, strict=True):
            axis.annotate(label, (time, height), textcoords="offset points", xytext=(4, 6), fontsize=8)
        axis.set(xlabel="processor time per clip in s, by steps" if name == "steps" else name, ylim=(0, 1.08))
        axis.grid(alpha=0.25)
        axis.legend(frameon=False, fontsize=8)
    return figure


def spectrogram_figure(
    clips: Sequence[Clip], audio: Mapping[str, Sequence[np.ndarray]], cues: Sequence[CueTrack]
) -> Figure:
    """Mel spectrograms, one column per clip, one row per title. Dotted: true events. Red triangles: automatic cues.

    audio: title -> (48000,) waveforms at 16 kHz, one per clip.
    """
    columns = max(1, len(clips))
    figure = Figure(figsize=(3.2 * columns, 2.1 * len(audio)), layout="constrained")
    axes = figure.subplots(len(audio), columns, squeeze=False)
    for row, (title, waves) in zip(axes, audio.items(), strict=True):
        for axis, clip, wave, track in zip(row, clips, waves, cues, strict=True):
            _draw_mel(axis, wave)
            for time in clip.onsets:
                axis.axvline(time, color="white", linewidth=0.6, linestyle=":")
            inside = track.between(clip.start, clip.start + AUDIO.window_seconds)
            axis.plot([cue.time - clip.start for cue in inside], [4.0] * len(inside), "^", color="red", markersize=4)
        row[0].set_ylabel(fill(title, 24), fontsize=8)
    for axis, clip in zip(axes[0], clips, strict=True):
        events = sorted({f"{event.action} {event.material}" for event in clip.events})
        axis.set_title(f"{', '.join(events)}\n{clip.ambience_kind}", fontsize=8)
    return figure


def _draw_mel(axis: Axes, wave: np.ndarray) -> None:
    mel = mel_spectrogram(torch.from_numpy(np.asarray(wave, np.float32)))
    extent = (0, AUDIO.window_seconds, 0, AUDIO.n_mels)
    axis.imshow(mel.numpy(), origin="lower", aspect="auto", vmin=0, vmax=0.9, cmap="magma", extent=extent)
    axis.set_yticks([])
