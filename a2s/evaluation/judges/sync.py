"""The sync judge: whether audio and picture are in sync (AV-Sync, Action2Sound, section 4).

A small network receives the motion grid of a window and its audio. It is trained on true audio of worlds that no
generator was trained on: the window's own mix, against the same video's audio moved by 0.25 to 2 s and against the
audio of other videos.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np
import torch
from diffusers.configuration_utils import register_to_config
from torch import nn
from torch.nn import functional as F

from a2s.audio.mel import mel_spectrogram
from a2s.evaluation.judges.sync_pairs import SLOT, PairBatch, SyncPairs
from a2s.evaluation.judges.train import JudgeModel, JudgeTraining, train_judge_model
from a2s.evaluation.statistics import Figures, mean
from a2s.models.blocks import ConvNeXtBlock, ShiftBlock
from a2s.settings import AUDIO
from a2s.training.trainer import Schedule

STEPS, BATCH, HELD_OUT_WINDOWS = 3000, 16, 360

MEL = replace(AUDIO, hop_length=round(AUDIO.sample_rate * SLOT))
"""A frame per 1/32 s, two per slot of the motion grid, so that picture and audio share one time grid."""

LAGS = 24
"""Largest lag of the correlation, either way, in slots of 1/32 s: 0.75 s."""

SHIFTS = (-0.5, -0.2, -0.1, -0.05, 0.0, 0.05, 0.1, 0.2, 0.5)
"""Shifts (s) of the audio at which a trained judge is evaluated; positive is late."""


class SyncJudge(JudgeModel):
    """motion (B, S, 12, 12, 6) in widths/s and mel (B, 128, 2 S) in [0, 1] -> logit (B,), positive for in sync.

    S slots of 1/16 s; any S. Both inputs become features on a grid of 1/32 s. Their correlation over lags shows the
    offset at which they match; their product at lag 0 shows what matches.
    """

    OLD_NAMES: ClassVar[dict[str, str]] = {
        "seen": "motion_in",
        "seen_time": "motion_time",
        "seen_features": "motion_features",
        "seen_onset": "motion_onset",
        "heard": "audio_in",
        "heard_time": "audio_time",
        "heard_features": "audio_features",
        "heard_onset": "audio_onset",
    }

    @register_to_config
    def __init__(self, channels: int = 24, hidden: int = 96, grid_channels: tuple[int, ...] = (16, 32, 48)):
        super().__init__()
        a, b, c = grid_channels
        self.grid = nn.Sequential(ShiftBlock(6, a), ShiftBlock(a, b, 2), ShiftBlock(b, c, 2))
        self.motion_in = nn.Conv1d(2 * c, hidden, 1)
        self.motion_time = _time_blocks(hidden)
        self.halve_slots = nn.Conv1d(hidden, 2 * hidden, 1)
        self.audio_in = nn.Conv1d(2 * AUDIO.n_mels, hidden, 3, padding=1)
        self.audio_time = _time_blocks(hidden)
        self.motion_features, self.audio_features = nn.Conv1d(hidden, channels, 1), nn.Conv1d(hidden, channels, 1)
        self.motion_onset, self.audio_onset = nn.Conv1d(hidden, 1, 1), nn.Conv1d(hidden, 1, 1)
        self.over_lags = nn.Sequential(
            nn.Conv1d(channels, 32, 5, padding=2), nn.GELU(), nn.Conv1d(32, 16, 5, padding=2), nn.GELU(), nn.Flatten()
        )
        self.over_time = nn.Sequential(nn.Conv1d(3 * channels, 48, 7, padding=3), nn.GELU())
        self.decide = nn.Sequential(
            nn.Dropout(0.2), nn.Linear(16 * (2 * LAGS + 1) + 2 * 48, 48), nn.GELU(), nn.Linear(48, 1)
        )

    def encode_motion(self, motion: torch.Tensor) -> torch.Tensor:
        """(B, S, 12, 12, 6) -> (B, hidden, 2 S)."""
        # Velocities span three decades; the logarithm brings slow hands and fast hammers to one scale.
        x = motion.permute(0, 1, 4, 2, 3)
        x = self.grid(x.sign() * torch.log1p(8 * x.abs())).flatten(3)
        x = self.motion_time(self.motion_in(torch.cat([x.mean(-1), x.amax(-1)], 2).transpose(1, 2)))
        return self.halve_slots(x).unflatten(1, (-1, 2)).transpose(2, 3).flatten(2)

    def encode_audio(self, mel: torch.Tensor) -> torch.Tensor:
        """(B, 128, 2 S) in [0, 1] -> (B, hidden, 2 S)."""
        rise = F.relu(mel - F.pad(mel, (1, 0), mode="replicate")[..., :-1])
        return self.audio_time(self.audio_in(torch.cat([2 * mel - 1, 8 * rise], 1)))

    def compare(self, motion: torch.Tensor, audio: torch.Tensor) -> torch.Tensor:
        """Encoded motion and audio, (B, hidden, T) each -> logit (B,)."""
        m, a = _standardised(self.motion_features(motion)), _standardised(self.audio_features(audio))
        now = self.over_time(torch.cat([m, a, m * a], 1))
        return self.decide(torch.cat([self.over_lags(correlation(m, a)), now.mean(-1), now.amax(-1)], 1))[:, 0]

    def forward(self, motion: torch.Tensor, mel: torch.Tensor) -> torch.Tensor:
        return self.compare(self.encode_motion(motion), self.encode_audio(mel))

    @torch.inference_mode()
    def probabilities(self, motions: np.ndarray, waves: np.ndarray, batch: int = 32) -> np.ndarray:
        """motions (n, S, 12, 12, 6), waves (n, S / 16 s) float32 at 16 kHz -> (n,) in [0, 1], 1 for in sync."""
        pairs = zip(torch.from_numpy(motions).split(batch), torch.from_numpy(waves).split(batch), strict=True)
        return torch.cat([self(motion, slot_mel(wave)) for motion, wave in pairs]).sigmoid().numpy()


def correlation(motion: torch.Tensor, audio: torch.Tensor) -> torch.Tensor:
    """(B, C, T) each -> (B, C, 2 LAGS + 1): mean product per channel, the audio late by -LAGS to LAGS slots."""
    late = F.pad(audio, (LAGS, LAGS)).unfold(-1, 2 * LAGS + 1, 1)
    return torch.einsum("bct,bctl->bcl", motion, late) / motion.shape[-1]


def slot_mel(waves: torch.Tensor) -> torch.Tensor:
    """(..., samples) float32 at 16 kHz -> (..., 128, frames), a frame per 1/32 s."""
    return mel_spectrogram(waves.clamp(-1, 1), MEL)[..., : waves.shape[-1] // MEL.hop_length]


def _time_blocks(hidden: int) -> nn.Sequential:
    return nn.Sequential(*[ConvNeXtBlock(hidden, 2 * hidden, 5, d) for d in (1, 2, 4)])


def _standardised(x: torch.Tensor) -> torch.Tensor:
    """Mean 0 and standard deviation 1 over time, less for features with little variation."""
    x = x - x.mean(-1, keepdim=True)
    return x / (x.square().mean(-1, keepdim=True) + 0.05).sqrt()


# ---------------------------------------------------------------------- training


def sync_loss(model: SyncJudge, batch: PairBatch) -> tuple[torch.Tensor, dict[str, float]]:
    """In sync or not; as an auxiliary loss, the true onsets of both inputs.

    Own, shifted and other audio weigh 2 : 1 : 1, so that chance is one half.
    """
    sounds = batch.sounds
    with torch.autocast("cpu", enabled=False):
        mel = slot_mel(sounds.flatten(0, 1))
    motion, audio = model.encode_motion(batch.motion), model.encode_audio(mel)
    repeated = motion.repeat_interleave(sounds.shape[1], 0)
    logit = model.compare(repeated, audio).float().unflatten(0, sounds.shape[:2])
    truth = torch.tensor([1.0, 0.0, 0.0]).expand_as(logit)
    weight = torch.tensor([2.0, 1.0, 1.0]) * 3 / 4
    sync = F.binary_cross_entropy_with_logits(logit, truth, weight.expand_as(logit))
    motion_onsets, audio_onsets = (
        F.binary_cross_entropy_with_logits(found[:, 0].float(), true, pos_weight=torch.tensor(3.0))
        for found, true in (
            (model.motion_onset(motion), batch.motion_onsets),
            (model.audio_onset(audio), batch.audio_onsets.flatten(0, 1)),
        )
    )
    correct = ((logit > 0) == (truth > 0.5)).float().mean(0).tolist()
    figures = {"sync": sync.item(), "motion_onsets": motion_onsets.item(), "audio_onsets": audio_onsets.item()}
    return sync + 0.5 * (motion_onsets + audio_onsets), figures | dict(
        zip(("own", "shifted", "other"), correct, strict=True)
    )


def train_sync_judge(
    training: JudgeTraining, model: SyncJudge | None = None, windows: int = HELD_OUT_WINDOWS
) -> Figures:
    """Train on the worlds of `training.data`, which were rendered with pictures.

    model: of another size than the default. windows: number of held-out windows for the evaluation.
    """
    torch.manual_seed(training.seed)
    pairs, model = SyncPairs(training.data), model or SyncJudge()
    # Onsets guide the encoders early on; the long decay averages over the small data set.
    schedule = Schedule(training.steps or STEPS, 1.5e-3, decay=0.6, weight_decay=0.05, ema=0.995, clip=2.0)
    batch = training.batch or BATCH

    def loss(step: int) -> tuple[torch.Tensor, dict[str, float]]:
        rng = np.random.default_rng([training.seed, step])
        # Half windows too: the authors' variant of the metric scores them.
        seconds = AUDIO.window_seconds * (0.5 if rng.random() < 0.5 else 1.0)
        return sync_loss(model, pairs.draw(rng, batch, seconds))

    def evaluate() -> Figures:
        return evaluate_sync_judge(model, SyncPairs(str(training.held_out)), windows)

    return train_judge_model(model, schedule, loss, training, len(pairs), evaluate)


@torch.inference_mode()
def evaluate_sync_judge(judge: SyncJudge, pairs: SyncPairs, limit: int = HELD_OUT_WINDOWS, seed: int = 5) -> Figures:
    """Accuracy on true audio of `limit` windows: own, shifted and other; chance is 0.5.

    in_sync_at: share of windows judged in sync when the audio is moved by so many ms, later if positive.
    """
    rng, found, moved = np.random.default_rng(seed), [], []

    def in_sync(motion: torch.Tensor, sounds: torch.Tensor) -> np.ndarray:
        return (judge.compare(motion, judge.encode_audio(slot_mel(sounds))) > 0).numpy()

    for _ in range(-(-limit // 12)):
        batch = pairs.draw(rng, 12, AUDIO.window_seconds, augment=False)
        motion = judge.encode_motion(batch.motion)
        found.append([in_sync(motion, batch.sounds[:, k]) for k in range(3)])
        moved.append([in_sync(motion, pairs.moved(batch.windows, shift)) for shift in SHIFTS])
    own, shifted, other = np.concatenate(found, 1).astype(float)
    shares = np.concatenate(moved, 1).mean(1)
    return {
        "windows": len(own),
        "videos": len(pairs),
        "own": mean(own),
        "shifted": mean(1 - shifted),
        "other": mean(1 - other),
        "accuracy": mean((2 * own + (1 - shifted) + (1 - other)) / 4),
        "in_sync_at": {f"{1000 * m:+.0f} ms": round(float(s), 4) for m, s in zip(SHIFTS, shares, strict=True)},
        "slot_ms": 1000 * SLOT,
    }
