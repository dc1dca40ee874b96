"""Sound of any length from a model that makes 3 s: overlapping windows, each holding on to the end of the one before.

The first latent columns of a window are kept at the previous window's values while it is sampled, so the model goes on
with what it began; the mels are then joined with a linear taper, and vocoded in chunks that know their surroundings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from a2s.errors import BadSettings
from a2s.pipelines.oom_retry import Batches
from a2s.settings import AUDIO, AudioSpec

if TYPE_CHECKING:
    from a2s.dubbing.checkpoints import WindowCheckpoints

VOCODER_CONTEXT = 76
"""Mel frames on each side of a chunk that a vocoder sees: the compact one's network reaches 27, its rounds 3 each."""

VOCODER_CHUNK = 1024
"""Mel frames vocoded at once, 16 s: memory stays the same however long the film is."""


@dataclass(frozen=True)
class Window:
    """One run of the model. start: s. first_frame: mel frame, a multiple of 8, so that latents of neighbours line up.

    held_columns: how many latent columns at its start the previous window has already made.
    """

    index: int
    first_frame: int
    held_columns: int
    spec: AudioSpec = AUDIO

    @property
    def start(self) -> float:
        return self.first_frame * self.spec.frame_seconds


def samples_of(seconds: float, spec: AudioSpec = AUDIO) -> int:
    """Samples of a film this long."""
    return round(seconds * spec.sample_rate)


def frames_of(seconds: float, spec: AudioSpec = AUDIO) -> int:
    """Mel frames of a film this long, centred STFT: one more than the whole hops."""
    return 1 + samples_of(seconds, spec) // spec.hop_length


def max_overlap(spec: AudioSpec = AUDIO) -> float:
    """Half a window, s: with more, three windows would share a moment."""
    return spec.window_seconds / 2


