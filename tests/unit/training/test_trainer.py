"""The training loop: it learns, it resumes where it stopped, it leaves nothing half-written."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from a2s.errors import WeightsMissing
from a2s.training.trainer import Schedule, Trainer


def line(trainer_model: nn.Linear):
    def loss(step: int):
        x = torch.randn(32, 1, generator=torch.Generator().manual_seed(step))
        value = (trainer_model(x).float() - (3 * x + 1)).square().mean()
        return value, {"mse": value.item()}

    return loss


def run(out, steps: int, resume: bool = False, seed: int = 0):
    torch.manual_seed(seed)
    model = nn.Linear(1, 1)
    trainer = Trainer(model, Schedule(steps, 0.05, warmup=5), out, resume, precision="no")
    trainer.fit(line(model), log_every=10)
    return trainer


def test_learns_a_line(tmp_path):
    trainer = run(tmp_path, 300)
    assert trainer.raw.weight.item() == pytest.approx(3, abs=0.1)
    assert trainer.log[-1]["mse"] < trainer.log[0]["mse"] / 10
    assert not list(tmp_path.glob("*.part"))


def test_resumed_run_goes_on_exactly(tmp_path):
    whole = run(tmp_path / "whole", 40)
    torch.manual_seed(0)
    model = nn.Linear(1, 1)
    first = Trainer(model, Schedule(40, 0.05, warmup=5), tmp_path / "parts", precision="no")

    class Killed(Exception):
        pass

    steps = line(model)

    def until_20(step):
        if step == 20:
            first.save()
            raise Killed
        return steps(step)

    with pytest.raises(Killed):
        first.fit(until_20, log_every=10)
    second = run(tmp_path / "parts", 40, resume=True, seed=5)
    assert torch.equal(second.raw.weight, whole.raw.weight)
    assert torch.equal(second.average["bias"], whole.average["bias"])
    assert [row["step"] for row in second.log] == [10, 20, 30, 40]


@pytest.mark.parametrize("precision", ["bf16", "no", "bf16"])
def test_trainings_of_one_process_may_differ_in_precision(tmp_path, precision):
    trainer = Trainer(nn.Linear(1, 1), Schedule(1), tmp_path, precision=precision)
    with trainer.accelerator.autocast():
        assert torch.is_autocast_enabled("cpu") == (precision == "bf16")


def test_damaged_run_is_named(tmp_path):
    run(tmp_path, 10)
    (tmp_path / "ema.safetensors").write_bytes(b"nonsense")
    with pytest.raises(WeightsMissing, match="no run that can be resumed"):
        run(tmp_path, 20, resume=True)


def test_rate_warms_up_holds_and_decays():
    schedule = Schedule(1000, 1e-3, warmup=100, decay=0.35)
    assert schedule.rate(0) == pytest.approx(1e-5)
    assert schedule.rate(400) == pytest.approx(1e-3)
    assert schedule.rate(999) == pytest.approx(2e-5, rel=0.5)
