"""What is known of a video before any sound is made: its motion, its cues, the ambiences that suit its place."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from a2s.ambient.retrieval import retrieve_ambiences
from a2s.dubbing.progress import Progress
from a2s.resources import asset_folder
from a2s.weights import load_embedder, load_model, model_folder

if TYPE_CHECKING:
    from a2s.ambient import AmbientBank, Match
    from a2s.cues import CueTrack
    from a2s.media import VideoInfo
    from a2s.vision import Motion


def load_bank(bank=None, pipe=None):
    """An AmbientBank, loaded once per folder; a bank object is passed through.

    None: the pipeline's own, in `ambient` of its model folder, or else the one that comes along.
    """
    if bank is None:
        own = model_folder(pipe)
        bank = own / "ambient" if own and (own / "ambient").is_dir() else asset_folder("ambient")
    return _load_bank(Path(bank).resolve()) if isinstance(bank, (str, Path)) else bank


@lru_cache(maxsize=4)
def _load_bank(folder: Path) -> AmbientBank:
    from a2s.ambient import AmbientBank

    return AmbientBank.load(folder)


def analyze_motion(video: str | Path, info: VideoInfo | None = None, progress: Progress | None = None) -> Motion:
    """Watch a video once. Raises UnreadableVideo, TooLarge, Cancelled."""
    from a2s.media import Film, probe_video, read_frames
    from a2s.vision import observe

    info = info or probe_video(video)
    frames = _watched(read_frames(video), info.duration, progress or Progress())
    return observe(frames, info.duration, Film(video))


def _watched(frames: Iterator, duration: float, progress: Progress) -> Iterator:
    """Pass frames on, reporting each quarter of a second; stops when the creator cancels."""
    progress.enter("seeing")
    told = 0.0
    for time, rgb in frames:
        if time - told >= 0.25:
            told = time
            progress.report(time / duration, f"{time:.1f} of {duration:.1f} s")
        yield time, rgb


def find_cues(motion: Motion, model="compact") -> CueTrack:
    """What should be heard when: moments from physics, classes and strengths from the model."""
    from a2s.cues import detect_cues

    return load_model(model).label_cues(motion, detect_cues(motion))


def retrieve(
    motion: Motion, k: int = 5, model="compact", bank=None, within: tuple[float, float] | None = None
) -> list[Match]:
    """The k ambiences of the bank that suit the look of the place best, best first. Raises BadSettings, BankError.

    within: (begin, end) in s, of the part of the video to use; None is all of it. Only AV-Sim is loaded. The
    low-ambient clip is returned only if the bank has no other clip.
    """
    embedder = load_embedder(model)
    return retrieve_ambiences(load_bank(bank, embedder), embedder, motion, k, within)
