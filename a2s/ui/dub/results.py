"""The files that a visitor leaves with: one take on disk, and what can be made of it later."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile

from a2s.errors import BadSettings
from a2s.settings import AUDIO, DubSettings
from a2s.ui.plots import result_figure, save_figure, wipe_picture
from a2s.ui.state import plain_name
from a2s.ui.text import summary

if TYPE_CHECKING:
    from a2s.cues import CueTrack
    from a2s.dubbing.take import Take

ROUNDING = 5e-4
"""How far a take that is made again may be from what it was: a model computes a batch and a single take alike, but not
to the last bit. Far below what is heard."""

NOT_COPIED = "The picture was encoded anew as H.264: browsers and mp4 don't go together with how it was stored."


@dataclass(frozen=True, eq=False)
class Result:
    """One take on disk, in a folder of its own. `flac`, `share` and the stems are written when first
    wanted.

    label: for a person. stem: what its files are called. settings: that make this take alone, with the paths of this
    visit. track: the cues that were used. recipe: JSON for strangers, without a path of this server. picture: waveform,
    cues, spectrogram, condition; wipe: the spectrogram alone, one size for all takes. summary: HTML. model: as the
    engine names it, None for its default. lufs: loudness of the take.
    """

    label: str
    stem: str
    video: Path
    sound: Path
    recipe: Path
    cues: Path
    picture: Path
    wipe: Path
    summary: str
    settings: DubSettings
    track: CueTrack
    model: str | None
    lufs: float

    @cached_property
    def peaks(self) -> list:
        """The waveform as the timeline draws it."""
        from a2s.audio.outline import peak_outline

        return peak_outline(soundfile.read(self.sound, dtype="float32")[0])

    def flac(self) -> Path:
        """The sound as FLAC, sample for sample what the wav holds, with the recipe inside."""
        from a2s.media import write_audio

        path = self.sound.with_suffix(".flac")
        if not path.is_file():
            waveform, rate = soundfile.read(self.sound, dtype="float32")
            recipe = json.loads(self.recipe.read_text("utf-8"))
            write_audio(path, waveform, rate, comment=_tag(recipe))
        return path

    def share(self) -> Path:
        """The picture over the spectrogram, with a line that moves through it, as an mp4. Raises TooLarge."""
        from PIL import Image

        from a2s.media.share import share_spectrogram

        path = self.sound.with_name(f"{self.stem}-share.mp4")
        if not path.is_file():
            share_spectrogram(self.video, self.sound, np.asarray(Image.open(self.wipe).convert("RGB")), path)
        return path

    def stems(self) -> tuple[Path, Path]:
        """Where `write_stems` puts (action, ambience)."""
        return tuple(self.sound.with_name(f"{self.stem}-{name}.wav") for name in ("action", "ambience"))

    @property
    def has_stems(self) -> bool:
        return all(path.is_file() for path in self.stems())


def export(
    take: Take,
    folder: Path,
    name: str,
    number: int,
    model: str | None = None,
    own_name: str | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Result:
    """Write a take into a new folder, which is removed where that fails. File names carry the clip, the amount, the
    seed, and the take from the second on.

    name: the visitor's for the clip. number: of the take in this visit, from 1. own_name: the visitor's for the
    recording that is the ambience, where it is one. Raises what `mux` does, also Cancelled.
    """
    from a2s.io import atomic_file
    from a2s.media import mux_soundtrack, write_audio

    settings = take.recipe.settings
    recipe = public_recipe(take.report.to_dict(), name, own_name)
    percent = round(settings.ambient * 100)
    stem = f"{plain_name(name)}-ambient{percent}-seed{settings.seed}" + (f"-take{number}" if number > 1 else "")
    video, sound = folder / f"{stem}.mp4", folder / f"{stem}.wav"
    told, cues = folder / f"{stem}.recipe.json", folder / f"{stem}.cues.json"
    folder.mkdir()
    try:
        copied = mux_soundtrack(
            take.video, take.waveform, take.sample_rate, video, comment=_tag(recipe), cancelled=cancelled
        )
        write_audio(sound, take.waveform, take.sample_rate, comment=_tag(recipe))
        with atomic_file(told) as part:
            part.write_text(json.dumps(recipe, indent=1, ensure_ascii=False) + "\n", "utf-8")
        take.cues.save(cues)
        picture, wipe = _draw(take, folder / f"{stem}.png", folder / f"{stem}.mel.png")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Result(
        label=f"Take {number} · {percent} % · seed {settings.seed}",
        stem=stem, video=video, sound=sound, recipe=told, cues=cues, picture=picture, wipe=wipe,
        summary=summary(take.duration, len(take.cues), recipe) + ("" if copied else _note(NOT_COPIED)),
        settings=settings, track=take.cues, model=model, lufs=take.report.loudness.lufs,
    )  # fmt: skip


def write_stems(result: Result, again: Take) -> None:
    """Two wavs, action and ambience, that sum to the take's wav sample for sample.

    again: the take, made once more with stems. Raises BadSettings when it isn't the take any more.
    """
    from a2s.media import write_audio

    mix, rate = soundfile.read(result.sound, dtype="float32")
    if len(mix) != len(again.waveform) or np.abs(mix - again.waveform).max(initial=0) > ROUNDING:
        raise BadSettings("The stems can't be made: something that this take was made of has changed since.")
    for path, stem in zip(result.stems(), again.stems.against(mix).values(), strict=True):
        write_audio(path, stem, rate)


def public_recipe(recipe: dict, name: str, own_name: str | None = None) -> dict:
    """A recipe for strangers: the visitor's names stand where the server's would, and our version is left out.

    An ambience of the bank is named even where the machine chose it, so that another bank can't choose another; a
    recording of one's own is known by its name and its checksum.
    """

    def named(place: dict) -> dict:
        return place if place["clip"] is not None else place | {"name": own_name or "own recording"}

    def setting(place: dict) -> str:
        return place["clip"] or place["name"]

    ambient = named(recipe["ambient"])
    settings = recipe["settings"] | {"ambient_clip": setting(ambient)}
    if changes := [named(place) for place in ambient.get("changes", ())]:
        ambient = ambient | {"changes": changes}
        settings["ambient_changes"] = [{"time": place["time"], "clip": setting(place)} for place in changes]
    told = {key: value for key, value in recipe.items() if key != "a2s"}
    return told | {"video": recipe["video"] | {"name": name}, "settings": settings, "ambient": ambient}


def _tag(recipe: dict) -> str:
    """What a media file carries: not how long things took, so that the same dub is the same file."""
    return json.dumps({key: value for key, value in recipe.items() if key != "seconds"})


def _draw(take: Take, picture: Path, wipe: Path) -> tuple[Path, Path]:
    """Both pictures of what is heard; the original soundtrack, where it was kept, is in them."""
    import torch

    from a2s.audio.mel import mel_spectrogram
    from a2s.audio.onsets import detect_onsets

    def mel_of(waveform: np.ndarray) -> np.ndarray:
        longer = np.pad(waveform, (0, max(0, AUDIO.n_fft - len(waveform))))  # the transform mirrors half a frame
        return mel_spectrogram(torch.from_numpy(longer))[:, : 1 + len(waveform) // AUDIO.hop_length].numpy()

    mel, condition = mel_of(take.waveform), mel_of(np.resize(take.condition, AUDIO.window_samples))
    onsets = detect_onsets(take.waveform, take.sample_rate)
    figure = result_figure(take.waveform, take.sample_rate, mel, condition[:, :-1], take.cues, onsets)
    wipe_picture(mel).save(wipe, format="PNG")
    return save_figure(figure, picture), wipe


def _note(sentence: str) -> str:
    return f'<p class="facts subdued">{sentence}</p>'
