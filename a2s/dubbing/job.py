"""The use case: a video in, a take out. The command line, the page and the Python API call `dub`.

Importing this module loads no torch.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from a2s._version import __version__
from a2s.dubbing.ambience_plan import choose_places
from a2s.dubbing.analysis import analyze_motion, load_bank
from a2s.dubbing.checkpoints import DubIdentity, WindowCheckpoints
from a2s.dubbing.notes import silence_notes
from a2s.dubbing.origin import Origin, origin_of
from a2s.dubbing.original_track import ChosenTrack, chosen_track
from a2s.dubbing.progress import Preview, Previews, Progress, Watcher
from a2s.dubbing.recipe import LoudnessFigures, ModelSource, Recipe, Report, VideoSource
from a2s.dubbing.stems import Stems
from a2s.dubbing.stretch import Part, part_of
from a2s.dubbing.take import Take
from a2s.settings import DubSettings, check_settings
from a2s.weights import fingerprint, load_model

if TYPE_CHECKING:
    import numpy as np

    from a2s.ambient import AmbientBank
    from a2s.cues import CueTrack
    from a2s.pipelines import AVLDMPipeline
    from a2s.pipelines.ambience import Ambience
    from a2s.pipelines.long_form import VideoGenerator
    from a2s.pipelines.windows import OnStep, SamplerStep
    from a2s.vision.video import Video


@dataclass(frozen=True, eq=False)
class Job:
    """One dub: the video or its part, the models, and the settings without open values. threads: of torch."""

    video: Video
    settings: DubSettings
    pipe: AVLDMPipeline
    bank: AmbientBank
    threads: int
    part: Part

    @property
    def samples(self) -> int:
        """Length of the generated sound, at the rate of the model."""
        from a2s.pipelines.windows import samples_of  # keeps `import a2s` fast: torch

        return max(1, samples_of(self.part.seconds, self.pipe.spec))

    @cached_property
    def original(self) -> ChosenTrack | None:
        """The original soundtrack, where the video has one, and it is mixed in or stays around the dubbed part."""
        return chosen_track(self.video, self.settings, outside=not self.part.whole)

    @cached_property
    def origin(self) -> Origin:
        """Timecode and date of the film."""
        return origin_of(self.video)

    def recipe(self, cues: CueTrack, places: Sequence[Ambience]) -> Recipe:
        """The recipe of all takes. cues: with their classes."""
        info = self.video.info
        source = VideoSource(
            self.video.path.name, self.video.sha256, info.duration, info.width, info.height, info.fps, info.frames
        )
        return Recipe(
            self.settings, cues, source, model_source(self.pipe), tuple(place.source for place in places),
            self.bank.model_hash, self.pipe.uses_cues, self.original is not None, self.samples, self.pipe.sample_rate,
            self.threads, self.settings.first_take, __version__,
        )  # fmt: skip

    def generator(self, cues: CueTrack) -> VideoGenerator:
        """The generator of all takes. cues: with the film's times."""
        from a2s.pipelines.long_form import VideoGenerator  # keeps `import a2s` fast: torch

        return VideoGenerator(self.pipe, self.video.motion, self.part.inside(cues), self.part.local(self.settings))


