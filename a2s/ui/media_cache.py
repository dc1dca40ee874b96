"""What the page shows of a bank's clips: a file to play and a thumbnail, written when they are first wanted."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from a2s.settings import AudioSpec
from a2s.ui.gradio_compat.files import file_url
from a2s.ui.state import Visit, Visits
from a2s.ui.thumbnails import save_thumbnail

if TYPE_CHECKING:
    from a2s.ambient import AmbientBank
    from a2s.ambient.clip import AmbientClip

_LOCK = threading.Lock()


class MediaCache:
    """Files of clips. All visits share those of the built-in bank; those of a visit's bank are in its folder."""

    def __init__(self, visits: Visits) -> None:
        self.visits = visits

    def urls(self, visit: Visit, bank: AmbientBank, clip: AmbientClip) -> dict[str, str]:
        """{"url": of a FLAC, "picture": of a PNG} of a clip of the bank."""
        folder = (visit.folder if bank is visit.bank else self.visits.root) / "ambiences"
        name = f"{clip.id}-{clip.sha256[:12]}"  # an id is lower-case letters, digits and hyphens
        sound, picture = folder / f"{name}.flac", folder / f"{name}.png"
        if not (sound.exists() and picture.exists()):
            with _LOCK:
                folder.mkdir(parents=True, exist_ok=True)
                write_clip_media(np.asarray(bank.waveform(clip.id)), bank.sample_rate, sound, picture)
        return {"url": file_url(sound), "picture": file_url(picture)}


def write_clip_media(waveform: np.ndarray, sample_rate: int, sound: Path, picture: Path) -> None:
    """(n,) float32 at `sample_rate` Hz as a FLAC and as a thumbnail PNG, of its middle if it is long."""
    from a2s.ambient.clip import fitted
    from a2s.media import write_audio

    save_thumbnail(fitted(waveform, sample_rate), picture, AudioSpec.at_rate(sample_rate))
    write_audio(sound, waveform, sample_rate)
