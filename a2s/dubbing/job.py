"""The use case: a video in, a take out. The command line, the page and the Python API call `dub`.

Importing this module loads no torch.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from a2s._version import __version__
from a2s.dubbing.ambience_plan import Place, choose_places
from a2s.dubbing.analysis import analyze_motion, find_cues, load_bank
from a2s.dubbing.progress import PREVIEW_SECONDS, OnPreview, OnProgress, Previews, Progress
from a2s.dubbing.take import Source, Take
from a2s.settings import AUDIO, DubSettings, check_settings
from a2s.weights.registry import fingerprint, load_model, model_folder, sha256_of

if TYPE_CHECKING:
    import numpy as np

    from a2s.cues import CueTrack
    from a2s.dubbing.checkpoints import WindowCheckpoints
    from a2s.vision import Motion

DEFAULTS = DubSettings()


def dub(
    video: str | Path,
    settings: DubSettings = DEFAULTS,
    model=None,
    bank=None,
    *,
    cues: CueTrack | None = None,
    motion: Motion | None = None,
    stems: bool = False,
    on_progress: OnProgress | None = None,
    on_preview: OnPreview | None = None,
    preview_seconds: float = PREVIEW_SECONDS,
    cancelled: Callable[[], bool] | None = None,
    threads: int | None = None,
    kept: WindowCheckpoints | None = None,
) -> Take:
    """Make the sound of a video, exactly as long as its picture.

    video: any file that a2s.media opens. model: an AVLDMPipeline, "compact", or a folder; None is compact. bank: an
    AmbientBank or a folder; None is the one that comes along. cues: what is heard when, the machine
    says what where they leave it open; None lets the machine look for the moments as well.
    motion: result of `analyze_motion` for this video, which saves a second pass. stems: also render the action
    alone.
    on_progress(stage, done 0..1, detail) is called often, and `done` never falls; cancelled() is asked as often, and at
    every sampler step. on_preview(Preview) shows the first take's window in work, every `preview_seconds` at most; it
    changes no sample. threads: of torch while this runs; None is what suits the model. kept: an open `KeptWindows`,
    which has finished windows put on the disk and, where it resumes, taken from there; they change no sample either.

    The same video, settings, cues, model and bank give the same sound on one machine with the same `threads`. A take's
    noise depends on seed, take and window alone, so a take is the same among others, up to rounding; with takes=1 and
    its number as first_take, as its recipe says, it is made again alone.
    Raises UnreadableVideo, TooLarge, BadSettings, UnreadableAudio, WeightsMissing, BankError, OutOfMemory, DeviceLost,
    Cancelled; with `kept` also CannotWrite.
    """
    from a2s.dubbing.mastering import finish
    from a2s.pipelines.oom_retry import translate_device_errors
    from a2s.pipelines.windows import vocode

    check_settings(settings)
    progress = Progress(on_progress, cancelled)
    progress.enter("reading", Path(video).name)
    source = _read(video, settings)
    progress.report(0.5, "loading the model")
    pipe = load_model(model)
    bank = load_bank(bank, pipe)
    settings, threads = settings.suited_to(pipe), threads or pipe.threads
    with translate_device_errors(), torch_threads(threads):
        motion = motion or analyze_motion(video, source.info, progress)
        track = pipe.label_cues(motion, cues) if cues is not None else find_cues(motion, pipe)
        progress.enter("retrieving")
        places = choose_places(settings, pipe, bank, motion)
        progress.report(1.0, ", then ".join(place.report["name"] for place in places))
        recipe = _recipe(source, settings, track, places, pipe, bank, threads)
        if kept:
            kept.claim(_identity(recipe, places, stems))
        progress.enter("generating")
        passes = {"mix": [place.waveform for place in places], "low": [place.low for place in places]}
        passes = passes if stems else {"mix": passes["mix"]}
        mels = _mels(pipe, motion, track, passes, settings, progress, Previews(on_preview, preview_seconds), kept)
        progress.enter("sounding")
        sounds = [
            vocode(pipe, mel, source.samples, on_chunk=_part(progress, index, len(mels)))
            for index, mel in enumerate(mels)
        ]
    progress.enter("finishing")
    takes = [
        finish(take, source, settings, mels[0], sounds, track, places[0], recipe) for take in range(settings.takes)
    ]
    progress.finish()
    for take in takes:
        take.recipe["seconds"] = progress.seconds
    first, *others = takes
    object.__setattr__(first, "others", tuple(others))
    return first


@contextmanager
def torch_threads(threads: int) -> Iterator[None]:
    """Inference mode with this many threads. The count is the process's, so it is given back."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with torch.inference_mode():
            yield
    finally:
        torch.set_num_threads(before)


