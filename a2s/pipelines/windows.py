"""Sound of any length from a model of 3 s: overlapping windows, each of which continues the one before.

While a window is sampled, its first latent columns are held at the values of the window before, so the model continues
what it began. The mels are then joined with a linear taper (`join`) and vocoded in overlapping chunks (`vocode`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from a2s.errors import BadSettings
from a2s.pipelines.oom_retry import Batches
from a2s.settings import AudioSpec, DubSettings

if TYPE_CHECKING:
    import torch

    from a2s.pipelines.avldm import AVLDMPipeline

VOCODER_CONTEXT = 76
"""Mel frames on each side of a chunk. The compact vocoder's network needs 27, and each of its rounds 3 more."""

VOCODER_CHUNK = 1024
"""Mel frames that are vocoded at once, 16 s. It bounds the memory, however long the video is."""


@dataclass(frozen=True)
class Window:
    """One run of the model.

    index: from 0. first_frame: its first mel frame, a multiple of 8, so that latent columns of neighbours coincide.
    held_columns: number of latent columns at its start that the window before has made.
    """

    index: int
    first_frame: int
    held_columns: int
    spec: AudioSpec

    @property
    def start(self) -> float:
        """Seconds from the first frame of the video."""
        return self.first_frame * self.spec.frame_seconds


def samples_of(seconds: float, spec: AudioSpec) -> int:
    """Number of samples of a video of this length."""
    return round(seconds * spec.sample_rate)


def frames_of(seconds: float, spec: AudioSpec) -> int:
    """Number of mel frames of a video of this length (centred STFT): one more than the whole hops."""
    return 1 + samples_of(seconds, spec) // spec.hop_length


def max_overlap(spec: AudioSpec) -> float:
    """Half a window, in seconds. With a longer overlap, three windows would share a moment."""
    return spec.window_seconds / 2