def plan_windows(seconds: float, spec: AudioSpec = AUDIO, overlap_seconds: float = 0.5) -> tuple[Window, ...]:
    """Windows that cover a film of this length; the last may run past its end.

    Starts are snapped to latent columns (8 frames, 0.128 s), and so is the overlap. Raises BadSettings for an overlap
    outside 0 .. 1.5 s, ValueError for a film without length.
    """
    if not seconds > 0:
        raise ValueError(f"a film lasts more than {seconds} s")
    if not 0 <= overlap_seconds <= max_overlap(spec):
        raise BadSettings(
            f"The overlap of windows must be from 0 to {max_overlap(spec):g} seconds, not {overlap_seconds:g}."
        )
    column = spec.latent_downsampling
    whole = spec.window_frames // column  # the last, half-padded column is never handed on
    held = min(round(overlap_seconds / (column * spec.frame_seconds)), whole // 2)
    stride = (whole - held) * column
    count = 1 + max(0, -(-(frames_of(seconds, spec) - spec.window_frames) // stride))
    return tuple(Window(index, index * stride, held if index else 0, spec) for index in range(count))


def join(pieces: Iterable[np.ndarray], starts: Iterable[int]) -> np.ndarray:
    """Lay pieces (..., n) along one axis of time, each from its start on; where two overlap a linear taper leads over.

    The two weights sum to one and the taper is `old + w (new - old)`, so pieces that agree come back bit for bit.
    starts: ascending, each within what is already laid. Returns (..., the last piece's end). For mels and waveforms.
    """
    laid: list[np.ndarray] = []
    end = 0
    for piece, start in zip(pieces, starts, strict=True):
        shared = end - start
        if not 0 <= shared <= piece.shape[-1]:
            raise ValueError(f"a piece of {piece.shape[-1]} at {start} does not continue what ends at {end}")
        if shared:
            weight = np.arange(1, shared + 1, dtype=piece.dtype) / (shared + 1)
            before, kept = laid[-1][..., -shared:], laid[-1][..., :-shared]
            laid[-1] = kept
            piece = np.concatenate([before + weight * (piece[..., :shared] - before), piece[..., shared:]], -1)
        laid.append(piece)
        end = start + piece.shape[-1]
    return np.concatenate(laid, -1)


Condition = Callable[[Window], tuple]
"""window -> (video_tokens (1, 48, D), cue_roll (1, R, 192), ambient (1, C, 16, 24)), torch float32."""


def sample_windows(
    pipe,
    windows: Iterable[Window],
    condition: Condition,
    takes: Iterable[int],
    *,
    seed: int,
    steps: int,
    guidance_scale: float,
    on_step: Callable[[int, int], None] = lambda window, step: None,
    on_estimate: Callable[[Window, int, Callable[[], np.ndarray]], None] = lambda window, step, mel: None,
    kept: WindowCheckpoints | None = None,
    name: str = "window",
) -> Iterator[np.ndarray]:
    """Run the model over consecutive windows, all takes in one batch; yields mels (takes, 128, 188) float32.

    on_step(window index, steps done) is called after every sampler step and may raise to stop. So is
    on_estimate(window, steps done, mel), where the pipeline knows an estimate: mel() decodes it for the first take,
    (128, 188) float32, and nothing is decoded unless it is called.
    kept: where finished windows are put, as `name`-index; those that lie there already are not made again.
    Where memory runs out, the takes go on in smaller batches. Raises what torch does when one take is too much.
    """
    import torch

    takes, previous = tuple(takes), None
    batches = Batches(len(takes))
    for window in windows:
        file = f"{name}-{window.index:05d}"
        found = kept and kept.load(file)
        if found is None:
            known = hold(previous, window) if window.held_columns else None
            mels, previous = batches.run(
                partial(_sample, pipe, window, condition(window), known, takes, seed, on_step, on_estimate,
                        num_inference_steps=steps, guidance_scale=guidance_scale)
            )  # fmt: skip
            mels = mels.float().cpu().numpy()
            if kept:
                kept.save(file, mels, previous.cpu().numpy())
        else:
            mels, latents = found
            previous = torch.from_numpy(latents).to(getattr(pipe, "device", "cpu"))
            on_step(window.index, steps)
        yield mels


def _sample(
    pipe, window: Window, inputs: tuple, known: tuple | None, takes: tuple, seed: int, on_step, on_estimate,
    rows: slice, **sampler,
) -> tuple:  # fmt: skip
    """(mels, latents) of some of the takes of a window, as the pipeline gives them."""
    takes = takes[rows]

    def after_step(_pipe, step: int, _timestep, tensors: dict) -> dict:
        on_step(window.index, step + 1)
        estimate = tensors.get("estimate")
        if estimate is not None and rows.start == 0:
            on_estimate(window, step + 1, lambda: pipe.decode(estimate[:1])[0].float().cpu().numpy())
        return tensors

    output = pipe.sample(
        *(tensor.expand(len(takes), *tensor.shape[1:]) for tensor in inputs),
        generator=[noise_source(seed, take, window.index) for take in takes],
        known=known and (known[0][rows], known[1]),
        callback_on_step_end=after_step,
        **sampler,
    )
    return output.mels, output.latents


def hold(previous, window: Window) -> tuple:
    """What a window must keep of the one before.

    previous: (B, C, 16, 24) final latent. Returns (latent (B, C, 16, 24), mask (1, 1, 1, 24) with 1 where it is known).
    """
    import torch

    shared = window.held_columns
    whole = window.spec.window_frames // window.spec.latent_downsampling
    latent = torch.zeros_like(previous)
    latent[..., :shared] = previous[..., whole - shared : whole]
    mask = torch.zeros(1, 1, 1, previous.shape[-1], dtype=previous.dtype, device=previous.device)
    mask[..., :shared] = 1
    return latent, mask


def noise_source(seed: int, take: int, window: int):
    """A torch.Generator of its own for each take and window, so a take is the same alone or among others."""
    import torch

    state = int(np.random.SeedSequence([seed, take, window]).generate_state(1, np.uint64)[0])
    return torch.Generator().manual_seed(state >> 1)


def vocode(
    pipe,
    mel: np.ndarray,
    samples: int,
    spec: AudioSpec = AUDIO,
    *,
    chunk: int = VOCODER_CHUNK,
    context: int = VOCODER_CONTEXT,
    on_chunk: Callable[[float], None] = lambda done: None,
) -> np.ndarray:
    """Waveform (B, samples) float32 of a joined mel (B, 128, T), chunk by chunk.

    The vocoder must put mel frame f at sample 256 f and return 256 samples per frame (the last hop may be missing).
    A mel that ends before `samples` is continued with its last frame. on_chunk(part done 0..1) may raise to stop.
    """
    import torch

    hop = spec.hop_length
    needed = -(-samples // hop)
    missing = max(0, needed + 1 - mel.shape[-1])  # one frame more, for vocoders whose last hop is missing
    mel = np.pad(mel, [(0, 0), (0, 0), (0, missing)], "edge") if missing else mel
    waveform, batches = np.zeros((len(mel), samples), np.float32), Batches(len(mel))
    for begin in range(0, needed, chunk):
        end = min(begin + chunk, needed)
        first = max(0, begin - context)
        piece = torch.from_numpy(np.ascontiguousarray(mel[..., first : end + context]))
        (sound,) = batches.run(lambda rows, piece=piece: (pipe.vocode(piece[rows]).float().cpu(),))
        sound = sound.numpy()
        stop = min(end * hop, samples)
        waveform[:, begin * hop : stop] = sound[:, (begin - first) * hop : stop - first * hop]
        on_chunk(end / needed)
    return waveform