def _read(video: str | Path, settings: DubSettings) -> Source:
    from a2s.media import probe_video, read_audio
    from a2s.pipelines.windows import samples_of

    info = probe_video(video)
    keeps = settings.original_audio is not None and info.has_audio
    original = read_audio(video, AUDIO.sample_rate, info.duration, align_to_picture=True) if keeps else None
    return Source(info, sha256_of(video), max(1, samples_of(info.duration)), original)


def _mels(pipe, motion: Motion, track: CueTrack, passes: dict, settings, progress, previews, kept) -> list[np.ndarray]:
    """The mel of each pass over the film. passes: the conditions of all places by a pass's name, that of the mix first,
    which is the one that is shown while it is made."""
    from a2s.pipelines.long_form import film_mel

    look = cache(lambda start: pipe.encode_video(motion, start))
    return [
        film_mel(
            pipe,
            motion,
            track,
            conditions,
            settings,
            look=look,
            report=_part(progress, index, len(passes)),
            previews=previews if index == 0 else Previews(None),
            kept=kept,
            name=name,
        )
        for index, (name, conditions) in enumerate(passes.items())
    ]


def _part(progress: Progress, index: int, count: int) -> Callable[..., None]:
    """Report one of several equal parts of a stage as if it were the whole."""
    return lambda done, detail="": progress.report((index + done) / count, detail)


def _recipe(source: Source, settings: DubSettings, track: CueTrack, places, pipe, bank, threads: int) -> dict:
    """What went in, as JSON."""
    info = source.info
    return {
        "a2s": __version__,
        "video": {
            "name": Path(info.path).name,
            "sha256": source.sha256,
            "duration": info.duration,
            "width": info.width,
            "height": info.height,
            "fps": info.fps,
            "frames": info.frames,
        },
        "samples": source.samples,
        "sample_rate": AUDIO.sample_rate,
        "settings": asdict(settings),
        "seed": settings.seed,
        "threads": threads,
        "original_audio": source.original is not None,
        "model": model_report(pipe),
        "hears_cues": pipe.uses_cues,
        "bank": bank.model_hash,
        "ambient": places[0].report | ({"changes": [_change(place) for place in places[1:]]} if places[1:] else {}),
        "cues": json.loads(track.to_json()),
    }


def _change(place: Place) -> dict:
    return {"time": place.time} | place.report


def _identity(recipe: dict, places: tuple[Place, ...], stems: bool) -> dict:
    """What shapes a dub's windows, by names that a person reads where it differs from another's."""
    from torch import __version__ as torch_version

    names = ("takes", "first_take", "seed", "steps", "guidance_scale", "overlap_seconds")
    heard = [[place.time, sha256(place.waveform).hexdigest(), sha256(place.low).hexdigest()] for place in places]
    return {
        "the video": recipe["video"]["sha256"],
        "the model": recipe["model"]["sha256"],
        "the cue track": recipe["cues"],
        "the ambience": heard,
        "whether stems are made": stems,
        "the number of threads": recipe["threads"],
        "the version of a2s or torch": [recipe["a2s"], torch_version],
    } | {f"the {name.replace('_', ' ')}": recipe["settings"][name] for name in names}


def model_report(pipe) -> dict:
    """Name and checksum of a model, None for one that was made in memory."""
    folder = model_folder(pipe)
    return {"name": folder.name, "sha256": _fingerprint(folder)} if folder else {"name": None, "sha256": None}


@cache
def _fingerprint(folder: Path) -> str:
    """A model is loaded once, so its checksum is taken once."""
    return fingerprint(folder)
