"""Settings that several parts of a2s share: the model's audio and video specifications, and the dub's settings.

The limits are in `a2s.limits`; `Limits` can be imported from here too.

All of them are immutable values that callers hand down. A number that follows from another one is a property, so it is
written once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from itertools import pairwise
from typing import Any, Protocol

from a2s.errors import BadSettings
from a2s.limits import Limits as Limits
from a2s.limits import not_positive

ACTIONS = ("hit", "knock", "chop", "scrape", "pour", "step", "bounce", "splash")
"""Classes of actions that make a sound. The order is part of the weights: a class is its index."""

MATERIALS = ("wood", "metal", "glass", "ceramic", "stone", "cloth", "plastic", "water")
"""Classes of materials that an action meets. The order is part of the weights: a class is its index."""

STEPS, GUIDANCE_SCALE = 12, 2.5
"""Sampler defaults of the compact model. Another model has its own in its pipeline's configuration."""

LOUDNESS = -23.0
"""Default target in LUFS, the level of EBU R 128. It is one level for all films, and the highest of the usual ones at
which the peaks of nearly all dubs stay as they are: a foley track has hits 15 to 20 dB above its loudness."""

LOUDNESS_PRESETS = {"web": -14.0, "podcast": -16.0, "ebu": LOUDNESS, "atsc": -24.0}
"""Targets in LUFS by name: streaming services, podcasts, EBU R 128, ATSC A/85."""

SHORTEST_STRETCH = 0.1
"""Shortest stretch of a film, in seconds, that can be dubbed alone."""

SHORTEST_PLACE = 0.5
"""Shortest time, in seconds, between two changes of place: their crossfades must not meet."""


@dataclass(frozen=True)
class AudioSpec:
    """A mel front-end; by default that of the paper (section 3.3): 16 kHz, 128 bands, hop 256, windows of 3 s.

    sample_rate, fmin, fmax: Hz. n_fft, hop_length: samples. A model carries its own in its configuration.
    """

    sample_rate: int = 16_000
    n_fft: int = 1024
    hop_length: int = 256
    n_mels: int = 128
    fmin: float = 125.0
    fmax: float = 7_600.0
    window_seconds: float = 3.0
    latent_downsampling: int = 8

    @property
    def window_samples(self) -> int:
        """Samples of one model window: 48 000."""
        return round(self.window_seconds * self.sample_rate)

    @property
    def window_frames(self) -> int:
        """Mel frames of one window, centred STFT: 188. A vocoder turns them into more samples than came in."""
        return 1 + self.window_samples // self.hop_length

    @property
    def padded_frames(self) -> int:
        """Mel frames as the VAE sees them, the next multiple of its downsampling: 192."""
        return math.ceil(self.window_frames / self.latent_downsampling) * self.latent_downsampling

    @property
    def latent_frames(self) -> int:
        """Columns of a latent: 24."""
        return self.padded_frames // self.latent_downsampling

    @property
    def latent_bands(self) -> int:
        """Rows of a latent: 16."""
        return self.n_mels // self.latent_downsampling

    @property
    def magnitude_scale(self) -> float:
        """Factor of a short-time magnitude that gives a sound the same level at every rate: 1 at 16 kHz."""
        return 16_000 / self.sample_rate

    @property
    def frame_seconds(self) -> float:
        """Seconds from one mel frame to the next: 0.016."""
        return self.hop_length / self.sample_rate

    @classmethod
    def at_rate(cls, sample_rate: int) -> AudioSpec:
        """A front-end for pictures of a sound: `AUDIO` at 16 kHz, else from 30 Hz to 20 kHz or 5/12 of the rate."""
        if sample_rate == cls.sample_rate:
            return cls()
        frame = round(sample_rate * cls.hop_length / cls.sample_rate)
        return cls(sample_rate, 4 * frame, frame, fmin=30.0, fmax=min(20_000.0, sample_rate * 5 / 12))

    def to_config(self) -> dict[str, int | float]:
        """The specification as JSON values, for a model's configuration."""
        return asdict(self)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> AudioSpec:
        """Read what `to_config` wrote. A missing key takes its default; an unknown key is ignored.

        Raises BadSettings for a value that is not a number above 0.
        """
        known = {field.name: field.type for field in fields(cls)}
        values: dict[str, Any] = {
            name: _positive(name, config[name], kind == "int") for name, kind in known.items() if name in config
        }
        return cls(**values)


@dataclass(frozen=True)
class VideoSpec:
    """The video input of the compact model: optical flow at the native frame rate, and a few colour keyframes.

    flow_width: width in pixels at which flow is computed. flow_block: side in pixels of one block of the flow field.
    grid: cells per side of the pooled motion grid. tokens_per_second: time slots of the video tokens.
    keyframes: pictures per window. keyframe_size: their side in pixels.
    """

    flow_width: int = 192
    flow_block: int = 12
    grid: int = 12
    tokens_per_second: int = 16
    window_seconds: float = 3.0
    keyframes: int = 4
    keyframe_size: int = 64

    @property
    def tokens(self) -> int:
        """Time slots of one window: 48."""
        return round(self.window_seconds * self.tokens_per_second)


