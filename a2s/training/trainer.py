"""One training loop for every model: accelerate, warm-up / hold / decay, EMA, checkpoints to resume from."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from safetensors.torch import load_file, save_file
from torch import nn

from a2s.errors import WeightsMissing


@dataclass(frozen=True)
class Schedule:
    """steps: optimiser steps in all; the rate is held after `warmup` and falls to 2 % over the last `decay` part."""

    steps: int
    learning_rate: float = 1e-3
    warmup: int = 100
    decay: float = 0.35
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 0.01
    ema: float = 0.999
    clip: float = 1.0

    def rate(self, step: int) -> float:
        left = (self.steps - step) / max(1.0, self.decay * self.steps)
        return self.learning_rate * min(1.0, (step + 1) / self.warmup) * max(0.02, min(1.0, left))


class Trainer:
    """Steps one module and keeps its running average.

    `loss(step)` returns (total, {name: figure}); it draws its own batch from a generator seeded by the step, so a
    resumed run sees the batches that an uninterrupted one would. Checkpoints (`model`, `ema`, `optimiser` as
    safetensors, `state.json`) are written to a temporary name and renamed, every `save_minutes` and at the end.
    """

    def __init__(self, model: nn.Module, schedule: Schedule, out: Path, resume: bool = False, precision: str = "bf16"):
        self.schedule, self.out = schedule, Path(out)
        # accelerate keeps one precision for a whole process; here each training has its own.
        AcceleratorState._reset_state()
        self.accelerator = Accelerator(mixed_precision=precision)
        self.raw = model
        trained = [p for p in model.parameters() if p.requires_grad]
        optimiser = torch.optim.AdamW(
            trained, schedule.learning_rate, betas=schedule.betas, weight_decay=schedule.weight_decay
        )
        self.average = {k: v.detach().clone().float() for k, v in model.state_dict().items()}
        self.model, self.optimiser = self.accelerator.prepare(model, optimiser)
        self.step, self.log = 0, []
        if resume and (self.out / "state.json").is_file():
            self._resume()

    def fit(
        self,
        loss: Callable[[int], tuple[torch.Tensor, dict[str, float]]],
        evaluate: Callable[[], dict[str, float]] | None = None,
        log_every: int = 100,
        evaluate_every: int = 1000,
        save_minutes: float = 4.0,
    ) -> None:
        """Run to `schedule.steps`. `evaluate` is called with the averaged weights in place."""
        self.out.mkdir(parents=True, exist_ok=True)
        started, saved, sums = time.time(), time.time(), {}
        parameters = [p for group in self.optimiser.param_groups for p in group["params"]]
        self.raw.train()
        while self.step < self.schedule.steps:
            for group in self.optimiser.param_groups:
                group["lr"] = self.schedule.rate(self.step)
            with self.accelerator.autocast():
                total, figures = loss(self.step)
            self.accelerator.backward(total)
            nn.utils.clip_grad_norm_(parameters, self.schedule.clip)
            self.optimiser.step()
            self.optimiser.zero_grad(set_to_none=True)
            self.step += 1
            self._average()
            for name, value in figures.items():
                sums[name] = sums.get(name, 0.0) + value / log_every
            if self.step % log_every == 0:
                self._write(sums | {"minutes": (time.time() - started) / 60, "rate": self.schedule.rate(self.step)})
                sums = {}
            if evaluate and (self.step % evaluate_every == 0 or self.step == self.schedule.steps):
                with self.averaged():
                    self._write({f"held_out_{k}": v for k, v in evaluate().items()})
            if time.time() - saved > 60 * save_minutes:
                self.save()
                saved = time.time()
        self.save()

    def averaged(self) -> _Averaged:
        """Context in which the module carries its averaged weights and is in eval mode."""
        return _Averaged(self)

    @torch.no_grad()
    def _average(self) -> None:
        keep = min(self.schedule.ema, (1 + self.step) / (10 + self.step))
        for name, value in self.raw.state_dict().items():
            if value.is_floating_point():
                self.average[name].lerp_(value.float(), 1 - keep)
            else:
                self.average[name].copy_(value)

    def _write(self, figures: dict[str, float]) -> None:
        line = {"step": self.step} | {k: round(float(v), 5) for k, v in figures.items()}
        self.log.append(line)
        print(json.dumps(line), flush=True)

    def save(self) -> None:
        """Write everything that a later run needs to go on."""
        moments = {}
        for i, state in self.optimiser.state_dict()["state"].items():
            for name, value in state.items():
                moments[f"{i}.{name}"] = torch.as_tensor(value).clone().contiguous()
        for name, tensors in (("model", self.raw.state_dict()), ("ema", self.average), ("optimiser", moments)):
            _replace(self.out / f"{name}.safetensors", lambda p, t=tensors: save_file(_unshared(t), p))
        state = {"step": self.step, "schedule": asdict(self.schedule), "log": self.log}
        _replace(self.out / "state.json", lambda p: p.write_text(json.dumps(state)))

    def _resume(self) -> None:
        try:
            state = json.loads((self.out / "state.json").read_text())
            self.raw.load_state_dict(load_file(self.out / "model.safetensors"))
            self.average = load_file(self.out / "ema.safetensors")
            moments = load_file(self.out / "optimiser.safetensors")
        except Exception as error:
            raise WeightsMissing(f"{self.out} holds no run that can be resumed ({error}).") from error
        packed: dict[int, dict] = {}
        for key, value in moments.items():
            index, name = key.split(".", 1)
            packed.setdefault(int(index), {})[name] = value
        groups = self.optimiser.state_dict()["param_groups"]
        self.optimiser.load_state_dict({"state": packed, "param_groups": groups})
        self.step, self.log = state["step"], state["log"]


class _Averaged:
    def __init__(self, trainer: Trainer):
        self.trainer = trainer

    def __enter__(self):
        raw = self.trainer.raw
        self.kept = {k: v.detach().clone() for k, v in raw.state_dict().items()}
        raw.load_state_dict(self.trainer.average)
        raw.eval()
        return raw

    def __exit__(self, *_):
        self.trainer.raw.load_state_dict(self.kept)
        self.trainer.raw.train()


def _unshared(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {k: v.detach().clone().contiguous() for k, v in tensors.items()}


def _replace(path: Path, write: Callable[[Path], object]) -> None:
    part = path.with_name(path.name + ".part")
    write(part)
    os.replace(part, path)