def dub(
    video: str | os.PathLike | Video,
    settings: DubSettings = DubSettings(),  # noqa: B008  (frozen)
    model: AVLDMPipeline | str | os.PathLike | None = None,
    bank: AmbientBank | str | os.PathLike | None = None,
    *,
    cues: CueTrack | None = None,
    stems: bool = False,
    threads: int | None = None,
    watcher: Watcher | None = None,
    checkpoints: WindowCheckpoints | None = None,
) -> Take:
    """Generate the sound of a video, exactly as long as its picture, or of the stretch that the settings choose.

    video: a file that a2s.media opens, or a `Video`, whose motion is then not computed again. model: an AVLDMPipeline,
    "compact", "official", or a folder; None is compact. bank: an AmbientBank or a folder; None is the model's own bank,
    or the shipped one. cues: the model fills in the classes that they leave open; None detects them. stems: generate
    the action stem now; without it, `take.stems` does that at the first access. threads: of torch; None takes the
    pipeline's default. watcher: receives progress and previews, and may cancel. checkpoints: an open
    `WindowCheckpoints`, which stores finished windows and loads them again.

    The same video, settings, cues, model and bank give the same sound on one machine with the same `threads`. A take's
    noise depends on seed, take and window alone, so a take is the same among others, up to rounding. Its recipe makes
    it alone.
    Raises UnreadableVideo, TooLarge, BadSettings, UnreadableAudio, WeightsMissing, BankError, OutOfMemory, DeviceLost,
    Cancelled; with `checkpoints` also CannotWrite.
    """
    limits = getattr(video, "limits", None)  # of a `Video`; a path has the limits of the environment
    check_settings(settings, limits)
    if cues is not None:
        cues.check(limits)
    progress = Progress(watcher)
    job = _load(video, settings, model, bank, threads, progress)
    from a2s.cues import detect_cues  # keeps `import a2s` fast: torch and scipy
    from a2s.pipelines.devices import torch_threads
    from a2s.pipelines.oom_retry import translate_device_errors

    with translate_device_errors(), torch_threads(job.threads):
        motion = job.video.motion if job.video.analysed else analyze_motion(job.video, progress)
        found = detect_cues(motion) if cues is None else job.part.inside(cues)
        track = job.part.in_film(job.pipe.label_cues(motion, found))
        progress.enter("retrieving")
        local = choose_places(job.part.local(job.settings), job.pipe, job.bank, motion, job.video.limits)
        places = job.part.places_in_film(local)
        progress.report(1.0, ", then ".join(place.source.name for place in places))
        recipe = job.recipe(track, places)
        if checkpoints:
            checkpoints.claim(_identity(job, recipe, places, stems))
        sounds = _generate(job, track, places, stems, progress, checkpoints)
    progress.enter("mastering")
    takes = [_take(job, index, sounds, places, recipe) for index in range(job.settings.takes)]
    progress.finish()
    takes = [replace(take, report=replace(take.report, seconds=progress.seconds)) for take in takes]
    return takes[0].with_others(tuple(takes[1:]))


def _load(
    video: str | os.PathLike | Video,
    settings: DubSettings,
    model: AVLDMPipeline | str | os.PathLike | None,
    bank: AmbientBank | str | os.PathLike | None,
    threads: int | None,
    progress: Progress,
) -> Job:
    from a2s.vision.video import Video  # keeps `import a2s` fast: OpenCV

    video = Video.of(video)
    progress.enter("reading", video.path.name)
    part = None
    if settings.start is not None or settings.end is not None:
        part = part_of(settings, video.info.duration)
        video, settings = (video if part.whole else video.part(part.start, part.end)), part.trimmed(settings)
    video.start()  # decoded in a child process while torch and the model are loaded
    video.info  # noqa: B018  (a file that is no video is refused before the model is loaded)
    progress.report(0.5, "loading the model")
    pipe = load_model(model)
    part = part or Part(0.0, video.info.duration, whole=True)
    job = Job(video, settings.suited_to(pipe), pipe, load_bank(bank, pipe), threads or pipe.threads, part)
    _ = job.original, job.origin  # read in this stage
    return job


@dataclass(frozen=True, eq=False)
class _Sounds:
    """mel: (takes, 128, T) of the mix. mix, action: (takes, n) float32, before mastering; action only with stems."""

    generator: VideoGenerator
    mel: np.ndarray
    mix: np.ndarray
    action: np.ndarray | None


def _generate(
    job: Job,
    cues: CueTrack,
    places: Sequence[Ambience],
    stems: bool,
    progress: Progress,
    checkpoints: WindowCheckpoints | None,
) -> _Sounds:
    """The sound of all takes: a pass with the ambience, and with `stems` one with the low-ambient condition."""
    from a2s.pipelines.windows import vocode

    progress.enter("generating")
    generator, passes = job.generator(cues), [("mix", [place.waveform for place in places])]
    if stems:
        passes.append(("low", [place.low for place in places]))
    mels = []
    for index, (name, conditions) in enumerate(passes):
        on_step = _on_step(job, progress, index, len(passes))
        mels.append(generator.generate(conditions, on_step, checkpoints, name))
    progress.enter("vocoding")
    waveforms = [
        vocode(job.pipe, mel, job.samples, on_chunk=progress.part(index, len(mels))) for index, mel in enumerate(mels)
    ]
    return _Sounds(generator, mels[0], waveforms[0], waveforms[1] if stems else None)


