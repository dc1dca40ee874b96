"""The rows of the exam's tables: what is heard, and what a model is given to make it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from a2s.training.ablations import ABLATIONS

SUITES = ("tables", "sweeps", "coding", "ambience", "retrieval", "faiss", "real")
"""The parts of an exam, in the order of the report."""


@dataclass(frozen=True)
class Experiment:
    """One way to get a sound for every clip.

    source: "truth", its "action" alone, "pool" (another world's sound), the first and the last through VAE and vocoder
    as "coded" and "pool-coded", or "made".
    condition: of a made sound, or which sound of the pool: "retrieved" (nearest to the look, of the first `pool`
    windows), "random", "neighbour" (the same video), "low" (the bank's low-ambient clip), "bank" (as a dub takes it),
    "zero" (a latent of zeros). cues: "machine" or "true". model: an ablation's name, "" is the examined one.
    steps, guidance_scale, fps: None is as it comes.
    """

    name: str
    title: str
    source: str = "made"
    condition: str = "retrieved"
    cues: str = "machine"
    model: str = ""
    pool: int | None = None
    vocoder: str = ""
    steps: int | None = None
    guidance_scale: float | None = None
    fps: float | None = None


TRUTH = Experiment("truth", "ground truth", "truth")

MAIN_EXPERIMENTS = (
    TRUTH,
    Experiment("action", "the true action alone", "action"),
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
    Experiment("griffin-lim", "AV-LDM, Griffin-Lim for the vocoder", vocoder="griffin-lim"),
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
"""Each trained alike for a short time, see `a2s.training.ablations`. The last one does not depend on retrieval."""


def with_true_cues(rows: tuple[Experiment, ...]) -> tuple[Experiment, ...]:
    """Those rows that hear cues, given the true ones: what a creator gets who writes them."""
    made = [row for row in rows if row.source == "made" and row.cues == "machine"]
    return tuple(
        replace(row, name=f"{row.name}+cues", title=f"{row.title}, true cues", cues="true")
        for row in made
        if not row.model or ABLATIONS[row.model].cues
    )


TRUE_CUES = with_true_cues(
    tuple(
        row
        for row in MAIN_EXPERIMENTS
        if row.name in ("av-ldm", "av-ldm-neighbour", "av-ldm-low", "av-ldm-zero", "griffin-lim")
    )
    + ABLATION_EXPERIMENTS
)

STEPS = tuple(Experiment(f"steps-{n}", f"{n} steps", cues="true", steps=n) for n in (4, 8, 12, 16, 25, 50))
GUIDANCE = tuple(
    Experiment(f"guidance-{g:g}", f"guidance {g:g}", cues="true", guidance_scale=g)
    for g in (1.0, 1.5, 2.5, 4.0, 6.5, 10.0)
)
RATES = tuple(Experiment(f"fps-{n}", f"{n} frames a second", fps=n) for n in (4, 8, 12, 24))
SWEEPS = {"steps": STEPS, "guidance": GUIDANCE, "frame rate": RATES}
