"""The training loop: it learns, resumes exactly, averages weights, and writes files atomically."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from a2s.errors import WeightsMissing
from a2s.training.trainer import Schedule, Trainer


def line_loss(model: nn.Module):
    def loss(step: int):
        x = torch.randn(32, 1, generator=torch.Generator().manual_seed(step))
        value = (model(x).float() - (3 * x + 1)).square().mean()
        return value, {"mse": value.item()}

    return loss


def run(out, steps: int, resume: bool = False, seed: int = 0):
    torch.manual_seed(seed)
    model = nn.Linear(1, 1)
    trainer = Trainer(model, Schedule(steps, 0.05, warmup=5), out, resume, precision="no")
    trainer.fit(line_loss(model), log_every=10)
    return trainer


def test_learns_a_line(tmp_path):
    trainer = run(tmp_path, 300)
    assert trainer.raw.weight.item() == pytest.approx(3, abs=0.1)
    assert trainer.log[-1]["mse"] < trainer.log[0]["mse"] / 10
    assert not list(tmp_path.glob("*.part"))


def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path):
    whole = run(tmp_path / "whole", 40)
    torch.manual_seed(0)
    model = nn.Linear(1, 1)
    first = Trainer(model, Schedule(40, 0.05, warmup=5), tmp_path / "parts", precision="no")

    class Killed(Exception):
        pass

    loss = line_loss(model)

    def until_20(step):
        if step == 20:
            first.save()
            raise Killed
        return loss(step)

    with pytest.raises(Killed):
        first.fit(until_20, log_every=10)
    second = run(tmp_path / "parts", 40, resume=True, seed=5)
    assert torch.equal(second.raw.weight, whole.raw.weight)
    assert [row["step"] for row in second.log] == [10, 20, 30, 40]
    assert [row["rate"] for row in second.log] == [row["rate"] for row in whole.log]
    with second.averaged() as resumed, whole.averaged() as uninterrupted:
        assert torch.equal(resumed.bias, uninterrupted.bias)


def test_the_average_follows_weights_and_running_statistics(tmp_path):
    """Decay at update n is min(ema, (1 + n) / (10 + n)), for weights and for buffers of batch norms."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(1, 2), nn.BatchNorm1d(2), nn.Linear(2, 1))
    trainer = Trainer(model, Schedule(12, 0.05, warmup=2, ema=0.5), tmp_path, precision="no")
    expected = {name: value.clone() for name, value in model.state_dict().items()}
    loss = line_loss(model)

    def watched(step):
        if step:
            update(step)
        return loss(step)

    def update(step):
        for name, value in model.state_dict().items():
            decay = min(0.5, (1 + step) / (10 + step)) if value.is_floating_point() else 0.0
            expected[name] = (decay * expected[name] + (1 - decay) * value).to(value.dtype)

    trainer.fit(watched)
    update(12)
    own = {name: value.clone() for name, value in model.state_dict().items()}
    with trainer.averaged() as averaged:
        assert not averaged.training
        for name, value in averaged.state_dict().items():
            assert torch.allclose(value, expected[name], atol=1e-6), name
    assert model.training and all(torch.equal(value, own[name]) for name, value in model.state_dict().items())


@pytest.mark.parametrize("precision", ["bf16", "no", "bf16"])
def test_trainings_of_one_process_may_differ_in_precision(tmp_path, precision):
    trainer = Trainer(nn.Linear(1, 1), Schedule(1), tmp_path, precision=precision)
    with trainer.accelerator.autocast():
        assert torch.is_autocast_enabled("cpu") == (precision == "bf16")


def test_a_damaged_run_is_named(tmp_path):
    run(tmp_path, 10)
    (tmp_path / "ema.safetensors").write_bytes(b"nonsense")
    with pytest.raises(WeightsMissing, match="cannot be resumed"):
        run(tmp_path, 20, resume=True)


@pytest.mark.parametrize(("steps", "warmup", "decay"), [(1000, 100, 0.35), (400, 60, 0.6)])
def test_the_learning_rate_warms_up_holds_and_decays(steps, warmup, decay):
    """The curve is linear warm-up times linear decay to 2 %, within 2 % of the peak."""
    schedule = Schedule(steps, 1e-3, warmup=warmup, decay=decay)
    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], 1.0)
    rates = schedule.attach(optimiser)
    for step in range(steps):
        left = (steps - step) / (decay * steps)
        expected = 1e-3 * min(1.0, (step + 1) / warmup) * max(0.02, min(1.0, left))
        assert optimiser.param_groups[0]["lr"] == pytest.approx(expected, abs=2.1e-5), step
        optimiser.step()
        rates.step()


@pytest.mark.parametrize("steps", [1, 2, 30])
def test_a_run_shorter_than_the_warm_up_learns_in_every_step(steps):
    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], 1.0)
    rates = Schedule(steps, 1e-3).attach(optimiser)
    for _ in range(steps):
        assert 1e-5 < optimiser.param_groups[0]["lr"] <= 1e-3
        optimiser.step()
        rates.step()
