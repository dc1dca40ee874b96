"""The sampler against the authors', on a toy network and on the golden UNet."""

from __future__ import annotations

import pytest
import torch
from diffusers import DDIMScheduler, DPMSolverMultistepScheduler, UNet2DConditionModel

from a2s.pipelines.official_size import GUIDANCE_SCALE, UNET, official_solver
from tests.unit.official import goldens, names
from tests.unit.official.goldens import LATENT, MODULE, arrays, config, error, weights


def toy(x, t, context):
    mean = context.mean((1, 2))[:, None, None, None]
    return 0.6 * x + 0.5 * torch.sin(2 * x + 3 * mean) + 0.1 * torch.cos(3.14159274 * t / 1000) + 0.3 * mean


def sample(solver, steps, network, x, context):
    """The finished latent, and what the network was shown at each step."""
    solver.set_timesteps(steps)
    null, shown = torch.zeros_like(context), []
    for t in solver.timesteps:
        shown.append(x)
        without, with_it = network(torch.cat([x, x]), t, torch.cat([null, context])).chunk(2)
        x = solver.step(without + GUIDANCE_SCALE * (with_it - without), t, x).prev_sample
    return x, torch.stack(shown)


def test_schedule():
    golden, solver = arrays("sampler/io"), official_solver()
    assert error(solver.betas, golden["betas"]) < 1e-6
    assert error(solver.alphas_cumprod, golden["alphas_cumprod"]) < 1e-6


@pytest.mark.parametrize("steps", [25, 20, 10, 2])
def test_toy(steps):
    golden, solver = arrays("sampler/io"), official_solver()
    made, shown = sample(solver, steps, toy, golden["x_T"], golden["cond"])
    assert error(solver.timesteps, golden[f"toy{steps}_t"]) < 1e-6
    last = golden[f"toy{steps}_x"]  # of all steps, or of the last
    assert error(shown[-len(last) :], last) < MODULE
    assert error(made, golden[f"toy{steps}_final"]) < MODULE


@pytest.mark.parametrize("steps", [25, 4])
def test_unet(steps):
    golden = arrays("sampler/io")
    unet = UNet2DConditionModel(**(UNET | goldens.unet_config(config("unet/config")))).eval()
    unet.load_state_dict(names.unet(weights("unet/weights"), unet.config))

    def network(x, t, context):
        return unet(x, t, encoder_hidden_states=context).sample

    with torch.inference_mode():
        first = network(golden["x_T"].repeat(2, 1, 1, 1), torch.tensor(999.0), twice(golden["cond"]))
        made, shown = sample(official_solver(), steps, network, golden["x_T"], golden["cond"])
    assert error(first, golden[f"unet{steps}_eps0"]) < MODULE
    assert error(shown, golden[f"unet{steps}_x"]) < LATENT
    assert error(made, golden[f"unet{steps}_final"]) < LATENT


def twice(context):
    return torch.cat([torch.zeros_like(context), context])


def test_rounded_times_differ_from_the_authors():
    golden = arrays("sampler/io")
    rounded = DPMSolverMultistepScheduler.from_config(official_solver().config)
    made, _ = sample(rounded, 10, toy, golden["x_T"], golden["cond"])
    assert error(made, golden["toy10_final"]) > 5e-4


def test_other_solvers_accept_its_configuration(tmp_path):
    solver = official_solver()
    solver.save_pretrained(tmp_path)
    again = type(solver).from_pretrained(tmp_path)
    other = DDIMScheduler.from_config(again.config)
    assert torch.allclose(other.alphas_cumprod, solver.alphas_cumprod)
