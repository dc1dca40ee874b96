"""The few figures of a report that matter, each beside what it is to be held against."""

from __future__ import annotations


def headline(report: dict) -> list[str]:
    """One line a figure, for a person to read."""
    lines = []
    if "world" in report:
        lines += _world(report["world"])
    if "real" in report:
        lines += [_real(name, tiers) for name, tiers in report["real"]["corpus"].items()]
    return lines


def _world(world: dict) -> list[str]:
    rows = world["rows"]
    lines = [f"onset F1 at 100 ms, {world['clips']} windows of {world['videos']} unseen videos"]
    for name, row in rows.items():
        onsets, classes = row["onsets_100ms"], row["classes"]
        said = ", ".join(f"{k} {_number(v['value'])} ({_number(v.get('of_true'))} of true)" for k, v in classes.items())
        low, high = onsets["interval"] or (None, None)
        spread = f"[{_number(low)}, {_number(high)}]"
        lines.append(f"  {name:18s} {_number(onsets['f1'])} {spread}, chance {_number(onsets['chance'])}; {said}")
    slider, swap, vae = world["slider"], world["swap"], world["vae"]
    if slider["clips"]:
        moves = {
            name: (slider[f"{name}_moves"], slider[f"true_{name}_moves"]) for name in ("onset_f1", "audible_onset_f1")
        }
        said = ", ".join(f"{name} moves {made} (truth {true})" for name, (made, true) in moves.items())
        level = f"range {slider['range_db']} dB (asked {slider['true_range_db']})"
        lines.append(f"amount: Spearman {slider['spearman_of_mean']}, {level}, {said}")
    lines += [
        f"swap: level follows the swapped condition {swap['level_spearman_with_swapped']}, the own"
        f" {swap['level_spearman_with_own']}; onset F1 moves {swap['onset_f1_moves']}",
        f"VAE: log-mel L1 {_number(vae['log_mel_l1_db']['value'])} dB, onset F1 lost {vae['onset_f1_lost']}",
    ]
    for name, group in world["vocoder"].items():
        lines.append(f"vocoder on {name}: {100 * group['below_griffin_lim']:.1f} % below Griffin-Lim")
    found = world["retrieval"]
    for name, figure in found.items():
        if name != "videos":
            lines.append(
                f"{name} of {found['videos']}: {_number(figure['value'])}, random {_number(figure.get('random'))}"
            )
    return lines


def _real(name: str, tiers: dict) -> str:
    tier = tiers.get("tier_A", tiers["all"])
    f1 = tier.get("f1", tier["mean_f1"]["value"])
    chance, z = (tier.get(key, tier["pooled"][key]) for key in ("chance", "z"))
    return f"real clips, {name}: F1 {_number(f1)}, chance {_number(chance)}, z {z}, {tier['clips']} clips"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
