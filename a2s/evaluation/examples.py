"""Example clips of a report: median and worst clips by onset F1, as audio files and spectrograms."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from a2s.evaluation.experiments import EXPERIMENTS
from a2s.evaluation.figures import save_audio_file, save_figure, spectrogram_figure
from a2s.evaluation.generate import SoundGenerator, read_audio_file
from a2s.evaluation.statistics import Figures

RANKED_BY = "av-ldm"
"""The experiment whose onset F1 ranks the clips."""

SHOWN = ("truth", "av-ldm", "av-ldm-low", "av-ldm+cues")
"""Experiments of which examples are written."""


@dataclass(frozen=True)
class Example:
    """clip: index of the clip. f1: onset F1 at 100 ms."""

    clip: int
    f1: float


def write_examples(
    figures: dict[str, Figures], generator: SoundGenerator, audio_files: dict[str, Path], out: Path
) -> list[Example]:
    """Write `out/sounds/CLIP-EXPERIMENT.flac` and `out/plots/panels.png` of two median and the three worst clips.

    figures: of the experiments. audio_files: of `generate_all`. Returns nothing without RANKED_BY. Raises CannotWrite.
    """
    if RANKED_BY not in figures:
        return []
    f1 = figures[RANKED_BY]["onsets"]["f1_per_clip"]
    order = np.argsort(f1, kind="stable")
    chosen = [int(i) for i in (*order[len(order) // 2 : len(order) // 2 + 2], *order[:3])]
    clips = [generator.clips[i] for i in chosen]
    for folder in ("sounds", "plots"):
        (out / folder).mkdir(exist_ok=True)
    audio = {}
    for name in SHOWN:
        if name in figures:
            waves = read_audio_file(audio_files[name]).waveforms
            audio[figures[name]["title"]] = [waves[i] for i in chosen]
            for i in chosen:
                save_audio_file(waves[i], out / "sounds" / f"{i:03d}-{name}.flac")
    cues = generator.cues(EXPERIMENTS[RANKED_BY], clips)
    save_figure(spectrogram_figure(clips, audio, cues), out / "plots" / "panels.png")
    return [Example(i, f1[i]) for i in chosen]
