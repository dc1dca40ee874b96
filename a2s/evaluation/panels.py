"""Spectrogram panels: the same window as it is, as it was made, and as its condition sounds."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure

from a2s.audio.mel import mel_spectrogram
from a2s.cues import CueTrack
from a2s.evaluation.clips import Clip
from a2s.settings import AUDIO

ROWS = {
    "true": "true",
    "true_cues": "made, true cues",
    "automatic_cues": "made, automatic cues",
    "resynthesis": "true through VAE and vocoder",
    "neighbour_itself": "ambient condition",
}


def panel_figure(clips: Sequence[Clip], sounds: dict[str, np.ndarray], seen: Sequence[CueTrack]) -> Figure:
    """One column a clip, one row a sound of ROWS. White dotted: true events; red triangles: automatic cues.

    sounds: name -> waveforms (n, 48000), n at least len(clips).
    """
    figure = Figure(figsize=(3.2 * max(1, len(clips)), 2.1 * len(ROWS)), layout="constrained")
    axes = figure.subplots(len(ROWS), max(1, len(clips)), squeeze=False)
    for row, (name, title) in enumerate(ROWS.items()):
        for column, clip in enumerate(clips):
            axis = axes[row, column]
            mel = mel_spectrogram(torch.from_numpy(np.asarray(sounds[name][column], np.float32)))
            extent = (0, AUDIO.window_seconds, 0, AUDIO.n_mels)
            axis.imshow(mel.numpy(), origin="lower", aspect="auto", vmin=0, vmax=0.9, cmap="magma", extent=extent)
            _mark(axis, name, clip, seen[column])
            axis.set_yticks([])
            if row == 0:
                what = sorted({f"{e.action} {e.material}" for e in clip.events})
                axis.set_title(f"{', '.join(what)}\n{clip.kind}", fontsize=8)
            if column == 0:
                axis.set_ylabel(title, fontsize=8)
            if row < len(ROWS) - 1:
                axis.set_xticks([])
    return figure


def _mark(axis, name: str, clip: Clip, track: CueTrack) -> None:
    if name != "neighbour_itself":
        for time in clip.onsets:
            axis.axvline(time, color="white", linewidth=0.6, linestyle=":")
    if name == "automatic_cues":
        times = [cue.time - clip.start for cue in track.between(clip.start, clip.start + AUDIO.window_seconds)]
        axis.plot(times, np.full(len(times), 4.0), "^", color="red", markersize=4)


def save_panels(
    clips: Sequence[Clip], sounds: dict[str, np.ndarray], seen: Sequence[CueTrack], folder: Path
) -> list[Path]:
    """Write `panels-1.png`, ... of five clips each."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for first in range(0, len(clips), 5):
        part = slice(first, first + 5)
        rows = {name: waves[part] for name, waves in sounds.items()}
        file = folder / f"panels-{first // 5 + 1}.png"
        temporary = file.with_suffix(".part.png")
        panel_figure(clips[part], rows, seen[part]).savefig(temporary, dpi=80)
        os.replace(temporary, file)
        files.append(file)
    return files