def _on_step(job: Job, progress: Progress, index: int, count: int) -> OnStep:
    """Reports every sampler step of one of several passes; the first one also makes previews."""
    from a2s.pipelines.windows import frames_of

    report, frames = progress.part(index, count), frames_of(job.part.seconds, job.pipe.spec)
    previews = Previews(progress.watcher) if index == 0 else None

    def on_step(step: SamplerStep) -> None:
        report(step.done, f"window {step.number + 1} of {step.windows}, step {step.step} of {step.steps}")
        estimate = step.estimate
        if previews is None or estimate is None or step.first_take > 0:
            return
        left = frames - step.window.first_frame

        def preview() -> Preview:
            mel = job.pipe.decode(estimate[:1])[0].float().cpu().numpy()[:, :left].clip(0, 1)
            return Preview(
                job.part.start + step.window.start, mel, step.step, step.steps, step.number + 1, step.windows
            )

        previews.offer(preview)

    return on_step


def _take(job: Job, index: int, sounds: _Sounds, places: Sequence[Ambience], recipe: Recipe) -> Take:
    """One take, mastered. index: among the takes of this dub."""
    from a2s.dubbing.mastering import Setting, master
    from a2s.pipelines.windows import frames_of

    video = job.video
    action = None if sounds.action is None else sounds.action[index]
    original = job.original.track if job.original else None
    place = Setting(video.info.duration, original, job.part.stretch(), video.limits)
    mastered = master(sounds.mix[index], job.settings, place, action, job.pipe.sample_rate)

    def render() -> np.ndarray:
        """The action stem of this take alone, on demand."""
        from a2s.pipelines.devices import torch_threads
        from a2s.pipelines.oom_retry import translate_device_errors
        from a2s.pipelines.windows import vocode

        alone = replace(job, settings=recipe.of_take(index).settings)
        with translate_device_errors(), torch_threads(job.threads):
            mel = alone.generator(recipe.cues).generate([place.low for place in places], name="low")
            (sound,) = vocode(job.pipe, mel, job.samples)
        return sound

    frames = frames_of(job.samples / job.pipe.sample_rate, job.pipe.spec)
    notes = (*_notes(job, recipe, mastered.figures), *mastered.notes)
    return Take(
        mastered.waveform,
        job.pipe.sample_rate,
        sounds.mel[index][:, :frames].clip(0, 1),
        Report(recipe.of_take(index), mastered.figures, mastered.ambience_level_db, notes=notes),
        video.path,
        mastered.soundtrack,
        Stems(mastered.soundtrack, place.seconds, render, video.limits),
        places[0].waveform[: job.pipe.spec.window_samples],
        place.seconds,
        limits=video.limits,
        origin=job.origin,
    )


def _notes(job: Job, recipe: Recipe, figures: LoudnessFigures) -> tuple[str, ...]:
    """What the user should know about a take: which track is kept, and a sound without action."""
    kept = (job.original.note,) if job.original and job.original.note else ()
    return *kept, *silence_notes(len(recipe.cues), figures.dub_lufs or 0.0)


def _identity(job: Job, recipe: Recipe, places: Sequence[Ambience], stems: bool) -> DubIdentity:
    """What shapes the windows of a dub."""
    from torch import __version__ as torch_version

    settings = recipe.settings
    digests = tuple(
        (place.source.time, sha256(place.waveform.tobytes()).hexdigest(), sha256(place.low.tobytes()).hexdigest())
        for place in places
    )
    return DubIdentity(
        versions=(recipe.version, torch_version),
        video=str(recipe.video.sha256),
        model=recipe.model.sha256,
        cues=recipe.to_dict()["cues"],
        ambience=digests,
        stems=stems,
        threads=recipe.threads,
        takes=settings.takes,
        first_take=settings.first_take,
        seed=settings.seed,
        steps=int(settings.steps or 0),
        guidance_scale=float(settings.guidance_scale or 0),
        overlap_seconds=settings.overlap_seconds,
        stretch=None if job.part.whole else (job.part.start, job.part.end),
    )


def model_source(pipe: AVLDMPipeline) -> ModelSource:
    """Name and checksum of a model; both None for one that was made in memory."""
    folder = pipe.folder
    if folder is None:
        return ModelSource()
    name = pipe.name_or_path
    return ModelSource(Path(name).name if Path(name).is_dir() else name, _fingerprint(folder))


@cache
def _fingerprint(folder: Path) -> str:
    """The checksum of a model folder, computed once."""
    return fingerprint(folder)
