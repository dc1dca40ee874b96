"""The use-case: a video in, a take out. The command line and the page are two faces on `dub`.

Importing this module loads no torch, so that `a2s/__init__.py` can bind the function for good: whatever is imported
afterwards, `a2s.dub` is the function, not this module.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from a2s.errors import BadSettings
from a2s.progress import PREVIEW_SECONDS, OnPreview, OnProgress, Preview, Previews, Progress
from a2s.scene import find_cues, load_bank, retrieve, see
from a2s.settings import AUDIO, LIMITS, DubSettings, Limits
from a2s.take import Take
from a2s.weights.registry import fingerprint, load_model, model_folder, sha256_of

if TYPE_CHECKING:
    from a2s.cues import CueTrack, Motion
    from a2s.media import VideoInfo

DEFAULTS = DubSettings()

SETTING_RANGES = {
    "ambient": (0.0, 1.0),
    "takes": (1, LIMITS.max_takes),
    "seed": (0, 2**32 - 1),
    "steps": (1, LIMITS.max_steps),
    "guidance_scale": (1.0, 15.0),
    "original_audio": (-80.0, 12.0),
    "loudness": (-70.0, -5.0),
    "overlap_seconds": (0.0, 1.5),
    "first_take": (0, 1000),
}
"""Least and most of every number in DubSettings; the ends are allowed."""

_OPTIONAL = ("steps", "guidance_scale", "original_audio", "loudness")
_WHOLE = ("takes", "seed", "steps", "first_take")


def check_settings(settings: DubSettings, limits: Limits = LIMITS) -> None:
    """Raises BadSettings that names the first setting outside its range, or a limit the environment has wrong."""
    Limits.from_environment()
    for name, (least, most) in (
        SETTING_RANGES | {"takes": (1, limits.max_takes), "steps": (1, limits.max_steps)}
    ).items():
        value = getattr(settings, name)
        if value is None and name in _OPTIONAL:
            continue
        kind = int if name in _WHOLE else (int, float)
        number = isinstance(value, kind) and not isinstance(value, bool)
        if not (number and least <= value <= most):
            what = "a whole number" if name in _WHOLE else "a number"
            raise BadSettings(f"{name} must be {what} from {least:g} to {most:.10g}, not {repr(value)[:40]}.")
    if settings.ambient_clip is not None and not isinstance(settings.ambient_clip, str):
        raise BadSettings(f"ambient_clip must be a clip's id or a file's path, not {repr(settings.ambient_clip)[:40]}.")


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
) -> Take:
    """Make the sound of a video, exactly as long as its picture.

    video: any file that a2s.media opens. model: an AVLDMPipeline, "compact", or a folder; None is compact. bank: an
    AmbientBank or a folder; None is the one that comes along. cues: what is heard when, the machine
    says what where they leave it open; None lets the machine look for the moments as well.
    motion: what `a2s.scene.see` saw of this video, to spare a second look. stems: also render the action alone.
    on_progress(stage, done 0..1, detail) is called often, and `done` never falls; cancelled() is asked as often, and at
    every sampler step. on_preview(Preview) shows the first take's window in work, every `preview_seconds` at most; it
    changes no sample. threads: of torch while this runs; None is what suits the model.

    The same video, settings, cues, model and bank give the same sound on one machine with the same `threads`. A take's
    noise depends on seed, take and window alone, so a take is the same among others, up to rounding; with takes=1 and
    its number as first_take, as its recipe says, it is made again alone.
    Raises UnreadableVideo, TooLarge, BadSettings, UnreadableAudio, WeightsMissing, BankError, Cancelled.
    """
    check_settings(settings)
    progress = Progress(on_progress, cancelled)
    progress.enter("reading", Path(video).name)
    source = _read(video, settings)
    progress.report(0.5, "loading the model")
    pipe = load_model(model)
    bank = load_bank(bank, pipe)
    settings, threads = settings.suited_to(pipe), threads or pipe.threads
    with torch_threads(threads):
        motion = motion or see(video, source.info, progress)
        track = pipe.label_cues(motion, cues) if cues is not None else find_cues(motion, pipe)
        progress.enter("retrieving")
        place = choose_place(settings, pipe, bank, motion)
        progress.report(1.0, place.report["name"])
        conditions = [place.waveform, *([place.low] if stems else [])]
        progress.enter("generating")
        previews = Previews(on_preview, preview_seconds), Previews(None)
        seen = cache(lambda start: pipe.encode_motion(motion, start))
        mels = [
            _generate(pipe, motion, seen, track, condition, settings, _part(progress, index, len(conditions)), shown)
            for index, (condition, shown) in enumerate(zip(conditions, previews, strict=False))
        ]
        progress.enter("sounding")
        sounds = [
            _vocode(pipe, mel, source.samples, _part(progress, index, len(mels))) for index, mel in enumerate(mels)
        ]
    progress.enter("finishing")
    recipe = _recipe(source, settings, track, place, pipe, bank, threads)
    takes = [_finish(take, source, settings, mels[0], sounds, track, place, recipe) for take in range(settings.takes)]
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


@dataclass(frozen=True)
class _Source:
    """The video as a file. original: its soundtrack (n,) at 16 kHz from the first frame on, where one is to be kept."""

    info: VideoInfo
    sha256: str
    samples: int
    original: np.ndarray | None


def _read(video: str | Path, settings: DubSettings) -> _Source:
    from a2s.media import probe, read_audio
    from a2s.pipelines.windows import samples_of

    info = probe(video)
    keeps = settings.original_audio is not None and info.has_audio
    original = read_audio(video, AUDIO.sample_rate, info.duration, align_to_picture=True) if keeps else None
    return _Source(info, sha256_of(video), max(1, samples_of(info.duration)), original)


@dataclass(frozen=True)
class Place:
    """The ambient condition, 16 kHz. waveform: at the amount; low: nearly no ambience. report: for the recipe.

    The report's sha256 is of a bank clip's samples as the bank gives them, or of a recording's file.
    """

    waveform: np.ndarray
    low: np.ndarray
    report: dict


def choose_place(settings: DubSettings, pipe, bank, motion: Motion) -> Place:
    """The ambience asked for (bank id or file), else the bank's best match. Raises BadSettings, UnreadableAudio."""
    from a2s.ambient import Calibration, full_level, scale_ambience
    from a2s.ambient.clip import level_db as level_of

    clips, chosen, score = {clip.id: clip for clip in bank.clips}, settings.ambient_clip, None
    if chosen is None:
        match = retrieve(motion, 1, pipe, bank)[0]
        chosen, score = match.clip.id, match.score
    if chosen in clips:
        waveform, clip = bank.waveform(chosen), clips[chosen]
        report = {"clip": clip.id, "name": clip.name, "author": clip.author, "licence": clip.licence, "score": score}
        report["sha256"] = sha256(waveform).hexdigest()
    elif Path(chosen).is_file():
        from a2s.media import read_audio

        waveform = read_audio(chosen, AUDIO.sample_rate, max_seconds=LIMITS.max_ambient_seconds)
        report = {"clip": None, "name": Path(chosen).name, "sha256": sha256_of(chosen), "score": None}
    else:
        raise BadSettings(f"There is no ambience {chosen[:80]!r}: it is neither a clip of the bank nor a file.")
    low = bank.waveform(bank.low_ambient.id)
    folder = model_folder(pipe)
    calibration = Calibration.load(folder) if folder else None
    full = full_level(level_of(waveform), clips[chosen].kind if chosen in clips else None)
    scaled = scale_ambience(waveform, settings.ambient, bank.low_ambient.level_db, full, calibration)
    scaled = low if settings.ambient == 0 else scaled
    return Place(scaled, low, report | {"amount": settings.ambient, "level_in_db": level_db(scaled)})


