"""One training loop for every model: accelerate, warm-up / hold / decay, averaged weights, resumable checkpoints."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from safetensors.torch import load_file, save_file
from torch import nn
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.swa_utils import AveragedModel
from transformers.optimization import get_wsd_schedule

from a2s.errors import WeightsMissing
from a2s.io import atomic_file, write_json

FINAL_RATE = 0.02
"""The learning rate at the last step, as a share of its peak."""

Loss = Callable[[int], tuple[torch.Tensor, dict[str, float]]]
"""Takes the step's number and returns (total loss, {name: figure})."""


@dataclass(frozen=True)
class Schedule:
    """The optimiser (AdamW) and its learning rate.

    steps: optimiser steps in all. learning_rate: peak, reached after `warmup` steps and held; over the last `decay`
    share of the steps it falls linearly to 2 %. ema: decay of the averaged weights. clip: largest gradient norm.
    """

    steps: int
    learning_rate: float = 1e-3
    warmup: int = 100
    decay: float = 0.35
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 0.01
    ema: float = 0.999
    clip: float = 1.0

    def attach(self, optimiser: torch.optim.Optimizer, step: int = 0) -> LambdaLR:
        """The schedule of `optimiser`, at `step`."""
        for group in optimiser.param_groups:
            group["initial_lr"] = self.learning_rate
        decay = round(self.decay * self.steps)
        return get_wsd_schedule(
            optimiser,
            num_warmup_steps=min(self.warmup, self.steps - decay),
            num_decay_steps=decay,
            num_training_steps=self.steps,
            decay_type="linear",
            min_lr_ratio=FINAL_RATE,
            last_epoch=step - 1,
        )


class Trainer:
    """Trains one module and keeps an exponential moving average of its weights.

    Every step draws its own batch from a generator seeded by the step, so a resumed run sees the same batches as an
    uninterrupted one. Checkpoints (`model`, `ema`, `optimiser` as safetensors, and `state.json`) are written
    atomically. The average is torch's `AveragedModel`: it also averages the running statistics of batch norms, which
    `diffusers.training_utils.EMAModel` copies.
    """

    def __init__(
        self, model: nn.Module, schedule: Schedule, out: Path, resume: bool = False, precision: str = "bf16"
    ) -> None:
        self.schedule, self.out = schedule, Path(out)
        # accelerate allows one precision per process; here each training has its own.
        AcceleratorState._reset_state()
        self.accelerator = Accelerator(mixed_precision=precision)
        self.raw = model
        self.average = AveragedModel(model, avg_fn=_averaging(schedule.ema), use_buffers=True)
        self.parameters = [p for p in model.parameters() if p.requires_grad]
        optimiser = torch.optim.AdamW(
            self.parameters, schedule.learning_rate, betas=schedule.betas, weight_decay=schedule.weight_decay
        )
        self.model, self.optimiser = self.accelerator.prepare(model, optimiser)
        self.step = 0
        self.log: list[dict[str, float]] = []
        if resume and (self.out / "state.json").is_file():
            self._resume()
        self.average.n_averaged.fill_(1 + self.step)
        self.rates = schedule.attach(optimiser, self.step)

    def fit(
        self,
        loss: Loss,
        evaluate: Callable[[], dict[str, float]] | None = None,
        log_every: int = 100,
        evaluate_every: int = 1000,
        save_minutes: float = 4.0,
    ) -> None:
        """Train up to `schedule.steps` and save. The averaged weights are in the module when `evaluate` is called."""
        self.out.mkdir(parents=True, exist_ok=True)
        started = saved = time.monotonic()
        sums: dict[str, float] = {}
        self.raw.train()
        while self.step < self.schedule.steps:
            figures = self._train_step(loss)
            for name, value in figures.items():
                sums[name] = sums.get(name, 0.0) + value / log_every
            if self.step % log_every == 0:
                minutes = (time.monotonic() - started) / 60
                self._write(sums | {"minutes": minutes, "rate": self.optimiser.param_groups[0]["lr"]})
                sums = {}
            if evaluate and (self.step % evaluate_every == 0 or self.step == self.schedule.steps):
                with self.averaged():
                    self._write({f"held_out_{k}": v for k, v in evaluate().items()})
            if time.monotonic() - saved > 60 * save_minutes:
                self.save()
                saved = time.monotonic()
        self.save()

    def _train_step(self, loss: Loss) -> dict[str, float]:
        with self.accelerator.autocast():
            total, figures = loss(self.step)
        self.accelerator.backward(total)
        nn.utils.clip_grad_norm_(self.parameters, self.schedule.clip)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.rates.step()
        self.step += 1
        self.average.update_parameters(self.raw)
        return figures

    @contextmanager
    def averaged(self) -> Iterator[nn.Module]:
        """The module in eval mode with its averaged weights; afterwards it trains on with its own."""
        current = _copies(self.raw.state_dict())
        self.raw.load_state_dict(self.average.module.state_dict())
        self.raw.eval()
        try:
            yield self.raw
        finally:
            self.raw.load_state_dict(current)
            self.raw.train()

    def _write(self, figures: dict[str, float]) -> None:
        line: dict[str, float] = {"step": self.step} | {k: round(float(v), 5) for k, v in figures.items()}
        self.log.append(line)
        print(json.dumps(line), flush=True)

    def save(self) -> None:
        """Write everything that a resumed run needs."""
        moments = {
            f"{index}.{name}": torch.as_tensor(value)
            for index, state in self.optimiser.state_dict()["state"].items()
            for name, value in state.items()
        }
        parts = {"model": self.raw.state_dict(), "ema": self.average.module.state_dict(), "optimiser": moments}
        for name, tensors in parts.items():
            with atomic_file(self.out / f"{name}.safetensors") as part:
                save_file(_copies(tensors), part)
        state = {"step": self.step, "schedule": asdict(self.schedule), "log": self.log}
        write_json(self.out / "state.json", state, indent=None)

    def _resume(self) -> None:
        try:
            state = json.loads((self.out / "state.json").read_text("utf-8"))
            self.raw.load_state_dict(load_file(self.out / "model.safetensors"))
            self.average.module.load_state_dict(load_file(self.out / "ema.safetensors"))
            moments = load_file(self.out / "optimiser.safetensors")
        except Exception as error:
            raise WeightsMissing(f"The run in {self.out} cannot be resumed ({error}).") from error
        packed: dict[int, dict[str, torch.Tensor]] = {}
        for key, value in moments.items():
            index, name = key.split(".", 1)
            packed.setdefault(int(index), {})[name] = value
        groups = self.optimiser.state_dict()["param_groups"]
        self.optimiser.load_state_dict({"state": packed, "param_groups": groups})
        self.step, self.log = state["step"], state["log"]


def _averaging(decay: float) -> Callable[[torch.Tensor, torch.Tensor, torch.Tensor | int], torch.Tensor]:
    """The update of an average with warm-up: at update n its decay is at most (1 + n) / (10 + n)."""

    def update(average: torch.Tensor, current: torch.Tensor, updates: torch.Tensor | int) -> torch.Tensor:
        if not current.is_floating_point():
            return current
        n = int(updates)
        return torch.lerp(average, current, 1 - min(decay, (1 + n) / (10 + n)))

    return update


def _copies(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Contiguous copies that share no memory, as safetensors requires."""
    return {k: v.detach().clone().contiguous() for k, v in tensors.items()}
