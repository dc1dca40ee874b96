"""AV-Sync: does a trained classifier take a sound for the picture's own, in time (Action2Sound, section 4, "AV-Sync")?

A small network sees the motion of a window and hears a sound. It is trained on true sound of worlds that no generator
was trained on: the window's own mix, against the same video's sound a quarter to two seconds off and against other
videos' sound. It never hears generated sound before it judges it.

    python -m a2s.evaluation.judges.sync --data WORLDS --held-out OTHER_WORLDS -o SYNC [--resume]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import nn
from torch.nn import functional as F

from a2s.audio.mel import mel_spectrogram
from a2s.evaluation.clips import Clip
from a2s.evaluation.judges.sync_pairs import SLOT, SyncPairs
from a2s.evaluation.judges.train import command_line, train_judge_model
from a2s.evaluation.statistics import mean
from a2s.models.blocks import ConvNeXtBlock, ShiftBlock
from a2s.settings import AUDIO, VIDEO
from a2s.training.trainer import Schedule
from a2s.vision import motion_grid

MEL = replace(AUDIO, hop_length=round(AUDIO.sample_rate * SLOT))
"""A frame every 1/32 s, two to a slot of the motion grid, so that picture and sound lie on one grid."""

LAGS = 24
"""Slots of 1/32 s, either way, by which sound is held against motion: 0.75 s."""


class SyncJudge(ModelMixin, ConfigMixin):
    """motion (B, S, 12, 12, 6) in widths/s and mel (B, 128, 2 S) in [0, 1] -> logit (B,), above 0 for in sync.

    S slots of 1/16 s; any S. Each side becomes features on a grid of 1/32 s; their correlation over lags tells whether
    and where they meet, their product at lag 0 what meets.
    """

    @register_to_config
    def __init__(self, channels: int = 24, hidden: int = 96, grid_channels: tuple[int, ...] = (16, 32, 48)):
        super().__init__()
        a, b, c = grid_channels
        self.grid = nn.Sequential(ShiftBlock(6, a), ShiftBlock(a, b, 2), ShiftBlock(b, c, 2))
        self.seen = nn.Conv1d(2 * c, hidden, 1)
        self.seen_time = _time(hidden)
        self.halve_slots = nn.Conv1d(hidden, 2 * hidden, 1)
        self.heard = nn.Conv1d(2 * AUDIO.n_mels, hidden, 3, padding=1)
        self.heard_time = _time(hidden)
        self.seen_features, self.heard_features = nn.Conv1d(hidden, channels, 1), nn.Conv1d(hidden, channels, 1)
        self.seen_onset, self.heard_onset = nn.Conv1d(hidden, 1, 1), nn.Conv1d(hidden, 1, 1)
        self.over_lags = nn.Sequential(
            nn.Conv1d(channels, 32, 5, padding=2), nn.GELU(), nn.Conv1d(32, 16, 5, padding=2), nn.GELU(), nn.Flatten()
        )
        self.over_time = nn.Sequential(nn.Conv1d(3 * channels, 48, 7, padding=3), nn.GELU())
        self.decide = nn.Sequential(
            nn.Dropout(0.2), nn.Linear(16 * (2 * LAGS + 1) + 2 * 48, 48), nn.GELU(), nn.Linear(48, 1)
        )

    def look(self, motion: torch.Tensor) -> torch.Tensor:
        """(B, S, 12, 12, 6) -> (B, hidden, 2 S)."""
        # Velocities span three decades; the logarithm keeps slow hands and fast hammers within one scale.
        x = motion.permute(0, 1, 4, 2, 3)
        x = self.grid(x.sign() * torch.log1p(8 * x.abs())).flatten(3)
        x = self.seen_time(self.seen(torch.cat([x.mean(-1), x.amax(-1)], 2).transpose(1, 2)))
        return self.halve_slots(x).unflatten(1, (-1, 2)).transpose(2, 3).flatten(2)

    def hear(self, mel: torch.Tensor) -> torch.Tensor:
        """(B, 128, 2 S) in [0, 1] -> (B, hidden, 2 S)."""
        rise = F.relu(mel - F.pad(mel, (1, 0), mode="replicate")[..., :-1])
        return self.heard_time(self.heard(torch.cat([2 * mel - 1, 8 * rise], 1)))

    def compare(self, seen: torch.Tensor, heard: torch.Tensor) -> torch.Tensor:
        """Two of (B, hidden, T), of `look` and `hear` -> logit (B,)."""
        m, a = _standard(self.seen_features(seen)), _standard(self.heard_features(heard))
        now = self.over_time(torch.cat([m, a, m * a], 1))
        return self.decide(torch.cat([self.over_lags(correlation(m, a)), now.mean(-1), now.amax(-1)], 1))[:, 0]

    def forward(self, motion: torch.Tensor, mel: torch.Tensor) -> torch.Tensor:
        return self.compare(self.look(motion), self.hear(mel))

    @torch.inference_mode()
    def probabilities(self, motions: np.ndarray, waves: np.ndarray, batch: int = 32) -> np.ndarray:
        """motions (n, S, 12, 12, 6), waves (n, S / 16 s) float32 at 16 kHz -> (n,) in [0, 1]: that it is in sync."""
        pairs = zip(torch.from_numpy(motions).split(batch), torch.from_numpy(waves).split(batch), strict=True)
        return torch.cat([self(motion, mel_of(wave)) for motion, wave in pairs]).sigmoid().numpy()


def correlation(seen: torch.Tensor, heard: torch.Tensor) -> torch.Tensor:
    """Two of (B, C, T) -> (B, C, 2 LAGS + 1): mean product of each channel, the sound late by -LAGS to LAGS slots."""
    late = F.pad(heard, (LAGS, LAGS)).unfold(-1, 2 * LAGS + 1, 1)
    return torch.einsum("bct,bctl->bcl", seen, late) / seen.shape[-1]


def mel_of(waves: torch.Tensor) -> torch.Tensor:
    """(..., samples) float32 at 16 kHz -> (..., 128, frames), a frame every 1/32 s."""
    return mel_spectrogram(waves.clamp(-1, 1), MEL)[..., : waves.shape[-1] // MEL.hop_length]


def sync_share(judge: SyncJudge, clips: Sequence[Clip], waves: np.ndarray) -> dict:
    """Share of clips that are judged in sync (0.5 or above), with a 95 % interval over clips.

    waves: (n, 48000) at 16 kHz, one each clip. probability: mean of what the judge says. either_half: the variant that
    the authors coded, where a clip counts as soon as one of its halves, judged alone, is in sync: it is higher, for
    sound without relation to the picture as well.
    """
    waves = np.ascontiguousarray(waves, np.float32)
    whole = judge.probabilities(_motions(clips), waves)
    half = AUDIO.window_samples // 2
    halves = [
        judge.probabilities(_motions(clips, part), np.ascontiguousarray(waves[:, part * half : (part + 1) * half]))
        for part in (0, 1)
    ]
    return mean(whole >= 0.5) | {
        "probability": round(float(whole.mean()), 4),
        "either_half": mean(np.maximum(*halves) >= 0.5),
    }


def _motions(clips: Sequence[Clip], half: int | None = None) -> np.ndarray:
    """(n, 48, 12, 12, 6), or (n, 24, 12, 12, 6) of the first or second half."""
    if half is None:
        return np.stack([motion_grid(clip.motion, clip.start) for clip in clips])
    seconds = VIDEO.window_seconds / 2
    spec = replace(VIDEO, window_seconds=seconds)
    return np.stack([motion_grid(clip.motion, clip.start + half * seconds, spec) for clip in clips])


def _time(hidden: int) -> nn.Sequential:
    return nn.Sequential(*[ConvNeXtBlock(hidden, 2 * hidden, 5, d) for d in (1, 2, 4)])


def _standard(x: torch.Tensor) -> torch.Tensor:
    """Mean 0 and deviation 1 over time, but for what hardly moves."""
    x = x - x.mean(-1, keepdim=True)
    return x / (x.square().mean(-1, keepdim=True) + 0.05).sqrt()


# ---------------------------------------------------------------------- training


def losses(model: SyncJudge, rows: dict[str, torch.Tensor]) -> tuple[torch.Tensor, dict[str, float]]:
    """In sync or not, and as a help the true onsets on both sides. rows: of `SyncPairs.draw`.

    Own, shifted and other sounds weigh 2 : 1 : 1, so that chance is one half.
    """
    sounds = rows["sounds"]
    with torch.autocast("cpu", enabled=False):
        mel = mel_of(sounds.flatten(0, 1))
    seen, heard = model.look(rows["motion"]), model.hear(mel)
    logit = model.compare(seen.repeat_interleave(sounds.shape[1], 0), heard).float().unflatten(0, sounds.shape[:2])
    truth = torch.tensor([1.0, 0.0, 0.0]).expand_as(logit)
    weight = torch.tensor([2.0, 1.0, 1.0]) * 3 / 4
    sync = F.binary_cross_entropy_with_logits(logit, truth, weight.expand_as(logit))
    onsets = [
        F.binary_cross_entropy_with_logits(found[:, 0].float(), true, pos_weight=torch.tensor(3.0))
        for found, true in (
            (model.seen_onset(seen), rows["seen_onsets"]),
            (model.heard_onset(heard), rows["heard_onsets"].flatten(0, 1)),
        )
    ]
    right = ((logit > 0) == (truth > 0.5)).float().mean(0).tolist()
    named = dict(zip(("own", "shifted", "other"), right, strict=True))
    return sync + 0.5 * sum(onsets), {"sync": sync.item(), "seen": onsets[0].item(), "heard": onsets[1].item()} | named


def train_sync(
    data: str | Path,
    out: str | Path,
    held_out: str | Path | None = None,
    resume: bool = False,
    steps: int = 3000,
    batch: int = 16,
    seed: int = 0,
    model: SyncJudge | None = None,
    windows: int = 360,
) -> dict:
    """Fit a judge of sync to the worlds of `data`; writes a diffusers folder `out` and `out/report.json`, returned too.

    data: worlds of a seed of their own, rendered with pictures. held_out: other worlds, on `windows` windows of which
    the judge is examined. model: another size than the default.
    """
    torch.manual_seed(seed)
    out, pairs, model = Path(out), SyncPairs(data), model or SyncJudge()
    # The onsets guide the towers early on; the long decay lets the small data set be averaged over.
    schedule = Schedule(steps, 1.5e-3, decay=0.6, weight_decay=0.05, ema=0.995, clip=2.0)

    def loss(step: int):
        rng = np.random.default_rng([seed, step])
        # Half windows as well: the authors' variant judges them.
        seconds = AUDIO.window_seconds * (0.5 if rng.random() < 0.5 else 1.0)
        return losses(model, pairs.draw(rng, batch, seconds))

    examine = held_out and (lambda: examine_sync(model, SyncPairs(held_out), windows))
    return train_judge_model(model, schedule, loss, out, resume, len(pairs), examine)


@torch.inference_mode()
def examine_sync(judge: SyncJudge, pairs: SyncPairs, limit: int = 360, seed: int = 5) -> dict:
    """Accuracy on true sound of `limit` windows: own, shifted (as trained, and by fixed amounts) and other; chance 0.5.

    heard_as_sync: share of windows that are taken for in sync with the sound moved by so many ms, later if positive.
    """
    rng, found = np.random.default_rng(seed), []
    moves = np.array([-0.5, -0.2, -0.1, -0.05, 0.0, 0.05, 0.1, 0.2, 0.5])
    moved = []
    for _ in range(-(-limit // 12)):
        rows = pairs.draw(rng, 12, AUDIO.window_seconds, vary=False)
        seen = judge.look(rows["motion"])
        found.append([(judge.compare(seen, judge.hear(mel_of(rows["sounds"][:, k]))) > 0).numpy() for k in range(3)])
        moved.append(
            [
                (judge.compare(seen, judge.hear(mel_of(pairs.moved(rows["windows"], float(m))))) > 0).numpy()
                for m in moves
            ]
        )
    own, shifted, other = np.concatenate(found, 1).astype(float)
    shares = np.concatenate(moved, 1).mean(1)
    return {
        "windows": len(own),
        "videos": len(pairs),
        "own": mean(own),
        "shifted": mean(1 - shifted),
        "other": mean(1 - other),
        "accuracy": mean((2 * own + (1 - shifted) + (1 - other)) / 4),
        "heard_as_sync": {f"{1000 * m:+.0f} ms": round(float(s), 4) for m, s in zip(moves, shares, strict=True)},
        "slot_ms": 1000 * SLOT,
    }


if __name__ == "__main__":
    command_line(train_sync, "sync", "worlds of a seed of their own, with pictures", 3000)
