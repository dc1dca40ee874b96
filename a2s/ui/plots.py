"""Pictures of sound. Each has a matplotlib Figure of its own, without pyplot, so that threads don't share state.

Previews and pictures without axes are made with Pillow alone, which is faster.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator
from PIL import Image

from a2s.audio.levels import amplitude_db
from a2s.cues import Cue, CueTrack
from a2s.settings import AUDIO, AudioSpec

BACKGROUND, INK, FAINT, CUE_COLOUR = "#14161a", "#c9ced6", "#3a4049", "#5ad1c8"
HIT_COLOUR, WAVE_COLOUR = "#ffc24d", "#9fb0c6"
"""Detected hits, and the waveform."""
COLOUR_MAP, MIN_DB, MAX_DB = "magma", -80, 10
TICKS_HZ = (250, 500, 1000, 2000, 4000, 7000, 14000)
LETTER_WIDTH = 1 / 110
"""As part of the picture's width. A name that would overlap the one before is not drawn."""
MAX_COLUMNS = 1_600
"""Longer sounds are drawn with this many columns, each with its extremes."""
CROWDED = 90
"""Number of cues or hits from which they are drawn thinner."""
WIPE_SIZE = 960, 256
"""Width and height of `wipe_picture`."""


def slaney_mel(hertz: np.ndarray | float) -> np.ndarray:
    """Hz to mel after Slaney's Auditory Toolbox (1998): linear below 1 kHz, logarithmic above."""
    hertz = np.asarray(hertz, np.float64)
    above = 15.0 + np.log(np.maximum(hertz, 1000.0) / 1000.0) * 27.0 / np.log(6.4)
    return np.where(hertz < 1000.0, hertz * 3.0 / 200.0, above)


def band_of(hertz: np.ndarray | float, spec: AudioSpec = AUDIO) -> np.ndarray:
    """Row of a mel spectrogram, not rounded, whose centre is at this frequency."""
    low, high = slaney_mel(spec.fmin), slaney_mel(spec.fmax)
    return (slaney_mel(hertz) - low) / (high - low) * (spec.n_mels + 1) - 1


def mel_figure(mel: np.ndarray, track: CueTrack | None = None, spec: AudioSpec = AUDIO) -> Figure:
    """A mel spectrogram with axes in seconds and hertz, and the cues, if given, in a lane above.

    mel: (n_mels, T) in [0, 1], 100 dB wide.
    """
    mel = np.asarray(mel, np.float32)
    seconds = mel.shape[1] * spec.frame_seconds
    figure = Figure(figsize=(9, 4), dpi=120, facecolor=BACKGROUND, layout="constrained")
    if track is None:
        lane, axes = None, figure.subplots(subplot_kw={"facecolor": BACKGROUND})
    else:
        lane, axes = figure.subplots(2, 1, sharex=True, height_ratios=(1, 7), subplot_kw={"facecolor": BACKGROUND})
    image = axes.imshow(
        decibels(mel), origin="lower", aspect="auto", cmap=COLOUR_MAP, vmin=MIN_DB, vmax=MAX_DB,
        extent=(0, seconds, -0.5, spec.n_mels - 0.5), interpolation="nearest",
    )  # fmt: skip
    _scale_hertz(axes, TICKS_HZ, spec)
    axes.set_xlim(0, seconds)
    axes.set_xlabel("time (s)")
    axes.set_ylabel("frequency (Hz)")
    bar = figure.colorbar(image, ax=axes, pad=0.01, fraction=0.025)
    bar.set_label("dB")
    if track is not None and lane is not None:
        _draw_few_cues(lane, axes, track.cues, seconds)
        _style_axes(lane)
    _style_axes(axes, bar.ax)
    return figure