def plan_windows(seconds: float, spec: AudioSpec, overlap_seconds: float = 0.5) -> tuple[Window, ...]:
    """Windows that cover a video of this length; the last one may end after the video.

    Starts and overlap are rounded to latent columns (8 frames, 0.128 s). Raises BadSettings for an overlap outside
    0 to 1.5 s, ValueError for a length that is not above 0.
    """
    if not seconds > 0:
        raise ValueError(f"The length of a video must be above 0 s, not {seconds}.")
    if not 0 <= overlap_seconds <= max_overlap(spec):
        raise BadSettings(
            f"The overlap of windows must be from 0 to {max_overlap(spec):g} seconds, not {overlap_seconds:g}."
        )
    column = spec.latent_downsampling
    whole = spec.window_frames // column  # the last column is half padding and is never held
    held = min(round(overlap_seconds / (column * spec.frame_seconds)), whole // 2)
    stride = (whole - held) * column
    count = 1 + max(0, -(-(frames_of(seconds, spec) - spec.window_frames) // stride))
    return tuple(Window(index, index * stride, held if index else 0, spec) for index in range(count))


def join(pieces: Iterable[np.ndarray], starts: Iterable[int]) -> np.ndarray:
    """Join pieces (..., n) along the time axis, each at its start; a linear taper blends what two of them share.

    The weights of the taper sum to one, and it is computed as `old + w (new - old)`, so equal pieces are returned bit
    for bit. starts: ascending, each within the pieces before. Returns (..., end of the last piece). For mels and
    waveforms. Raises ValueError for a gap.
    """
    joined: list[np.ndarray] = []
    end = 0
    for piece, start in zip(pieces, starts, strict=True):
        shared = end - start
        if not 0 <= shared <= piece.shape[-1]:
            raise ValueError(f"a piece of {piece.shape[-1]} at {start} does not continue what ends at {end}")
        if shared:
            weight = np.arange(1, shared + 1, dtype=piece.dtype) / (shared + 1)
            before, rest = joined[-1][..., -shared:], joined[-1][..., :-shared]
            joined[-1] = rest
            piece = np.concatenate([before + weight * (piece[..., :shared] - before), piece[..., shared:]], -1)
        joined.append(piece)
        end = start + piece.shape[-1]
    return np.concatenate(joined, -1)


@dataclass(frozen=True)
class Sampling:
    """The sampler's settings. takes: numbers of the takes, which together with the seed determine the noise."""

    seed: int
    steps: int
    guidance_scale: float
    takes: tuple[int, ...] = (0,)

    @classmethod
    def of(cls, settings: DubSettings) -> Sampling:
        """Of settings without open values (`DubSettings.suited_to`)."""
        if settings.steps is None or settings.guidance_scale is None:
            raise ValueError("steps and guidance_scale must be numbers here; see DubSettings.suited_to")
        takes = tuple(range(settings.first_take, settings.first_take + settings.takes))
        return cls(settings.seed, settings.steps, settings.guidance_scale, takes)


@dataclass(frozen=True, eq=False)
class SamplerStep:
    """One finished step of the sampler.

    step: steps done in this window, 1 to `steps`. number: of the window among all that are sampled, from 0, of
    `windows`. first_take: index of the first row of `latents` among the takes; it is not 0 where memory ran out and the
    takes were sampled in parts. timestep: of the scheduler. latents: (rows, C, 16, 24); None for a window that was
    loaded. estimate: the solver's prediction of the finished latents; None where the solver makes none.
    """

    window: Window
    step: int
    steps: int
    number: int = 0
    windows: int = 1
    first_take: int = 0
    timestep: torch.Tensor | int | None = None
    latents: torch.Tensor | None = None
    estimate: torch.Tensor | None = None

    @property
    def done(self) -> float:
        """Part of all steps of all windows that is done, 0 to 1."""
        return (self.number + self.step / self.steps) / self.windows


OnStep = Callable[[SamplerStep], "torch.Tensor | None"]
"""Called after every step. It may raise to stop; latents that it returns replace the current ones."""

Condition = Callable[[Window], tuple]
"""window -> (video_tokens (1, 48, D), cue_roll (1, R, 192), ambient (1, C, 16, 24)), torch float32."""


class WindowStore(Protocol):
    """Storage of finished windows."""

    def load(self, name: str) -> tuple[np.ndarray, np.ndarray] | None:
        """(mels, latents) as they were saved, or None."""

    def save(self, name: str, mels: np.ndarray, latents: np.ndarray) -> None:
        """Store one window."""


@dataclass(frozen=True)
class WindowRun:
    """The place of a run of consecutive windows among all windows of a video, and the storage of its results.

    name: prefix of a stored window; its index follows. number: of the first window among all that are sampled.
    windows: how many are sampled in all. interrupted: of `AVLDMPipeline.sample`.
    """

    name: str = "window"
    number: int = 0
    windows: int | None = None
    store: WindowStore | None = None
    interrupted: Callable[[], bool] = lambda: False


def sample_windows(
    pipe: AVLDMPipeline,
    windows: Sequence[Window],
    condition: Condition,
    sampling: Sampling,
    on_step: OnStep | None = None,
    run: WindowRun = WindowRun(),
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Sample consecutive windows, all takes in one batch.

    Yields (mels (takes, 128, 188), latents (takes, C, 16, 24)), float32. A window that is in the store is loaded
    instead. Where memory runs out, the takes are sampled in smaller batches. Raises what torch raises when one take is
    too large.
    """
    import torch

    previous = None
    batches = Batches(len(sampling.takes))
    total = run.windows or len(windows)
    for number, window in enumerate(windows, run.number):
        file = f"{run.name}-{window.index:05d}"
        stored = run.store.load(file) if run.store else None
        if stored is None:
            known = hold(previous, window) if window.held_columns and previous is not None else None
            work = _Work(pipe, window, condition(window), known, sampling, on_step, (number, total), run.interrupted)
            mels, previous = batches.run(work)
            mels = mels.float().cpu().numpy()
            if run.store:
                run.store.save(file, mels, previous.cpu().numpy())
        else:
            mels, latents = stored
            previous = torch.from_numpy(latents).to(getattr(pipe, "device", "cpu"))
            if on_step is not None:
                on_step(SamplerStep(window, sampling.steps, sampling.steps, number, total))
        yield mels, previous.float().cpu().numpy()


@dataclass(frozen=True)
class _Work:
    """One window to be sampled. Called with the rows of a batch, it returns their (mels, latents)."""

    pipe: AVLDMPipeline
    window: Window
    inputs: tuple
    known: tuple | None
    sampling: Sampling
    on_step: OnStep | None
    position: tuple[int, int]
    interrupted: Callable[[], bool]

    def __call__(self, rows: slice) -> tuple:
        takes = self.sampling.takes[rows]
        video, roll, ambient = (tensor.expand(len(takes), *tensor.shape[1:]) for tensor in self.inputs)
        output = self.pipe.sample(
            video,
            roll,
            ambient,
            num_inference_steps=self.sampling.steps,
            guidance_scale=self.sampling.guidance_scale,
            generator=[noise_source(self.sampling.seed, take, self.window.index) for take in takes],
            known=self.known and (self.known[0][rows], self.known[1]),
            callback_on_step_end=lambda _pipe, *step: self._after_step(rows.start or 0, *step),
            interrupted=self.interrupted,
        )
        return output.mels, output.latents

    def _after_step(self, first: int, step: int, timestep: torch.Tensor | int, tensors: dict) -> dict:
        if self.on_step is None:
            return tensors
        done = SamplerStep(
            self.window, step + 1, self.sampling.steps, self.position[0], self.position[1], first, timestep,
            tensors["latents"], tensors.get("estimate"),
        )  # fmt: skip
        replaced = self.on_step(done)
        return tensors if replaced is None else tensors | {"latents": replaced}


def hold(previous: torch.Tensor, window: Window) -> tuple[torch.Tensor, torch.Tensor]:
    """The part of a window that the window before determines.

    previous: (B, C, 16, 24), the finished latents of the window before. Returns (latents (B, C, 16, 24), mask
    (1, 1, 1, 24) with 1 in the columns that are known).
    """
    import torch

    shared = window.held_columns
    whole = window.spec.window_frames // window.spec.latent_downsampling
    latent = torch.zeros_like(previous)
    latent[..., :shared] = previous[..., whole - shared : whole]
    mask = torch.zeros(1, 1, 1, previous.shape[-1], dtype=previous.dtype, device=previous.device)
    mask[..., :shared] = 1
    return latent, mask


def noise_source(seed: int, take: int, window: int) -> torch.Generator:
    """A generator for each take and window, so that a take does not depend on the others of its batch."""
    import torch

    state = int(np.random.SeedSequence([seed, take, window]).generate_state(1, np.uint64)[0])
    return torch.Generator().manual_seed(state >> 1)


def vocode(
    pipe: AVLDMPipeline,
    mel: np.ndarray,
    samples: int,
    *,
    chunk: int = VOCODER_CHUNK,
    context: int = VOCODER_CONTEXT,
    on_chunk: Callable[[float], None] = lambda done: None,
) -> np.ndarray:
    """The waveform (B, samples) float32 of a joined mel (B, 128, T), computed in chunks.

    The vocoder must put mel frame f at sample hop f and return a hop for each frame (the last hop may be missing).
    A mel that ends before `samples` is continued with its last frame. on_chunk(part done, 0 to 1) may raise to stop.
    """
    import torch

    hop = pipe.spec.hop_length
    needed = -(-samples // hop)
    missing = max(0, needed - mel.shape[-1])
    mel = np.pad(mel, [(0, 0), (0, 0), (0, missing)], "edge") if missing else mel
    waveform, batches = np.zeros((len(mel), samples), np.float32), Batches(len(mel))

    def sound_of(piece: np.ndarray) -> np.ndarray:
        frames = torch.from_numpy(np.ascontiguousarray(piece))
        (sound,) = batches.run(lambda rows: (pipe.vocode(frames[rows]).float().cpu(),))
        return sound.numpy()

    for begin in range(0, needed, chunk):
        end = min(begin + chunk, needed)
        first = max(0, begin - context)
        stop = min(end * hop, samples)
        piece = mel[..., first : end + context]
        sound = sound_of(piece)
        if sound.shape[1] < stop - first * hop:  # a vocoder without the last hop
            sound = sound_of(np.concatenate([piece, piece[..., -1:]], -1))
        waveform[:, begin * hop : stop] = sound[:, (begin - first) * hop : stop - first * hop]
        on_chunk(end / needed)
    return waveform
