"""The rows of the tables: which audio is scored, and what a model is given to generate it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from a2s.training.ablations import ABLATIONS


@dataclass(frozen=True)
class Experiment:
    """One way to obtain the audio of every test clip.

    source: "truth"; "action", its action stem; "pool", a retrieved window; "coded" and "pool-coded", truth and pool
    through VAE and vocoder; "generated".
    condition: the ambient condition of generated audio, or the window of the pool. "retrieved" (nearest to the video,
    of the first `pool` windows), "random", "neighbour" (the same video), "low" (the low-ambient clip of the bank),
    "bank" (as `a2s dub` retrieves it), "zero" (a latent of zeros).
    cues: "automatic" or "true". model: name of an ablation, "" for the evaluated model. vocoder: "" for the model's,
    or "griffin-lim". steps, guidance_scale, fps: None for the defaults.
    """

    name: str
    title: str
    source: str = "generated"
    condition: str = "retrieved"
    cues: str = "automatic"
    model: str = ""
    pool: int | None = None
    vocoder: str = ""
    steps: int | None = None
    guidance_scale: float | None = None
    fps: float | None = None


TRUTH = Experiment("truth", "ground truth", "truth")

MAIN_EXPERIMENTS = (
    TRUTH,
    Experiment("action", "true action stem", "action"),
    Experiment("coded", "ground truth through VAE and vocoder", "coded"),
    Experiment("retrieval", "retrieval only", "pool"),
    Experiment("retrieval-coded", "retrieval only, through VAE and vocoder", "pool-coded"),
    Experiment("random-retrieval", "random retrieval", "pool", "random"),
    Experiment("av-ldm", "AV-LDM, retrieved condition"),
    Experiment("av-ldm-neighbour", "AV-LDM, neighbour as condition", condition="neighbour"),
    Experiment("av-ldm-low", "AV-LDM, low-ambient condition", condition="low"),
    Experiment("av-ldm-bank", "AV-LDM, condition from the shipped bank", condition="bank"),
    Experiment("av-ldm-random", "AV-LDM, random condition", condition="random"),
    Experiment("av-ldm-zero", "AV-LDM, zero condition", condition="zero"),
    Experiment("griffin-lim", "AV-LDM, Griffin-Lim as vocoder", vocoder="griffin-lim"),
    Experiment("pool-100", "AV-LDM, retrieval pool of 100", pool=100),
    Experiment("pool-1000", "AV-LDM, retrieval pool of 1 000", pool=1000),
)

_TITLES = {
    "full": "AV-LDM",
    "no-neighbour": "without neighbour condition",
    "denoised": "without condition, denoised training",
    "diff-foley": "Diff-Foley-like",
}
ABLATION_EXPERIMENTS = (
    *(
        Experiment(
            f"short-{name}", f"{_TITLES[name]} (short)", model=name, condition="retrieved" if a.neighbour else "zero"
        )
        for name, a in ABLATIONS.items()
    ),
    Experiment("short-neighbour", "AV-LDM, neighbour as condition (short)", model="full", condition="neighbour"),
)
"""Models with the same short training each, see `a2s.training.ablations`. The last does not depend on retrieval."""


def with_true_cues(experiments: tuple[Experiment, ...]) -> tuple[Experiment, ...]:
    """The experiments with cues, given the true ones: the result of a creator who writes the cues."""
    generated = [each for each in experiments if each.source == "generated" and each.cues == "automatic"]
    return tuple(
        replace(each, name=f"{each.name}+cues", title=f"{each.title}, true cues", cues="true")
        for each in generated
        if not each.model or ABLATIONS[each.model].cues
    )


_TRUE_CUES = ("av-ldm", "av-ldm-neighbour", "av-ldm-low", "av-ldm-zero", "griffin-lim")
TRUE_CUE_EXPERIMENTS = with_true_cues(
    tuple(each for each in MAIN_EXPERIMENTS if each.name in _TRUE_CUES) + ABLATION_EXPERIMENTS
)

STEPS = tuple(Experiment(f"steps-{n}", f"{n} steps", cues="true", steps=n) for n in (4, 8, 12, 16, 25, 50))
GUIDANCE = tuple(
    Experiment(f"guidance-{g:g}", f"guidance {g:g}", cues="true", guidance_scale=g)
    for g in (1.0, 1.5, 2.5, 4.0, 6.5, 10.0)
)
FRAME_RATES = tuple(Experiment(f"fps-{n}", f"{n} frames per second", fps=n) for n in (4, 8, 12, 24))
SWEEPS = {"steps": STEPS, "guidance": GUIDANCE, "frame rate": FRAME_RATES}
"""Each varies one setting alone."""

EXPERIMENTS = {each.name: each for each in (*MAIN_EXPERIMENTS, *ABLATION_EXPERIMENTS, *TRUE_CUE_EXPERIMENTS)}
"""The rows of the tables, by name."""
