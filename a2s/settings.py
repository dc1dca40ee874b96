"""Every number that more than one part of a2s must agree on, as frozen dataclasses.

A number that follows from another is a property, so it is written once and cannot drift.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace

from a2s.errors import BadSettings

ACTIONS = ("hit", "knock", "chop", "scrape", "pour", "step", "bounce", "splash")
"""What a hand can do that is heard. Order is part of the weights: a class is its index."""

MATERIALS = ("wood", "metal", "glass", "ceramic", "stone", "cloth", "plastic", "water")
"""What it is done to. Order is part of the weights: a class is its index."""


STEPS, GUIDANCE_SCALE = 12, 2.5
"""Of the sampler, as they suit the compact model; another model's own are in its pipeline's configuration."""


@dataclass(frozen=True)
class AudioSpec:
    """The mel front-end of the paper (section 3.3): 16 kHz, 128 bands, hop 256, windows of 3 s."""

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
    def frame_seconds(self) -> float:
        """Seconds from one mel frame to the next: 0.016."""
        return self.hop_length / self.sample_rate


@dataclass(frozen=True)
class VideoSpec:
    """What the compact model sees of a picture: optical flow at the native frame rate, and a few colour keyframes."""

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
class Limits:
    """What a visitor may ask for. One place; the environment overrides it when a2s is imported: A2S_MAX_SECONDS=60.

    max_bytes: of an upload. max_pixels: of a picture. max_decode_seconds: of a processor, for a look into a file or
    one frame of it; max_work_seconds: of a processor, for all frames in one reading or writing of a film (by default 8
    for each second of the longest, 0.07 for each of the most frames); max_decode_bytes: of memory. max_places: of a
    film. max_kept_takes: of a visit, the oldest goes. max_recordings: a bank is built of on the page. max_zip_files,
    max_zip_bytes: that may come out of a zip; max_zip_file_bytes: out of one of its files; max_zip_ratio: bytes out for
    a byte in (recordings shrink to a half at best, silence to a hundredth, a bomb to a thousandth). max_waiting:
    visitors in the line. max_stored_bytes: of all visits together. max_idle_seconds: after which a visit that nobody
    uses is removed. max_away_seconds: between a browser's goodbye and the removal.
    """

    max_bytes: int = 512 * 2**20
    max_seconds: float = 30 * 60.0
    max_frames: int = 200_000
    max_pixels: int = 8192 * 4608
    max_decode_seconds: int = 60
    max_work_seconds: int = 4 * 3600
    max_decode_bytes: int = 4 * 2**30
    max_takes: int = 6
    max_steps: int = 100
    max_cues: int = 20_000
    max_places: int = 50
    max_ambient_seconds: float = 600.0
    max_kept_takes: int = 12
    max_recordings: int = 200
    max_zip_files: int = 1_000
    max_zip_file_bytes: int = 256 * 2**20
    max_zip_bytes: int = 1024 * 2**20
    max_zip_ratio: int = 200
    max_waiting: int = 16
    max_stored_bytes: int = 16 * 2**30
    max_idle_seconds: float = 3600.0
    max_away_seconds: float = 30.0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Limits:
        """The limits with what the environment says in their place. Raises BadSettings that names the variable."""
        known = {f"A2S_{field.name.upper()}": field for field in fields(cls)}
        given = {name: text for name, text in environment.items() if name.upper().startswith("A2S_MAX_")}
        if unknown := sorted(given.keys() - known.keys()):
            raise BadSettings(f"There is no limit {unknown[0][:40]}; a2s.settings.Limits has them all.")
        return cls(**{known[name].name: _positive(name, given[name], known[name].type == "int") for name in given})


@dataclass(frozen=True)
class AmbientChange:
    """From a time on, s from the first frame, the film is in another place. clip: as `DubSettings.ambient_clip`; None
    takes the bank's best match of the stretch that begins there."""

    time: float
    clip: str | None = None


@dataclass(frozen=True)
class DubSettings:
    """What a creator chooses for one dub. Everything that shapes the sound is in here or in the cues.

    ambient: 0 is "only the action", 1 is the whole ambience of the place; the level follows evenly in dB.
    ambient_clip: a bank clip's id or a path to a recording; None takes the best match of the bank.
    ambient_changes: where the film goes on in another place, in order of time; `ambient_clip` is heard until the first.
    original_audio: None leaves the original soundtrack out, a number mixes it under at that gain in dB.
    loudness: integrated loudness target in LUFS, None leaves the level as generated.
    steps, guidance_scale: of the sampler; None takes the defaults of the pipeline (`default_steps` and so on).
    first_take: the number of the first take. Takes share nothing but the seed, so one of many can be made again alone.
    """

    ambient: float = 0.35
    ambient_clip: str | None = None
    ambient_changes: tuple[AmbientChange, ...] = ()
    takes: int = 1
    seed: int = 0
    steps: int | None = None
    guidance_scale: float | None = None
    original_audio: float | None = None
    loudness: float | None = None
    overlap_seconds: float = 0.5
    first_take: int = 0

    def suited_to(self, pipe=None) -> DubSettings:
        """These settings with nothing left open: steps and guidance as they suit the pipeline's model, or compact."""
        steps, guidance_scale = (pipe.default_steps, pipe.default_guidance_scale) if pipe else (STEPS, GUIDANCE_SCALE)
        return replace(
            self,
            steps=steps if self.steps is None else self.steps,
            guidance_scale=guidance_scale if self.guidance_scale is None else self.guidance_scale,
        )

    def to_dict(self) -> dict:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict) -> DubSettings:
        """Read settings back from a recipe; unknown keys are ignored so that newer recipes stay readable."""
        known = {field.name for field in fields(cls)}
        read = {key: value for key, value in values.items() if key in known}
        if isinstance(changes := read.get("ambient_changes"), list | tuple):
            read["ambient_changes"] = tuple(_change(change) for change in changes)
        return cls(**read)


def _change(value):
    """A change as a recipe has it; what is none is left as it is, for `check_settings` to refuse."""
    return AmbientChange(value.get("time"), value.get("clip")) if isinstance(value, dict) else value


def _positive(name: str, text: str, whole: bool) -> int | float:
    """A number above 0. Raises BadSettings."""
    try:
        value = int(text) if whole else float(text)
    except ValueError:
        value = 0
    if not (value > 0 and math.isfinite(value)):
        raise BadSettings(f"{name} must be a {'whole ' if whole else ''}number above 0, not {text[:40]!r}.")
    return value


def _limits() -> Limits:
    """What the environment says. Where that is wrong, nothing may be raised yet: `dub`, page and command line do."""
    try:
        return Limits.from_environment()
    except BadSettings:
        return Limits()


AUDIO = AudioSpec()
VIDEO = VideoSpec()
LIMITS = _limits()
