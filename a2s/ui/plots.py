"""Pictures of sound, drawn on matplotlib Figures of their own: no pyplot, no shared state, safe in threads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from a2s.cues import CueTrack
from a2s.settings import AUDIO, AudioSpec

GROUND, INK, FAINT, MARK = "#14161a", "#c9ced6", "#3a4049", "#5ad1c8"
TICKS_HZ = (250, 500, 1000, 2000, 4000, 7000)
MARKS_NAMED = 24
"""With more cues than this, only lines are drawn: their names would cover one another."""


def slaney_mel(hertz: np.ndarray | float) -> np.ndarray:
    """Hz to mel after Slaney's Auditory Toolbox (1998): linear below 1 kHz, logarithmic above."""
    hertz = np.asarray(hertz, np.float64)
    above = 15.0 + np.log(np.maximum(hertz, 1000.0) / 1000.0) * 27.0 / np.log(6.4)
    return np.where(hertz < 1000.0, hertz * 3.0 / 200.0, above)


def band_of(hertz: np.ndarray | float, spec: AudioSpec = AUDIO) -> np.ndarray:
    """Row of the mel picture, as a fraction of bands, whose centre is at this frequency."""
    low, high = slaney_mel(spec.fmin), slaney_mel(spec.fmax)
    return (slaney_mel(hertz) - low) / (high - low) * (spec.n_mels + 1) - 1


def mel_figure(mel: np.ndarray, track: CueTrack | None = None, spec: AudioSpec = AUDIO, title: str = "") -> Figure:
    """The sound's mel spectrogram with seconds below, hertz at the side and a line for every cue.

    mel: (n_mels, T) in [0, 1], 100 dB wide.
    """
    mel = np.asarray(mel, np.float32)
    seconds = mel.shape[1] * spec.frame_seconds
    figure = Figure(figsize=(10, 3.7), dpi=110, facecolor=GROUND, layout="constrained")
    axes = figure.add_subplot(facecolor=GROUND)
    image = axes.imshow(
        mel * 100 - 80, origin="lower", aspect="auto", cmap="magma", vmin=-80, vmax=10,
        extent=(0, seconds, -0.5, spec.n_mels - 0.5), interpolation="nearest",
    )  # fmt: skip
    axes.set_yticks(
        band_of(TICKS_HZ, spec), [f"{hertz / 1000:g}k" if hertz >= 1000 else str(hertz) for hertz in TICKS_HZ]
    )
    axes.set_xlim(0, seconds)
    axes.set_xlabel("time (s)")
    axes.set_ylabel("frequency (Hz)")
    if title:
        axes.set_title(title, loc="left", fontsize=10)
    _mark(axes, track, spec.n_mels, seconds)
    bar = figure.colorbar(image, ax=axes, pad=0.01, fraction=0.025)
    bar.set_label("dB")
    _colour(axes, bar)
    return figure


def save_figure(figure: Figure, path: Path) -> Path:
    """Write a PNG."""
    figure.savefig(path, format="png")
    return path


def _mark(axes, track: CueTrack | None, bands: int, seconds: float) -> None:
    """A line per cue, as opaque as it is strong; a bar along the top for one that lasts."""
    if not track:
        return
    for cue in track:
        if cue.time > seconds:
            continue
        axes.axvline(cue.time, color=MARK, linewidth=1.1, alpha=0.35 + 0.6 * cue.strength, linestyle=(0, (4, 2)))
        if cue.duration > 0:
            axes.plot(
                [cue.time, cue.time + cue.duration], [bands - 2] * 2, color=MARK, linewidth=3, solid_capstyle="butt"
            )
        if cue.action and len(track) <= MARKS_NAMED:
            name = f"{cue.action} {cue.material or ''}".strip()
            axes.text(cue.time, bands - 4, f" {name}", color=MARK, fontsize=7, rotation=90, va="top", ha="left")


def _colour(axes, bar) -> None:
    for each in (axes, bar.ax):
        each.tick_params(colors=INK, labelsize=8)
        each.xaxis.label.set(color=INK, fontsize=9)
        each.yaxis.label.set(color=INK, fontsize=9)
        each.title.set_color(INK)
        for spine in each.spines.values():
            spine.set_color(FAINT)
    bar.outline.set_edgecolor(FAINT)