def _part(progress: Progress, index: int, count: int) -> Callable[[float, str], None]:
    """Report one of several equal parts of a stage as if it were the whole."""
    return lambda done, detail: progress.report((index + done) / count, detail)


def _generate(
    pipe, motion: Motion, seen: Callable, track: CueTrack, condition: np.ndarray, settings: DubSettings, report,
    previews: Previews,
) -> np.ndarray:  # fmt: skip
    """Mels of all takes, (takes, 128, T) float32, T at least to the video's end. seen: tokens by a window's start."""
    import torch

    from a2s.pipelines.roll import cue_roll
    from a2s.pipelines.windows import frames_of, join, plan_windows, sample_windows

    windows = plan_windows(motion.duration, overlap_seconds=settings.overlap_seconds)
    ambient = pipe.encode_ambient(condition, torch.Generator().manual_seed(settings.seed))

    def inputs(window):
        roll = torch.from_numpy(cue_roll(track.cues, window.start))[None]
        return seen(window.start), roll, ambient

    def on_step(window: int, step: int) -> None:
        done = (window + step / settings.steps) / len(windows)
        report(done, f"window {window + 1} of {len(windows)}, step {step} of {settings.steps}")

    def on_estimate(window, step: int, mel) -> None:
        left = frames_of(motion.duration) - window.first_frame
        where = step, settings.steps, window.index + 1, len(windows)
        previews.offer(lambda: Preview(window.start, mel()[:, :left].clip(0, 1), *where))

    pieces = sample_windows(
        pipe, windows, inputs,
        range(settings.first_take, settings.first_take + settings.takes),
        seed=settings.seed, steps=settings.steps, guidance_scale=settings.guidance_scale,
        on_step=on_step, on_estimate=on_estimate,
    )  # fmt: skip
    return join(pieces, [window.first_frame for window in windows])