def result_figure(
    waveform: np.ndarray,
    sample_rate: int,
    mel: np.ndarray,
    condition_mel: np.ndarray,
    cues: Iterable[Cue],
    onsets: Sequence[float],
    spec: AudioSpec = AUDIO,
) -> Figure:
    """A take on one time axis: waveform, cues, mel spectrogram with the detected hits, ambience reference.

    waveform: (n,) float. mel: (n_mels, T) in [0, 1] of it. condition_mel: (n_mels, W) of the ambience reference, which
    every window of the model receives, so it is repeated. onsets: seconds. The picture always has 1080 x 800 pixels.
    """
    seconds = len(waveform) / sample_rate
    figure = Figure(figsize=(9, 6.67), dpi=120, facecolor=BACKGROUND)
    grid = figure.add_gridspec(
        4, 2, height_ratios=(2.1, 1.1, 5.2, 2.3), width_ratios=(60, 1),
        left=0.075, right=0.93, top=0.985, bottom=0.075, hspace=0.07, wspace=0.03,
    )  # fmt: skip
    reference = figure.add_subplot(grid[3, 0], facecolor=BACKGROUND)
    wave, lane, spectrogram = (
        figure.add_subplot(grid[row, 0], facecolor=BACKGROUND, sharex=reference) for row in range(3)
    )
    _draw_wave(wave, waveform, seconds)
    _draw_mel(spectrogram, mel, seconds, spec)
    image = _draw_mel(reference, np.tile(condition_mel, -(-mel.shape[1] // condition_mel.shape[1])), seconds, spec)
    _scale_hertz(spectrogram, TICKS_HZ, spec)
    _scale_hertz(reference, TICKS_HZ[::2], spec)
    bar = figure.colorbar(image, cax=figure.add_subplot(grid[2:, 1]))
    bar.set_label("dB")
    _draw_cues(lane, spectrogram, [cue for cue in cues if cue.time <= seconds], seconds)
    _draw_onsets(spectrogram, onsets)
    _title(spectrogram, "Spectrogram (Hz)")
    _title(spectrogram, f"\N{BLACK DOWN-POINTING TRIANGLE} Detected hits: {len(onsets)}", HIT_COLOUR, right=True)
    period = condition_mel.shape[1] * spec.frame_seconds
    _title(reference, f"Ambience reference ({period:.0f} s loop)")
    for axes in (wave, lane, spectrogram):
        axes.tick_params(labelbottom=False)
    _scale_time(reference, seconds)
    _style_axes(wave, lane, spectrogram, reference, bar.ax, size=10.5)
    lane.tick_params(axis="y", length=0, labelcolor=CUE_COLOUR)
    return figure


def waveform_mel(waveform: np.ndarray, spec: AudioSpec = AUDIO) -> np.ndarray:
    """(n_mels, T) in [0, 1] of (n,) float32 at `spec.sample_rate`; a sound shorter than a window is padded."""
    import torch  # keeps the start of the page fast

    from a2s.audio.mel import mel_spectrogram

    padded = np.pad(
        np.asarray(waveform, np.float32), (0, max(0, spec.n_fft - len(waveform)))
    )  # it mirrors half a frame
    with torch.inference_mode():
        return mel_spectrogram(torch.from_numpy(padded), spec)[:, : 1 + len(waveform) // spec.hop_length].numpy()


def save_figure(figure: Figure, path: Path) -> Path:
    """Write a PNG."""
    figure.savefig(path, format="png")
    return path


def decibels(mel: np.ndarray) -> np.ndarray:
    """[0, 1], the model's scale, to dB of mel amplitude, -80 to 20."""
    return np.asarray(mel, np.float32) * 100 - 80


def mel_picture(mel: np.ndarray) -> Image.Image:
    """A mel (n_mels, T) in [0, 1] in the colours of the figures, one pixel per value, high frequencies on top."""
    level = (decibels(mel)[::-1] - MIN_DB) / (MAX_DB - MIN_DB)
    return Image.fromarray(_colour_table()[np.clip(level * 255, 0, 255).astype(np.uint8)])


def wipe_picture(mel: np.ndarray, size: tuple[int, int] = WIPE_SIZE) -> Image.Image:
    """A mel without axes, stretched to `size` (width, height), so that two takes of a clip can be compared."""
    return mel_picture(_reduced(mel)).resize(size, Image.Resampling.BILINEAR)


def preview_picture(mel: np.ndarray, frames: int = AUDIO.window_frames) -> bytes:
    """A JPEG of a mel (n_mels, T), T <= frames: a few kB, made in a few ms.

    Columns from T to `frames` are background, so that every preview has one size.
    """
    picture = Image.new("RGB", (2 * frames, 2 * mel.shape[0]), BACKGROUND)
    drawn = mel_picture(mel[:, :frames])
    picture.paste(drawn.resize((2 * drawn.width, 2 * drawn.height), Image.Resampling.BILINEAR))
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=82)
    return file.getvalue()


def preview_url(mel: np.ndarray) -> str:
    """`preview_picture` as a data address for an img's src."""
    return "data:image/jpeg;base64," + base64.b64encode(preview_picture(mel)).decode()


@cache
def _colour_table() -> np.ndarray:
    """(256, 3) uint8."""
    return (colormaps[COLOUR_MAP](np.arange(256))[:, :3] * 255).round().astype(np.uint8)


def _reduced(values: np.ndarray, columns: int = MAX_COLUMNS) -> np.ndarray:
    """(..., n) with at most about `columns` columns, each the maximum of those it replaces: hits stay visible."""
    step = -(-values.shape[-1] // columns)
    return np.maximum.reduceat(values, np.arange(0, values.shape[-1], step), -1) if step > 1 else values


def _draw_mel(axes: Axes, mel: np.ndarray, seconds: float, spec: AudioSpec) -> AxesImage:
    """Frame f is centred at f hops, as in the centred STFT. Frames beyond the end of the sound are cut off."""
    mel = mel[:, : int(seconds / spec.frame_seconds) + 2]
    half = spec.frame_seconds / 2
    return axes.imshow(
        decibels(_reduced(mel)), origin="lower", aspect="auto", cmap=COLOUR_MAP, vmin=MIN_DB, vmax=MAX_DB,
        extent=(-half, mel.shape[1] * spec.frame_seconds - half, -0.5, spec.n_mels - 0.5), interpolation="nearest",
    )  # fmt: skip


def _draw_wave(axes: Axes, waveform: np.ndarray, seconds: float) -> None:
    """The range from the lowest to the highest sample of every column, scaled to the panel."""
    top, bottom = _reduced(waveform), -_reduced(-waveform)
    peak = float(np.abs(waveform).max(initial=0))
    axes.fill_between(np.linspace(0, seconds, len(top)), bottom, top, color=WAVE_COLOUR, linewidth=0.6)
    axes.set_ylim(-1.5 * max(peak, 1e-4), 1.5 * max(peak, 1e-4))
    axes.set_yticks([])
    level = f"{amplitude_db(peak):.1f} dBFS".replace("-", "\N{MINUS SIGN}") if peak > 1e-6 else "silence"
    _title(axes, f"Waveform, peak {level}")


def _draw_cues(lane: Axes, axes: Axes, cues: Sequence[Cue], seconds: float) -> None:
    """The cues as stems. Dots, lines in the spectrogram and names are not drawn when there are many."""
    crowded = len(cues) > CROWDED
    times, strengths = [cue.time for cue in cues], [cue.strength for cue in cues]
    lane.set_ylim(0, 2.3)
    lane.set_yticks([1.1], [f"cues\n{len(cues)}"])
    lane.vlines(times, 0, strengths, color=CUE_COLOUR, linewidth=0.8 if crowded else 2)
    long = [cue for cue in cues if cue.duration > 0]
    lane.hlines(
        [0.08] * len(long), [c.time for c in long], [c.time + c.duration for c in long], color=CUE_COLOUR, linewidth=3
    )
    if crowded:
        return
    lane.plot(times, strengths, "o", color=CUE_COLOUR, markersize=4.5)
    axes.vlines(times, 0, 1, CUE_COLOUR, (0, (3, 3)), transform=axes.get_xaxis_transform(), linewidth=0.9, alpha=0.55)
    free = 0.0
    for cue in cues:
        name = " ".join(word for word in (cue.action, cue.material) if word)
        width = len(name) * seconds * LETTER_WIDTH * 1.3
        if name and cue.time >= free and cue.time + width <= seconds:
            lane.text(cue.time, 1.3, name, color=INK, fontsize=9.5, ha="left", va="bottom", clip_on=True)
            free = cue.time + width


def _draw_onsets(axes: Axes, onsets: Sequence[float]) -> None:
    """A triangle at each onset near the top of the panel; ticks when there are many."""
    size = 7 if len(onsets) <= CROWDED / 2 else 5
    shape: dict[str, Any] = {"marker": "v", "markersize": size, "markeredgecolor": BACKGROUND, "markeredgewidth": 0.5}
    if len(onsets) > CROWDED:
        shape = {"marker": "|", "markersize": 8, "markeredgewidth": 0.5}
    heights = [0.86] * len(onsets)
    axes.plot(onsets, heights, color=HIT_COLOUR, linestyle="", transform=axes.get_xaxis_transform(), **shape)


def _title(axes: Axes, text: str, colour: str = INK, right: bool = False) -> None:
    """The title of a panel in its upper corner, with an outline so that it is readable on any picture."""
    axes.text(
        0.992 if right else 0.008, 0.97, text, transform=axes.transAxes, color=colour, fontsize=10.5,
        ha="right" if right else "left", va="top", zorder=9,
        path_effects=[withStroke(linewidth=3, foreground=BACKGROUND)],
    )  # fmt: skip


def _scale_hertz(axes: Axes, ticks: Sequence[int], spec: AudioSpec) -> None:
    ticks = [hertz for hertz in ticks if hertz < spec.fmax]
    names = [f"{hertz // 1000}k" if hertz >= 1000 else str(hertz) for hertz in ticks]
    axes.set_yticks(band_of(np.asarray(ticks), spec), names)


def _scale_time(axes: Axes, seconds: float) -> None:
    """Seconds, or minutes and seconds from a minute on; few labels, since the column is narrow."""
    axes.xaxis.set_major_locator(MaxNLocator(8, steps=(1, 2, 3, 5, 10)))
    axes.set_xlim(0, seconds)
    if seconds >= 60:
        steps = (10, 15, 30, 60, 120, 300, 600)
        axes.xaxis.set_major_locator(MultipleLocator(next((step for step in steps if seconds / step <= 9), 1800)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda time, _: f"{int(time // 60)}:{int(time % 60):02d}"))
    axes.set_xlabel("time (min:s)" if seconds >= 60 else "time (s)")


def _draw_few_cues(lane: Axes, axes: Axes, cues: Sequence[Cue], seconds: float) -> None:
    """In the lane, a stem for each cue's strength and a bar for its duration; in the spectrogram, a thin line."""
    lane.set_ylim(0, 1.9)
    lane.set_yticks([0.5], ["cues"])
    lane.tick_params(length=0, labelbottom=False)
    free = 0.0
    for cue in cues:
        if cue.time > seconds:
            break
        lane.plot([cue.time] * 2, [0, cue.strength], color=CUE_COLOUR, linewidth=1.6, solid_capstyle="butt")
        lane.plot([cue.time], [cue.strength], "o", color=CUE_COLOUR, markersize=3.5)
        if cue.duration > 0:
            lane.plot([cue.time, min(seconds, cue.time + cue.duration)], [0.06] * 2, color=CUE_COLOUR, linewidth=3)
        axes.axvline(cue.time, color=CUE_COLOUR, linewidth=0.8, alpha=0.55, linestyle=(0, (3, 3)))
        name = " ".join(word for word in (cue.action, cue.material) if word)
        if name and cue.time >= free:
            lane.text(cue.time, 1.25, name, color=INK, fontsize=7.5, ha="left", va="bottom", clip_on=True)
            free = cue.time + len(name) * seconds * LETTER_WIDTH


def _style_axes(*all_axes, size: float = 8) -> None:
    for axes in all_axes:
        axes.tick_params(colors=INK, labelsize=size)
        for label in (axes.xaxis.label, axes.yaxis.label):
            label.set(color=INK, fontsize=size + 1)
        for spine in axes.spines.values():
            spine.set_color(FAINT)
