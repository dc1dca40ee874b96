"""What the page shows of a bank's clips: a file to play and a small picture, written when first asked for."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np

from a2s.settings import AUDIO
from a2s.ui.parts.part import served
from a2s.ui.state import Visit, Visits
from a2s.ui.thumbs import thumbnail

_LOCK = threading.Lock()


class MediaCache:
    """Files of clips: those of the bank that comes along for everybody, those of a visit's bank in its own folder."""

    def __init__(self, visits: Visits) -> None:
        self.visits = visits

    def addresses(self, visit: Visit, bank, clip) -> dict[str, str]:
        """{"url": of a FLAC, "picture": of a PNG} of a clip of the bank."""
        folder = (visit.folder if bank is visit.bank else self.visits.root) / "ambiences"
        name = f"{clip.id}-{clip.sha256[:12]}"  # an id is small letters, digits and hyphens
        sound, picture = folder / f"{name}.flac", folder / f"{name}.png"
        if not (sound.exists() and picture.exists()):
            with _LOCK:
                folder.mkdir(parents=True, exist_ok=True)
                write_both(np.asarray(bank.waveform(clip.id)), sound, picture)
        return {"url": served(sound), "picture": served(picture)}


def write_both(waveform: np.ndarray, sound: Path, picture: Path) -> None:
    """(n,) float32 at 16 kHz as a FLAC to play and a PNG to look at, of its middle where it is long."""
    from a2s.ambient.clip import fitted
    from a2s.media import write_audio

    thumbnail(fitted(waveform), picture)
    write_audio(sound, waveform, AUDIO.sample_rate)