@dataclass(frozen=True)
class DeliverySpec:
    """The sound of a finished file, whatever the model's rate.

    sample_rate: Hz. channels: left and right; a dub of one channel goes to both. bits: of a sample in wav, flac and
    stems. aac_bits: bit/s of the sound in mp4, mov and mkv. ceiling_db: highest true peak, dBTP.
    """

    sample_rate: int = 48_000
    channels: int = 2
    bits: int = 24
    aac_bits: int = 192_000
    ceiling_db: float = -1.0

    @property
    def full_scale(self) -> int:
        """Steps of a sample from 0 to full scale: 2**23."""
        return 2 ** (self.bits - 1)

    def samples(self, seconds: float) -> int:
        """Samples of a sound as long as a picture of `seconds`."""
        return round(seconds * self.sample_rate)


class SamplerDefaults(Protocol):
    """The defaults that a pipeline brings for its sampler."""

    @property
    def default_steps(self) -> int: ...
    @property
    def default_guidance_scale(self) -> float: ...


@dataclass(frozen=True)
class AmbientChange:
    """A point where the film moves to another acoustic place.

    time: seconds from the first frame. clip: as `DubSettings.ambient_clip`; None takes the bank's best match of the
    stretch that begins at `time`.
    """

    time: float
    clip: str | None = None


