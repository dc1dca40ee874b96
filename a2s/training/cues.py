"""Train the detector of cues: in the foley world, what does physics' push miss, and what of it is not heard?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from a2s.audio.onsets import Score, onset_f1
from a2s.cues import Motion, detect_cues
from a2s.cues.curves import LOG_ODDS, RATE
from a2s.cues.detector import LATENCY, prominence
from a2s.cues.learned import inputs
from a2s.cues.novelty import step_frames
from a2s.models.cue_net import CueNet
from a2s.training.data import LongVideos
from a2s.training.loop import Schedule, Trainer

SECONDS = 6.0
"""Length of a training row."""

BUMP = 0.025
"""Seconds: standard deviation of the bump that an event is in the target."""


def varied(motion: Motion, events: np.ndarray, rng: np.random.Generator) -> tuple[Motion, np.ndarray]:
    """The same events seen otherwise: slower or faster, cropped, tilted, at a lower frame rate, with noise.

    events: (N,) s. -> motion, events.
    """
    velocity, times, breaks = motion.velocity, motion.times, motion.breaks
    interval = float(np.median(np.diff(times)))
    if interval < 1 / 22 and rng.random() < 0.3:  # every second frame: the velocities between are averaged
        odd = len(times) // 2 * 2
        velocity = (velocity[1:odd:2] + velocity[:odd:2]) / 2
        times, breaks = times[1:odd:2], breaks[1:odd:2] | breaks[:odd:2]
    h, w = velocity.shape[1:3]
    rows, columns = (max(6, round(side * rng.uniform(0.6, 1))) for side in (h, w))
    top, left = rng.integers(0, h - rows + 1), rng.integers(0, w - columns + 1)
    velocity = velocity[:, top : top + rows, left : left + columns]
    angle = rng.normal(0, 0.2)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    tempo = float(np.exp(rng.uniform(-0.4, 0.4)))
    scale = np.exp(0.5 * rng.standard_normal()) * tempo
    velocity = (velocity @ turn * scale).astype(np.float32)
    if rng.random() < 0.5:
        velocity = unseen(velocity, times, events, rng)
    noise = 0.04 * rng.random() ** 2 * np.percentile(np.abs(velocity), 98)
    velocity += noise * rng.standard_normal(velocity.shape, np.float32)
    velocity[breaks] = 0
    # The sound's lag behind the picture doesn't change with the tempo.
    seen = Motion(times / tempo, velocity, motion.keyframe_times, motion.keyframes, motion.duration / tempo, breaks)
    return seen, (events - LATENCY) / tempo + LATENCY


def unseen(velocity: np.ndarray, times: np.ndarray, events: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What flow loses in real footage: the fast (thin, blurred), or what comes before an event (out of sight, recoil)."""
    if rng.random() < 0.5:
        speed = np.linalg.norm(velocity, axis=-1, keepdims=True)
        limit = np.percentile(speed.max((1, 2)), rng.uniform(50, 97))
        return velocity * np.where(speed > limit, rng.uniform(0, 0.7), 1).astype(np.float32)
    visible, length = rng.uniform(0, 0.7), rng.uniform(0.1, 0.35)
    before = np.zeros(len(times), bool)
    for event in events[rng.random(len(events)) < 0.8]:
        before |= (times > event - LATENCY - length) & (times <= event - LATENCY + 0.01)
    return velocity * np.where(before, visible, 1)[:, None, None, None].astype(np.float32)


