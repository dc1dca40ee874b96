"""The controls of the shipped page: set some of them, generate, and get the sound."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from a2s.dubbing.recipe import read_report
from tests.e2e.actions import choose, click_tab, download, dub, set_number, unfold, upload

DEFAULTS = {
    "amount": 0.5, "seed": 7, "takes": 1, "first-take": 1, "steps": 4, "guidance": 2.5, "overlap": 0.5,
    "original": "Mute", "loudness": "Off: as generated",
}  # fmt: skip
"""Values of the controls that a test doesn't set. Four steps, the minimum, are enough to show an effect."""

RATE = 48_000


@dataclass(frozen=True)
class Made:
    """A downloaded take.

    wave: (n,) float32, the mean of both channels of the wav. recipe: the report inside it. name: of the file.
    """

    wave: np.ndarray
    recipe: dict
    name: str

    def level(self, begin: float = 0.0, end: float | None = None) -> float:
        """RMS in dBFS from `begin` to `end` seconds."""
        return decibels(self.wave[round(begin * RATE) : None if end is None else round(end * RATE)])

    def centre(self, begin: float, end: float) -> float:
        """Spectral centroid in Hz."""
        piece = self.wave[round(begin * RATE) : round(end * RATE)]
        power = np.abs(np.fft.rfft(piece)) ** 2
        return float(power @ np.fft.rfftfreq(len(piece), 1 / RATE) / power.sum())


def decibels(wave: np.ndarray) -> float:
    return 10 * float(np.log10(np.mean(np.square(wave, dtype=np.float64)) + 1e-12))


def apart(a: Made, b: Made) -> float:
    """Norm of the difference, relative to the second sound: 0 for equal sounds, 1 and more for unrelated ones."""
    return float(np.linalg.norm(a.wave - b.wave) / np.linalg.norm(b.wave))


def likeness(a: np.ndarray, b: np.ndarray) -> float:
    """Correlation of two waveforms over their common length."""
    count = min(len(a), len(b))
    return float(np.corrcoef(a[:count], b[:count])[0, 1])


class Panel:
    """A tab of the browser. Every dub sets all controls: to `DEFAULTS`, except for those that it names."""

    def __init__(self, tab, folder: Path) -> None:
        self.tab, self.folder = tab, folder

    def load(self, clip: Path) -> None:
        """Upload a clip and open the settings."""
        upload(self.tab, clip)
        unfold(self.tab, "settings")

    def set(self, **values) -> None:
        """Set controls to these values; an underscore stands for a hyphen."""
        for control, value in values.items():
            control = control.replace("_", "-")
            if isinstance(value, str):
                if self.tab.input_value(f"#{control} input") != value:
                    choose(self.tab, control, value)
            elif self.reads(control) != value:
                set_number(self.tab, control, value)

    def reads(self, control: str) -> float:
        return float(self.tab.input_value(f"#{control} input[type=number]"))

    def dub(self, button: str = "#generate", **values) -> Made:
        """Generate; returns the newest take."""
        defaults = {control: value for control, value in DEFAULTS.items() if control.replace("-", "_") not in values}
        self.set(**defaults, **values)
        dub(self.tab, button)
        return self.made()

    def made(self) -> Made:
        """The take that is shown, from the wav that the page offers."""
        file = download(self.tab, "wav", self.folder)
        return Made(soundfile.read(file, dtype="float32")[0].mean(axis=1), read_report(file).to_dict(), file.name)

    def show(self, number: int) -> Made:
        """Choose a take, counted from 0, and download it."""
        before = self.tab.evaluate("document.querySelector('#result video').src")
        self.tab.click(f"#take label >> nth={number}")
        self.tab.wait_for_function("old => document.querySelector('#result video').src !== old", arg=before)
        return self.made()

    def load_cues(self, *cues: dict) -> None:
        """Load a cue file."""
        file = self.folder / "some.cues.json"
        file.write_text(json.dumps(cues))
        self.upload_with("#load-cues", file)
        words = f"{len(cues)} cue"
        self.tab.wait_for_function("w => document.querySelector('#timeline .count').innerText.startsWith(w)", arg=words)

    def upload_with(self, button: str, *files: Path) -> None:
        """Upload files with an upload button."""
        with self.tab.expect_file_chooser() as chooser:
            self.tab.click(button)
        chooser.value.set_files([str(file) for file in files])

    def choose_ambience(self, clip: str, words: str) -> None:
        """Search for an ambience and choose it, when it isn't the chosen one."""
        self.search(words)
        card = f"#ambiences .card:has(input[value='{clip}'])"
        if not self.tab.is_checked(f"{card} input"):
            with self.tab.expect_response(lambda answer: "/gradio_api/" in answer.url):
                self.tab.click(f"{card} label")

    def search(self, words: str, box: str = "#search", cards: str = "#ambiences") -> list[str]:
        """Type into a search box; returns the cards' names once they have followed."""
        names = f"[...document.querySelectorAll('{cards} .card .name')].map(each => each.innerText)"
        before = self.tab.evaluate(names)
        self.tab.fill(f"{box} textarea, {box} input", words)
        self.tab.wait_for_function(f"old => {names}.join() !== old", arg=",".join(before))
        return self.tab.evaluate(names)

    def go_to(self, name: str) -> None:
        click_tab(self.tab, name)