@dataclass(frozen=True)
class DubSettings:
    """The settings of one dub. Together with the video, the cues and the weights they determine every sample.

    ambient: amount of ambience, 0 (action only) to 1 (the full ambience); the level follows evenly in dB.
    ambient_clip: the id of a bank clip or the path of a recording; None takes the bank's best match.
    ambient_changes: points where the film moves to another place, in order of time; `ambient_clip` lasts until the
    first one.
    takes: 1 to `Limits.max_takes`. seed: 0 to 2**32 - 1.
    steps: sampler steps, 1 to `Limits.max_steps`. guidance_scale: 1 to 15. None takes the model's own default
    (`default_steps`, `default_guidance_scale`).
    original_audio: gain in dB, -80 to 12, at which the original soundtrack is mixed in; None mixes none.
    original_track: the sound track to mix in where the film has several: its number from 1, as players count, or its
    title or language. None takes the one that a player takes.
    loudness: integrated loudness target of the dub in LUFS, -70 to -5; None keeps the level as generated.
    compress: where a target would cut peaks by more than 6 dB, compress the sound instead of staying below the target.
    overlap_seconds: crossfade of two windows, 0 to 1.5.
    first_take: number of the first take, 0 to 1000. Takes share only the seed, so any take can be made again alone.
    start, end: the stretch to dub, in seconds from the first frame; the rest keeps the original soundtrack. None is the
    start or the end of the film.
    """

    ambient: float = 0.35
    ambient_clip: str | None = None
    ambient_changes: tuple[AmbientChange, ...] = ()
    takes: int = 1
    seed: int = 0
    steps: int | None = None
    guidance_scale: float | None = None
    original_audio: float | None = None
    original_track: int | str | None = None
    loudness: float | None = LOUDNESS
    compress: bool = False
    overlap_seconds: float = 0.5
    first_take: int = 0
    start: float | None = None
    end: float | None = None

    def suited_to(self, pipe: SamplerDefaults | None = None) -> DubSettings:
        """These settings with `steps` and `guidance_scale` filled in from the pipeline; None is the compact model."""
        steps, guidance_scale = (pipe.default_steps, pipe.default_guidance_scale) if pipe else (STEPS, GUIDANCE_SCALE)
        return replace(
            self,
            steps=steps if self.steps is None else self.steps,
            guidance_scale=guidance_scale if self.guidance_scale is None else self.guidance_scale,
        )

    def to_dict(self) -> dict[str, Any]:
        """The settings as JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> DubSettings:
        """Read settings from a recipe. Unknown keys are ignored, so that newer recipes stay readable.

        Without a loudness there is no target, as when such recipes were written. Values are not checked here;
        `check_settings` does that.
        """
        known = {field.name for field in fields(cls)}
        read: dict[str, Any] = {"loudness": None}
        read |= {key: value for key, value in values.items() if key in known}
        if isinstance(changes := read.get("ambient_changes"), list | tuple):
            read["ambient_changes"] = tuple(_change(change) for change in changes)
        return cls(**read)


_OPTIONAL = ("steps", "guidance_scale", "original_audio", "loudness")
_WHOLE = ("takes", "seed", "steps", "first_take")


def setting_ranges(limits: Limits | None = None) -> dict[str, tuple[float, float]]:
    """Least and greatest value of every number in DubSettings; both are allowed."""
    limits = limits or Limits()
    return {
        "ambient": (0.0, 1.0),
        "takes": (1, limits.max_takes),
        "seed": (0, 2**32 - 1),
        "steps": (1, limits.max_steps),
        "guidance_scale": (1.0, 15.0),
        "original_audio": (-80.0, 12.0),
        "loudness": (-70.0, -5.0),
        "overlap_seconds": (0.0, 1.5),
        "first_take": (0, 1000),
    }


def check_settings(settings: DubSettings, limits: Limits | None = None) -> None:
    """Raises BadSettings that names the first setting outside its range, or a limit that the environment has wrong."""
    limits = limits or Limits()
    for name, (least, most) in setting_ranges(limits).items():
        value = getattr(settings, name)
        if value is None and name in _OPTIONAL:
            continue
        kind = int if name in _WHOLE else (int, float)
        number = isinstance(value, kind) and not isinstance(value, bool)
        if not (number and least <= value <= most):
            what = "a whole number" if name in _WHOLE else "a number"
            raise BadSettings(f"{name} must be {what} from {least:g} to {most:.10g}, not {repr(value)[:40]}.")
    if not isinstance(settings.compress, bool):
        raise BadSettings(f"compress must be True or False, not {repr(settings.compress)[:40]}.")
    track = settings.original_track
    named = isinstance(track, str) and bool(track.strip())
    if not (track is None or named or (isinstance(track, int) and not isinstance(track, bool) and track > 0)):
        raise BadSettings(f"original_track must be a number from 1, a title or a language, not {repr(track)[:40]}.")
    if settings.ambient_clip is not None and not isinstance(settings.ambient_clip, str):
        raise BadSettings(f"ambient_clip must be a clip's id or a file's path, not {repr(settings.ambient_clip)[:40]}.")
    _check_changes(settings.ambient_changes, limits)
    _check_stretch(settings.start, settings.end)


def _check_stretch(start: float | None, end: float | None) -> None:
    """Raises BadSettings for bounds that are no times, reversed or too close."""
    for name, value in (("start", start), ("end", end)):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if value is not None and not (number and math.isfinite(value) and value >= 0):
            raise BadSettings(f"{name} must be a time in seconds of at least 0, not {repr(value)[:40]}.")
    if end is not None and end - (start or 0) < SHORTEST_STRETCH:
        raise BadSettings(
            f"The stretch to dub must end at least {SHORTEST_STRETCH:g} s after its start, not from {start or 0:g} s to"
            f" {end:g} s."
        )


def _check_changes(changes: tuple[AmbientChange, ...], limits: Limits) -> None:
    """Raises BadSettings for a value of the wrong type, and for places that are out of order, too many or too short."""
    if not isinstance(changes, tuple) or not all(isinstance(change, AmbientChange) for change in changes):
        raise BadSettings(f"ambient_changes must be AmbientChange objects, not {repr(changes)[:40]}.")
    if len(changes) > limits.max_places:
        raise BadSettings(
            f"There are {len(changes)} changes of place; at most {limits.max_places} are allowed"
            f" ({limits.raised_by('max_places')})."
        )
    for change in changes:
        time = change.time
        if isinstance(time, bool) or not (isinstance(time, int | float) and math.isfinite(time)):
            raise BadSettings(f"A change of place needs a time in seconds, not {repr(time)[:40]}.")
        if change.clip is not None and not isinstance(change.clip, str):
            raise BadSettings(f"An ambience must be a clip's id or a file's path, not {repr(change.clip)[:40]}.")
    for before, after in pairwise([0.0, *(change.time for change in changes)]):
        if after - before < SHORTEST_PLACE:
            raise BadSettings(
                f"The place at {after:g} s begins less than {SHORTEST_PLACE:g} s after the one before, at {before:g} s."
            )


def _change(value: Any) -> Any:
    """One entry of a recipe as an AmbientChange; anything else stays as it is, and `check_settings` refuses it."""
    return AmbientChange(value.get("time", math.nan), value.get("clip")) if isinstance(value, dict) else value


def _positive(name: str, value: Any, whole: bool) -> int | float:
    """A finite number above 0. Raises BadSettings."""
    number = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    if not (number and math.isfinite(value) and value > 0):
        raise BadSettings(not_positive(name, value, whole))
    return value


AUDIO = AudioSpec()
FULL_BAND = AudioSpec(sample_rate=48_000, n_fft=3072, hop_length=768, n_mels=128, fmin=30.0, fmax=20_000.0)
"""48 kHz with the frame rate, bands and latent grid of `AUDIO`. Steps and thuds have energy below its 125 Hz."""
VIDEO = VideoSpec()
DELIVERY = DeliverySpec()