class Films:
    """Curves and targets of rendered videos, each as it is and in `variants` other ways, held in memory."""

    def __init__(self, folder: str | Path, variants: int = 0, seed: int = 0, part: slice = slice(None)):
        self.videos = LongVideos(folder, part)
        self.rows: list[tuple[np.ndarray, np.ndarray]] = []
        for index, path in enumerate(self.videos.folders):
            motion = Motion.load(path / "motion.npz")
            events = np.array([event.time for event in self.videos.events[index]])
            rng = np.random.default_rng([seed, index])
            for seen, moments in [(motion, events), *(varied(motion, events, rng) for _ in range(variants))]:
                seen_curves = inputs(seen, prominence(seen)[1])
                at = seen.times[0] + np.arange(len(seen_curves)) / RATE
                self.rows.append((seen_curves, bumps(moments, at)))

    def draw(self, rng: np.random.Generator, size: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Curves (size, T, CHANNELS) and targets (size, T) of `SECONDS`, of random rows."""
        length, drawn = round(SECONDS * RATE), []
        for index in rng.integers(len(self.rows), size=size):
            seen, target = self.rows[index]
            start = rng.integers(0, max(1, len(seen) - length))
            piece, wanted = seen[start : start + length], target[start : start + length]
            pad = length - len(piece)
            drawn.append((np.pad(piece, ((0, pad), (0, 0))), np.pad(wanted, (0, pad))))
        return tuple(torch.from_numpy(np.stack(part)) for part in zip(*drawn, strict=True))


def bumps(events: np.ndarray, at: np.ndarray) -> np.ndarray:
    """(T,) float32: 1 at each event, falling off as a normal curve of `BUMP` s."""
    if not len(events):
        return np.zeros(len(at), np.float32)
    nearest = np.abs(at[:, None] - np.asarray(events)[None]).min(1)
    return np.exp(-0.5 * (nearest / BUMP) ** 2).astype(np.float32)


def logits(net: CueNet, seen: torch.Tensor) -> torch.Tensor:
    """(B, T, CHANNELS) -> (B, T): physics' log-odds, as late as its sound is heard, and the network's correction."""
    late = round(LATENCY * RATE)
    physics = F.pad(2 * seen[..., LOG_ODDS], (late, 0), value=2 * float(seen[..., LOG_ODDS].min()))
    return physics[:, : seen.shape[1]] + net(seen)


def train(
    data: str | Path,
    out: str | Path,
    resume: bool = False,
    steps: int = 3000,
    batch: int = 16,
    variants: int = 2,
    channels: int = 48,
    seed: int = 0,
) -> Path:
    """Fit the cue network to rendered videos with motion; writes a diffusers folder `out/cue_net`."""
    torch.manual_seed(seed)
    films = Films(data, variants, seed)
    beside = Path(str(data).rstrip("/") + "-held-out")
    held = LongVideos(beside) if beside.is_dir() else films.videos
    net = CueNet(channels)
    trainer = Trainer(net, Schedule(steps, 2e-3, weight_decay=0.05), Path(out), resume, precision="no")

    def loss(step: int):
        seen, wanted = films.draw(np.random.default_rng([seed, step]), batch)
        seen = blurred(seen, np.random.default_rng([seed, step, 1]))
        total = F.binary_cross_entropy_with_logits(logits(net, seen), wanted)
        return total, {"bce": total.item()}

    trainer.fit(loss, lambda: examine(net, held), evaluate_every=500)
    with trainer.averaged():
        net.register_to_config(bias=best_bias(net, films.videos))
        net.save_pretrained(Path(out) / "cue_net")
    return Path(out) / "cue_net"


def blurred(seen: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Curves with a random gain and offset for each row and curve, so that none is trusted to the second digit."""
    shape = (len(seen), 1, seen.shape[2])
    gain = 1 + 0.15 * torch.from_numpy(rng.standard_normal(shape, np.float32))
    return seen * gain + 0.03 * torch.from_numpy(rng.standard_normal(seen.shape, np.float32))


def examine(net: CueNet, held: LongVideos, videos: int = 72) -> dict[str, float]:
    """Onset F1 (100 ms) of the cues in unseen videos, and that of physics alone."""
    return {"f1": onsets(held, net, videos).f1, "physics_f1": onsets(held, None, videos).f1}


def onsets(videos: LongVideos, net: CueNet | None, count: int) -> Score:
    """Cues against events, pooled over the first `count` videos."""
    pooled = Score()
    for folder, events in list(zip(videos.folders, videos.events, strict=True))[:count]:
        found = [cue.time for cue in detect_cues(Motion.load(folder / "motion.npz"), net)]
        pooled = pooled + onset_f1(found, [event.time for event in events])
    return pooled


def best_bias(net: CueNet, videos: LongVideos, count: int = 60) -> float:
    """The bias with the best onset F1 in `count` training videos."""
    figures = {}
    for bias in np.arange(-0.75, 1.76, 0.25):
        net.register_to_config(bias=float(bias))
        figures[float(bias)] = onsets(videos, net, count).f1
    return max(figures, key=figures.get)