def _vocode(pipe, mel: np.ndarray, samples: int, report) -> np.ndarray:
    """(takes, samples) float32."""
    from a2s.pipelines.windows import vocode

    return vocode(pipe, mel, samples, on_chunk=lambda done: report(done, ""))


def _finish(
    take: int, source: _Source, settings: DubSettings, mels, sounds, track: CueTrack, place: Place, recipe: dict
) -> Take:
    """Set the level, mix the original under, measure. The action stem goes through the same gains as the mix."""
    from a2s.media import mix_under
    from a2s.media.loudness import normalise
    from a2s.pipelines.windows import frames_of

    raw, action = sounds[0][take], sounds[1][take] if len(sounds) > 1 else None
    waveform, loudness = normalise(raw, AUDIO.sample_rate, settings.loudness)
    gain = loudness.gain_db
    action = action if action is None else action * gain_curve(raw, waveform)
    if source.original is not None:
        mixed = mix_under(waveform, source.original, settings.original_audio)
        waveform, loudness = normalise(mixed, AUDIO.sample_rate, None)
        gain += loudness.gain_db
        action = action if action is None else action * gain_curve(mixed, waveform)
    number = settings.first_take + take
    measured = {
        "take": number,
        "settings": recipe["settings"] | {"takes": 1, "first_take": number},
        "loudness": {"lufs": loudness.lufs, "true_peak_db": loudness.true_peak_db, "gain_db": gain},
        "ambient": recipe["ambient"] | {"level_out_db": quietest_db(waveform)},
    }
    frames = frames_of(len(waveform) / AUDIO.sample_rate)
    return Take(
        np.asarray(waveform, np.float32), AUDIO.sample_rate, mels[take][:, :frames].clip(0, 1), track,
        recipe | measured, Path(source.info.path), action, place.waveform[: AUDIO.window_samples],
    )  # fmt: skip


def _recipe(source: _Source, settings: DubSettings, track: CueTrack, place: Place, pipe, bank, threads: int) -> dict:
    """What went in, as JSON."""
    from a2s import __version__

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
        "hears_cues": pipe.hears_cues,
        "bank": bank.model_hash,
        "ambient": place.report,
        "cues": json.loads(track.to_json()),
    }


def model_report(pipe) -> dict:
    """Name and checksum of a model, None for one that was made in memory."""
    folder = model_folder(pipe)
    return {"name": folder.name, "sha256": _fingerprint(folder)} if folder else {"name": None, "sha256": None}


@cache
def _fingerprint(folder: Path) -> str:
    """A model is loaded once, so its checksum is taken once."""
    return fingerprint(folder)


def gain_curve(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """(n,) float32: what `before` was multiplied by to become `after`; between samples too small to tell, in a line."""
    told = np.flatnonzero(np.abs(before) > 1e-5)
    if not len(told):
        return np.ones(len(before), np.float32)
    return np.interp(np.arange(len(before)), told, after[told] / before[told]).astype(np.float32)


def level_db(waveform: np.ndarray) -> float:
    """RMS in dBFS, never below -120."""
    return round(10 * math.log10(max(1e-12, float(np.mean(np.square(waveform, dtype=np.float64))))), 2)


def quietest_db(waveform: np.ndarray, seconds: float = 0.5) -> float:
    """RMS of the quietest half-second in dBFS: the ambience, wherever the action pauses that long."""
    length = min(len(waveform), round(seconds * AUDIO.sample_rate))
    power = np.concatenate([[0.0], np.cumsum(np.square(waveform, dtype=np.float64))])
    hop = AUDIO.hop_length
    starts = np.arange(0, len(waveform) - length + 1, hop)
    quietest = float((power[starts + length] - power[starts]).min()) / length
    return round(10 * math.log10(max(1e-12, quietest)), 2)
