"""The report of an exam: markdown for people, json for machines, plots, and clips to listen to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from a2s.evaluation import figures
from a2s.evaluation.expectations import check_expectations
from a2s.evaluation.experiments import ABLATION_EXPERIMENTS, MAIN_EXPERIMENTS, TRUE_CUES
from a2s.evaluation.generate import read_sounds
from a2s.evaluation.plan import sounds_file
from a2s.media.files import whole_file

if TYPE_CHECKING:
    from a2s.evaluation.runner import EvaluationRun

SHOWN = ("truth", "av-ldm", "av-ldm-low", "av-ldm+cues")
"""Rows whose spectrograms stand beside one another."""


def write_report(report: dict, exam: EvaluationRun) -> None:
    """Write `report.json`, `report.md`, and what they point to, into `exam.out`."""
    from a2s.evaluation.runner import plain

    out, lines = exam.out, [f"# Exam of {Path(report['model']).name}", ""]
    if "videos" in report:
        lines += [
            f"{report['clips']} windows of 3 s of {report['videos']} videos from {Path(exam.recipe.data).name} (plans "
            f"{exam.recipe.data_digest}), drawn with seed {report['seed']}. The figures mean something where no part",
            "of the model learned from these videos. In brackets: 95 % intervals over clips.",
            "",
        ]
    for name, write in WRITERS.items():
        if name in report:
            lines += write(report[name], exam) + [""]
    with whole_file(out / "report.json") as part:
        part.write_text(json.dumps(report, indent=1, default=plain) + "\n", "utf-8")
    with whole_file(out / "report.md") as part:
        part.write_text("\n".join(lines), "utf-8")


def _tables(rows: dict, exam: EvaluationRun) -> list[str]:
    lines = ["## Tables", "", *_explained(rows)]
    sections = (
        ("The machine finds the cues", [row.name for row in MAIN_EXPERIMENTS] + ["cues-alone"]),
        ("Trained alike for a short time, the machine's cues", [row.name for row in ABLATION_EXPERIMENTS]),
        ("True cues given", ["truth"] + [row.name for row in TRUE_CUES]),
    )
    for title, names in sections:
        if any(name in rows for name in names if name != "truth"):
            lines += ["", f"### {title}", "", *score_table({name: rows[name] for name in names if name in rows})]
    lines += ["", "### What was expected, and what came", "", *check_expectations(rows)]
    if "retrieved" in rows:
        found = rows["retrieved"]
        lines += [
            "",
            f"Retrieval takes {found['distinct']} different windows of a pool of {found['pool']}; their ambience is of",
            f"the clip's own kind in {spread(found['kind'], 100, 0)} % (random {100 * found['kind']['random']:.0f}).",
        ]
    return lines + _panels(rows, exam)


def _explained(rows: dict) -> list[str]:
    """What the columns are."""
    truth = rows["truth"]
    sync = " Sync: share of clips that a trained judge takes for in sync." if truth["sync"] else ""
    place = truth.get("place")
    random = f"(random {100 * place['random']:.0f})" if place else ""
    heard = f" Place: share of clips in which a judge hears the true kind of ambience {random}." if place else ""
    return [
        "FAD: Frechet distance to true sound of other windows, extrapolated to endlessly many clips; the ground",
        f"truth's own is the floor.{sync} Onset F1 at 50 / 100 / 150 ms, chance by circular shifts (100 ms).",
        "Action, material: share of events that a judge hears right, who learned from true sound of worlds of its own.",
        "Picture: how often the examined AV-Sim finds a clip's own sound closer to its picture than another clip's, in",
        "% (chance 50). Ambient: level of the quietest half second, and how far it is from the same clip's true one.",
        "Residual: level where the true action is silent against that at its events; the lower, the less of the place",
        f"is heard.{heard}",
    ]


def score_table(rows: dict[str, dict]) -> list[str]:
    """A markdown table, a line a row."""
    first = next(iter(rows.values()))
    embeddings = list(first.get("fad", {}))
    head = ["", *[f"FAD {name}" for name in embeddings], "sync %", "F1 50 / 100 / 150 ms", "chance"]
    head += ["action", "material", "picture %", "place %", "ambient dB", "off by dB", "residual dB"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return lines + ["| " + " | ".join(_cells(row, embeddings)) + " |" for row in rows.values()]


def _cells(row: dict, embeddings: list[str]) -> list[str]:
    f1 = [row[f"onsets_{ms}ms"] for ms in (50, 100, 150)]
    cells = [row["title"], *[_fad(row.get("fad", {}).get(name)) for name in embeddings]]
    cells += [spread(row.get("sync"), 100, 0), f"{f1[0]['f1']:.2f} / **{spread(f1[1], key='f1')}** / {f1[2]['f1']:.2f}"]
    cells += [f"{f1[1]['chance']:.2f}", *(spread(row["classes"][name]) for name in ("action", "material"))]
    if "similarity" not in row:
        return [*cells, "-", "-", "-", "-", "-"]
    cells += [spread(row["similarity"]["wins"], 100, 0), spread(row.get("place"), 100, 0)]
    cells += [spread(row["ambient"][name], digits=1) for name in ("db", "off")]
    return [*cells, spread(row["focus"]["ratio"], digits=1)]


def _fad(figure: dict | None) -> str:
    return spread((figure or {}).get("infinity"), digits=3)


def spread(figure: dict | None, scale: float = 1, digits: int = 2, key: str = "value") -> str:
    """A value with its interval; "-" for none."""
    if not figure or figure.get(key) is None:
        return "-"
    text = f"{scale * figure[key]:.{digits}f}"
    if figure.get("interval"):
        low, high = (f"{scale * x:.{digits}f}" for x in figure["interval"])
        text += f" [{low}, {high}]"
    return text


def _panels(rows: dict, exam: EvaluationRun) -> list[str]:
    """The median and the worst clips by onset F1 of AV-LDM, to look at and to listen to."""
    if "av-ldm" not in rows:
        return []
    order = np.argsort(rows["av-ldm"]["f1_each"], kind="stable")
    chosen = [int(i) for i in (*order[len(order) // 2 : len(order) // 2 + 2], *order[:3])]
    kitchen, known = exam.kitchen, {row.name: row for row in (*MAIN_EXPERIMENTS, *TRUE_CUES)}
    clips = [kitchen.clips[i] for i in chosen]
    folder, sounds = exam.out / "sounds", {}
    folder.mkdir(exist_ok=True)
    for name in SHOWN:
        if name in rows:
            file = sounds_file(exam.out / "kept" / "sounds", exam.recipe, known[name])
            waves = read_sounds(file).waveforms
            sounds[rows[name]["title"]] = [waves[i] for i in chosen]
            for i in chosen:
                figures.save_sound(waves[i], folder / f"{i:03d}-{name}.flac")
    cues = kitchen.cues(known["av-ldm"], clips)
    (exam.out / "plots").mkdir(exist_ok=True)
    figures.save_figure(figures.panel_figure(clips, sounds, cues), exam.out / "plots" / "panels.png")
    heard = ", ".join(f"`sounds/{i:03d}-*.flac` (F1 {rows['av-ldm']['f1_each'][i]:.2f})" for i in chosen)
    far = {name: [i for i, _ in found.get("outliers", [])] for name, found in rows["av-ldm"]["fad"].items()}
    return [
        "",
        "### Median and worst",
        "",
        f"Two clips in the middle and the three worst by onset F1: {heard}.",
        "",
        "![panels](plots/panels.png)",
        "",
        "Clips furthest from true sound: "
        + "; ".join(f"by {name} {', '.join(map(str, numbers))}" for name, numbers in far.items()),
    ]


def _sweeps(sweeps: dict, exam: EvaluationRun) -> list[str]:
    (exam.out / "plots").mkdir(exist_ok=True)
    figures.save_figure(figures.sweep_figure(sweeps), exam.out / "plots" / "sweeps.png")
    lines = ["## Steps, guidance, frame rate", "", "![sweeps](plots/sweeps.png)"]
    for name, rows in sweeps.items():
        base = next(iter(rows.values()))["seconds"] or 1
        lines += ["", f"### {name}", "", *score_table(rows)]
        times = (f"{row['title']} {row['seconds']:.2f} s ({row['seconds'] / base:.1f}x)" for row in rows.values())
        lines += ["", "Processor time a clip: " + ", ".join(times)] if name == "steps" else []
    return lines


def _coding(coding: dict, exam: EvaluationRun) -> list[str]:
    vae, lines = coding["vae"], ["## Coding alone", ""]
    error = spread(vae["log_mel_l1_db"])
    lines += [f"- VAE: log-mel L1 {error} dB; onset F1 lost, with the vocoder, {vae['onset_f1_lost']}"]
    for name, group in coding["vocoder"].items():
        lines += [
            f"- Vocoder on {name}: multi-resolution STFT distance {spread(group['vocoder'], digits=3)}, Griffin-Lim's "
            f"(60 iterations) {spread(group['griffin_lim'], digits=3)}: {100 * group['below_griffin_lim']:.1f} % below"
        ]
    return lines


def _ambience(found: dict, exam: EvaluationRun) -> list[str]:
    swap, slider = found["swap"], found["slider"]
    lines = [
        "## The ambience",
        "",
        f"- Condition exchanged: level follows the new one, Spearman {swap['level_spearman_with_swapped']} (own place "
        f"{swap['level_spearman_with_own']}); onset F1 moves {swap['onset_f1_moves']}",
    ]
    if not slider["clips"]:
        return lines
    (exam.out / "plots").mkdir(exist_ok=True)
    figures.save_figure(figures.slider_figure(slider), exam.out / "plots" / "slider.png")
    return lines + [
        f"- Amount, nine steps: Spearman {slider['spearman_of_mean']}, range {slider['range_db']} dB",
        f"  (asked {slider['true_range_db']}), furthest from even {slider['furthest_from_even_db']} dB; onset F1",
        f"  moves {slider['onset_f1_moves']} (true action over the same places {slider['true_onset_f1_moves']})",
        "",
        "![slider](plots/slider.png)",
    ]


def _retrieval(found: dict, exam: EvaluationRun) -> list[str]:
    lines = [f"## Retrieval among {found['videos']} unseen videos", "", "| | found | random |", "|---|---|---|"]
    figured = ((name, figure) for name, figure in found.items() if isinstance(figure, dict))
    return lines + [f"| {name.replace('_', ' ')} | {spread(f)} | {f.get('random', '-')} |" for name, f in figured]


def _faiss(found: dict, exam: EvaluationRun) -> list[str]:
    from a2s.evaluation.suites.faiss_scale import faiss_table

    return ["## Search in a million ambiences", "", faiss_table(found)]


def _real(found: dict, exam: EvaluationRun) -> list[str]:
    lines = ["## Real clips", "", "| | clips | F1 at 100 ms | chance | z |", "|---|---|---|---|---|"]
    for name, tiers in found["corpus"].items():
        tier = tiers.get("tier_A", tiers["all"])
        f1 = tier.get("f1", tier["mean_f1"]["value"])
        chance, z = (tier.get(key, tier["pooled"][key]) for key in ("chance", "z"))
        lines += [f"| {name.replace('_', ' ')} | {tier['clips']} | {f1:.2f} | {chance:.2f} | {z:.1f} |"]
    return lines


WRITERS = {
    "tables": _tables,
    "sweeps": _sweeps,
    "coding": _coding,
    "ambience": _ambience,
    "retrieval": _retrieval,
    "faiss": _faiss,
    "real": _real,
}
"""How each suite is told, in the order of the report."""
