"""The report of an evaluation: report.md to read, report.json with all figures, and plots.

Each section is a function of the figures of one suite. `COLUMNS` are the columns of the tables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from a2s.evaluation import figures as plots
from a2s.evaluation.cache import without_numpy
from a2s.evaluation.examples import RANKED_BY, Example
from a2s.evaluation.expectations import check_expectations
from a2s.evaluation.experiments import ABLATION_EXPERIMENTS, MAIN_EXPERIMENTS, TRUE_CUE_EXPERIMENTS
from a2s.evaluation.statistics import Figures
from a2s.evaluation.suites.faiss_scale import faiss_table
from a2s.evaluation.suites.tables import CUES_ALONE, RETRIEVAL
from a2s.io import atomic_file, write_json


def write_report(report: Figures, out: Path, examples: Sequence[Example] = ()) -> None:
    """Write `report.json`, `report.md` and the plots into the folder `out`. Raises CannotWrite.

    report: name of the model, data set, number of clips, seed, and the figures of each suite by name.
    """
    lines = [f"# Evaluation of {Path(report['model']).name}", ""]
    if "videos" in report:
        lines += [
            f"{report['clips']} windows of 3 s of {report['videos']} videos from {Path(report['data']).name} (plans "
            f"{report['data_digest']}), drawn with seed {report['seed']}. The figures are valid if no part of the",
            "model was trained on these videos. Brackets hold 95 % intervals over clips.",
            "",
        ]
    for name, section in SECTIONS.items():
        if name in report:
            lines += section(report[name], out) + [""]
            if name == "tables" and examples:
                lines += _examples(report[name], examples) + [""]
    write_json(out / "report.json", report, default=without_numpy)
    with atomic_file(out / "report.md") as part:
        part.write_text("\n".join(lines), "utf-8")


# ---------------------------------------------------------------------- tables


@dataclass(frozen=True)
class Column:
    """A column of the tables. cell: its text from the figures of one experiment; "-" where they are missing."""

    title: str
    cell: Callable[[Figures], str]


def estimate(figure: Figures | None, scale: float = 1, digits: int = 2, key: str = "value") -> str:
    """A value with its interval, as text; "-" without a value."""
    if not figure or figure.get(key) is None:
        return "-"
    text = f"{scale * figure[key]:.{digits}f}"
    if figure.get("interval"):
        low, high = (f"{scale * x:.{digits}f}" for x in figure["interval"])
        text += f" [{low}, {high}]"
    return text


def _onset_cell(figures: Figures) -> str:
    at = figures["onsets"]
    return f"{at['50ms']['f1']:.2f} / **{estimate(at['100ms'], key='f1')}** / {at['150ms']['f1']:.2f}"


def _part(figures: Figures, metric: str, name: str) -> Figures | None:
    return (figures.get(metric) or {}).get(name)


COLUMNS = (
    Column("sync %", lambda f: estimate(f.get("sync"), 100, 0)),
    Column("F1 50 / 100 / 150 ms", _onset_cell),
    Column("chance", lambda f: f"{f['onsets']['100ms']['chance']:.2f}"),
    Column("action", lambda f: estimate(f["classes"]["action"])),
    Column("material", lambda f: estimate(f["classes"]["material"])),
    Column("picture %", lambda f: estimate(_part(f, "similarity", "wins"), 100, 0)),
    Column("place %", lambda f: estimate(f.get("place"), 100, 0)),
    Column("ambient dB", lambda f: estimate(_part(f, "ambience", "level_db"), digits=1)),
    Column("error dB", lambda f: estimate(_part(f, "ambience", "error_db"), digits=1)),
    Column("residual dB", lambda f: estimate(_part(f, "residual", "ratio"), digits=1)),
)
"""Columns after the title and one FAD per embedding."""


def score_table(experiments: Mapping[str, Figures]) -> list[str]:
    """A markdown table with a line per experiment."""
    embeddings = next(iter(experiments.values())).get("fad", {})
    distances = [Column(f"FAD {name}", partial(_fad_cell, name)) for name in embeddings]
    columns = [Column("", lambda f: f["title"]), *distances, *COLUMNS]
    lines = ["| " + " | ".join(column.title for column in columns) + " |", "|" + "---|" * len(columns)]
    return lines + ["| " + " | ".join(column.cell(f) for column in columns) + " |" for f in experiments.values()]


def _fad_cell(embedding: str, figures: Figures) -> str:
    return estimate((_part(figures, "fad", embedding) or {}).get("infinity"), digits=3)


def _tables(figures: Figures, out: Path) -> list[str]:
    lines = ["## Tables", "", *_legend(figures)]
    sections = (
        ("Automatic cues", [each.name for each in MAIN_EXPERIMENTS] + [CUES_ALONE]),
        ("Short training of each, automatic cues", [each.name for each in ABLATION_EXPERIMENTS]),
        ("True cues", ["truth"] + [each.name for each in TRUE_CUE_EXPERIMENTS]),
    )
    for title, names in sections:
        if any(name in figures for name in names if name != "truth"):
            lines += ["", f"### {title}", "", *score_table({name: figures[name] for name in names if name in figures})]
    lines += ["", "### Expectations", "", *check_expectations(figures)]
    if RETRIEVAL in figures:
        found = figures[RETRIEVAL]
        lines += [
            "",
            f"Retrieval returns {found['distinct']} different windows of a pool of {found['pool']}. Their ambience has",
            f"the clip's kind in {estimate(found['kind'], 100, 0)} % (random {100 * found['kind']['random']:.0f}).",
        ]
    return lines


def _legend(figures: Figures) -> list[str]:
    """What the columns mean."""
    truth = figures["truth"]
    sync = " Sync: share of clips that a trained judge classifies as in sync." if truth["sync"] else ""
    place = truth.get("place")
    random = f"(random {100 * place['random']:.0f})" if place else ""
    places = f" Place: share of clips with the true kind of ambience, by a judge {random}." if place else ""
    return [
        "FAD: Frechet distance to true audio of other windows, extrapolated to infinitely many clips; the distance of",
        f"the ground truth is the floor.{sync} Onset F1 at 50 / 100 / 150 ms, with the chance level by circular shifts",
        "(100 ms). Action, material: share of events whose class a judge recognises. Picture: share of other clips'",
        "audio that is less similar to the picture than the clip's own, by the evaluated AV-Sim, in % (chance 50).",
        "Ambient: level of the quietest half second; error: its difference from the level of the true clip. Residual:",
        f"level where the true action is silent, against the level at its events; lower means less ambience.{places}",
    ]


def _examples(figures: Figures, examples: Sequence[Example]) -> list[str]:
    listed = ", ".join(f"`sounds/{each.clip:03d}-*.flac` (F1 {each.f1:.2f})" for each in examples)
    outliers = {name: [i for i, _ in each.get("outliers", [])] for name, each in figures[RANKED_BY]["fad"].items()}
    return [
        "### Median and worst clips",
        "",
        f"Two clips at the median and the three worst by onset F1: {listed}.",
        "",
        "![panels](plots/panels.png)",
        "",
        "Clips furthest from true audio: "
        + "; ".join(f"by {name} {', '.join(map(str, clips))}" for name, clips in outliers.items()),
    ]


# ---------------------------------------------------------------------- other suites


def _sweeps(figures: Figures, out: Path) -> list[str]:
    _save_plot(plots.sweep_figure(figures), out, "sweeps")
    lines = ["## Steps, guidance, frame rate", "", "![sweeps](plots/sweeps.png)"]
    for name, rows in figures.items():
        base = next(iter(rows.values()))["seconds"] or 1
        lines += ["", f"### {name}", "", *score_table(rows)]
        times = (f"{row['title']} {row['seconds']:.2f} s ({row['seconds'] / base:.1f}x)" for row in rows.values())
        lines += ["", "Processor time per clip: " + ", ".join(times)] if name == "steps" else []
    return lines


def _coding(figures: Figures, out: Path) -> list[str]:
    vae, lines = figures["vae"], ["## Coding without the denoiser", ""]
    error = estimate(vae["log_mel_l1_db"])
    lines += [f"- VAE: log-mel L1 {error} dB; VAE and vocoder lose {vae['onset_f1_lost']} of onset F1"]
    for name, group in figures["vocoder"].items():
        lower = f"{100 * group['below_griffin_lim']:.1f}"
        lines += [
            f"- Vocoder on {name}: multi-resolution STFT distance {estimate(group['vocoder'], digits=3)}, "
            f"{lower} % below Griffin-Lim with 60 iterations, {estimate(group['griffin_lim'], digits=3)}"
        ]
    return lines


def _ambience(figures: Figures, out: Path) -> list[str]:
    swap, amount = figures["swap"], figures["amount"]
    lines = [
        "## Ambience",
        "",
        f"- Swapped condition: the level follows the new one, Spearman {swap['level_spearman_with_swapped']} (own",
        f"  ambience {swap['level_spearman_with_own']}); onset F1 changes by {swap['onset_f1_change']}",
    ]
    if not amount["clips"]:
        return lines
    _save_plot(plots.amount_figure(amount), out, "amount")
    return lines + [
        f"- Amount, nine steps: Spearman {amount['spearman_of_mean']}, range {amount['range_db']} dB (requested",
        f"  {amount['true_range_db']}), largest deviation from even steps {amount['max_deviation_from_even_db']} dB;",
        f"  range of onset F1 {amount['onset_f1_range']} (true action over the same ambiences",
        f"  {amount['true_onset_f1_range']})",
        "",
        "![amount](plots/amount.png)",
    ]


def _retrieval(figures: Figures, out: Path) -> list[str]:
    lines = [f"## Retrieval among {figures['videos']} test videos", "", "| | found | random |", "|---|---|---|"]
    rows = ((name, figure) for name, figure in figures.items() if isinstance(figure, dict))
    return lines + [f"| {name.replace('_', ' ')} | {estimate(f)} | {f.get('random', '-')} |" for name, f in rows]


def _faiss(figures: Figures, out: Path) -> list[str]:
    return ["## Search in a million ambiences", "", faiss_table(figures)]


def _real(figures: Figures, out: Path) -> list[str]:
    lines = ["## Real clips", "", "| | clips | F1 at 100 ms | chance | z |", "|---|---|---|---|---|"]
    for name, tiers in figures["corpus"].items():
        tier = tiers.get("tier_A", tiers["all"])
        cells = [str(tier["clips"]), f"{tier['f1']:.2f}", f"{tier['chance']:.2f}", f"{tier['z']:.1f}"]
        lines.append(f"| {name.replace('_', ' ')} | " + " | ".join(cells) + " |")
    return lines


def _cues(figures: Figures, out: Path) -> list[str]:
    lines = ["## Detected cues of real clips", ""]
    lines += ["| | clips or cues | precision | recall | F1 at 100 ms | chance | z |", "|---|---|---|---|---|---|---|"]
    rows = {tier.replace("_", " "): row | {"n": row["clips"]} for tier, row in figures["times"].items()}
    for name, clip in figures["clips"].items():
        rows[f"{name}, tier {clip['tier']}, {clip['onsets']} onsets"] = clip | {"n": clip["cues"]}
    for name, row in rows.items():
        cells = [str(row["n"]), *(f"{row[key]:.2f}" for key in ("precision", "recall", "f1", "chance"))]
        lines.append(f"| {name} | " + " | ".join([*cells, f"{row['z']:.1f}"]) + " |")
    curve = figures["reliability"]
    lines += ["", "| confidence | cues | share right |", "|---|---|---|"]
    lines += [f"| {b['confidence']:.2f} | {b['cues']} | {b['right']:.2f} |" for b in curve["curve"]]
    lines += ["", f"Calibration error {curve['error']:.3f}, Brier score {curve['brier']:.3f}.", ""]
    for title in ("names", "place"):
        lines.append(f"{title}: " + ", ".join(f"{k.replace('_', ' ')} {v:.2f}" for k, v in figures[title].items()))
    return lines


def _save_plot(figure: plots.Figure, out: Path, name: str) -> None:
    (out / "plots").mkdir(exist_ok=True)
    plots.save_figure(figure, out / "plots" / f"{name}.png")


SECTIONS: dict[str, Callable[[Figures, Path], list[str]]] = {
    "tables": _tables,
    "sweeps": _sweeps,
    "coding": _coding,
    "ambience": _ambience,
    "retrieval": _retrieval,
    "faiss": _faiss,
    "real": _real,
    "cues": _cues,
}
"""Section of each suite, in the order of the report."""
