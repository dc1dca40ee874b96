"""Pictures of sound, drawn on matplotlib Figures of their own: no pyplot, no shared state, safe in threads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from a2s.cues import Cue, CueTrack
from a2s.settings import AUDIO, AudioSpec

GROUND, INK, FAINT, MARK = "#14161a", "#c9ced6", "#3a4049", "#5ad1c8"
TICKS_HZ = (250, 500, 1000, 2000, 4000, 7000)
LETTER = 1 / 110
"""Width of a letter as part of the picture's width; a name that would run into the one before is left out."""


def slaney_mel(hertz: np.ndarray | float) -> np.ndarray:
    """Hz to mel after Slaney's Auditory Toolbox (1998): linear below 1 kHz, logarithmic above."""
    hertz = np.asarray(hertz, np.float64)
    above = 15.0 + np.log(np.maximum(hertz, 1000.0) / 1000.0) * 27.0 / np.log(6.4)
    return np.where(hertz < 1000.0, hertz * 3.0 / 200.0, above)


def band_of(hertz: np.ndarray | float, spec: AudioSpec = AUDIO) -> np.ndarray:
    """Row of the mel picture, as a fraction of bands, whose centre is at this frequency."""
    low, high = slaney_mel(spec.fmin), slaney_mel(spec.fmax)
    return (slaney_mel(hertz) - low) / (high - low) * (spec.n_mels + 1) - 1


def mel_figure(mel: np.ndarray, track: CueTrack | None = None, spec: AudioSpec = AUDIO) -> Figure:
    """The sound's mel spectrogram with seconds below, hertz at the side and the cues in a lane above.

    mel: (n_mels, T) in [0, 1], 100 dB wide.
    """
    mel = np.asarray(mel, np.float32)
    seconds = mel.shape[1] * spec.frame_seconds
    figure = Figure(figsize=(9, 4), dpi=120, facecolor=GROUND, layout="constrained")
    lane, axes = figure.subplots(2, 1, sharex=True, height_ratios=(1, 7), subplot_kw={"facecolor": GROUND})
    image = axes.imshow(
        mel * 100 - 80, origin="lower", aspect="auto", cmap="magma", vmin=-80, vmax=10,
        extent=(0, seconds, -0.5, spec.n_mels - 0.5), interpolation="nearest",
    )  # fmt: skip
    names = [f"{hertz // 1000}k" if hertz >= 1000 else str(hertz) for hertz in TICKS_HZ]
    axes.set_yticks(band_of(TICKS_HZ, spec), names)
    axes.set_xlim(0, seconds)
    axes.set_xlabel("time (s)")
    axes.set_ylabel("frequency (Hz)")
    bar = figure.colorbar(image, ax=axes, pad=0.01, fraction=0.025)
    bar.set_label("dB")
    _mark(lane, axes, track.cues if track else (), seconds)
    _colour(lane, axes, bar.ax)
    return figure


def save_figure(figure: Figure, path: Path) -> Path:
    """Write a PNG."""
    figure.savefig(path, format="png")
    return path


def _mark(lane, axes, cues: Sequence[Cue], seconds: float) -> None:
    """In the lane, a stem as high as each cue is strong and a bar as long as it lasts; in the mel, a thin line."""
    lane.set_ylim(0, 1.9)
    lane.set_yticks([0.5], ["cues"])
    lane.tick_params(length=0, labelbottom=False)
    free = 0.0
    for cue in cues:
        if cue.time > seconds:
            break
        lane.plot([cue.time] * 2, [0, cue.strength], color=MARK, linewidth=1.6, solid_capstyle="butt")
        lane.plot([cue.time], [cue.strength], "o", color=MARK, markersize=3.5)
        if cue.duration > 0:
            lane.plot([cue.time, min(seconds, cue.time + cue.duration)], [0.06] * 2, color=MARK, linewidth=3)
        axes.axvline(cue.time, color=MARK, linewidth=0.8, alpha=0.55, linestyle=(0, (3, 3)))
        name = " ".join(word for word in (cue.action, cue.material) if word)
        if name and cue.time >= free:
            lane.text(cue.time, 1.25, name, color=INK, fontsize=7.5, ha="left", va="bottom", clip_on=True)
            free = cue.time + len(name) * seconds * LETTER


def _colour(*all_axes) -> None:
    for axes in all_axes:
        axes.tick_params(colors=INK, labelsize=8)
        for label in (axes.xaxis.label, axes.yaxis.label):
            label.set(color=INK, fontsize=9)
        for spine in axes.spines.values():
            spine.set_color(FAINT)
