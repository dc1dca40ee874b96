"""Detected cues of real clips: their times, their confidence, their names, and the place, without any sound being made.

The folders are those of `a2s.evaluation.suites.real_clips`. `labels.json` beside `onsets.json` gives
{name: {"actions": [...], "materials": [...], "place": [...]}}; one file may label the clips of all folders. Real clips
only measure: nothing is trained on them.

Names are compared in the model's classes. A label without a class of its own counts as its nearest one (NEAREST); a
clip whose labels have none is left out.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from a2s.ambient.retrieval import MAX_MATCHES
from a2s.cues import CueTrack
from a2s.dubbing.analysis import analyze_motion, find_cues, load_bank, retrieve
from a2s.errors import BadSettings
from a2s.evaluation import real_scorer
from a2s.evaluation.real_scorer import match_in_order
from a2s.evaluation.statistics import Figures
from a2s.evaluation.suites.real_clips import RealClip, by_tier, read_clips
from a2s.settings import ACTIONS, MATERIALS
from a2s.weights import load_model

VERSION = 1
LIBRARIES = (*real_scorer.LIBRARIES, "torch", "opencv-python-headless")

TOLERANCE = 0.1
"""Seconds between a cue and the onset that it stands for, at most."""

BINS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
"""Edges of the bins of confidence in the reliability curve."""

FIRST = 3
"""Kinds of ambience among which the right one counts."""

NEAREST = {
    "drop/bounce": ("bounce",), "drop": ("bounce",), "cut": ("chop",), "press": ("knock",), "close": ("knock",),
    "open": ("knock",), "set_down": ("knock",), "set down": ("knock",), "rub": ("scrape",), "stir": ("scrape",),
    "break": ("hit",), "skin/drum": ("plastic",), "skin": ("plastic",), "paper": ("cloth",), "cardboard": ("wood",),
    "earth": ("stone",), "earth/sand": ("stone",),
}  # fmt: skip
"""Class of the model that is nearest to a label without its own: a drum's skin is a plastic film, a key is knocked."""

KINDS_OF_PLACE = {
    "kitchen": ("kitchen", "fan"),
    "workshop": ("workshop", "hum"),
    "studio": ("room", "quiet"),
    "living room": ("room", "quiet"),
    "bathroom": ("room", "stream"),
    "office": ("room", "fan"),
    "hall/gym": ("room", "crowd"),
    "shop": ("crowd", "hum"),
    "street": ("traffic", "crowd"),
    "yard/garden": ("birds", "wind", "insects"),
    "field/range": ("wind", "birds", "insects"),
    "forest": ("birds", "wind"),
    "shore": ("sea",),
}
"""Kinds of ambience that suit a label of the place."""


def evaluate_cues(
    model: str, bank: str | None, folders: Sequence[Path], on_message: Callable[[str], object] = lambda message: None
) -> Figures:
    """Score the detected cues of every clip. model, bank: by name or folder.

    clips: figures of each. times: `by_tier` of all clips, and precision, recall and counts over all cues. reliability:
    share of right cues by confidence. names, place: see the functions.
    """
    pipe, labels = load_model(model), _read_labels(folders)
    ambiences = load_bank(bank, pipe)
    clips = [clip for folder in folders for clip in read_clips(folder)]
    tracks, right, named, placed = [], [], {}, {}
    figures: Figures = {"clips": {}}
    for clip in clips:
        on_message(f"  {clip.name}")
        motion = analyze_motion(clip.file)
        track = find_cues(motion, pipe)
        kinds = ranked_kinds(retrieve(motion, min(MAX_MATCHES, len(ambiences)), pipe, ambiences))
        times = np.array([cue.time for cue in track])
        tracks.append(times)
        right.append(judged(clip, track))
        about: Figures = {"cues": len(track), "kinds": kinds[:FIRST]} | clip.score(times).to_dict()
        if clip.name in labels:
            named[clip.name] = name_figures(track, labels[clip.name])
            placed[clip.name] = place_figures(kinds, labels[clip.name]["place"])
            about |= {"names": named[clip.name], "place": placed[clip.name]}
        figures["clips"][clip.name] = {"tier": clip.tier, "onsets": len(clip.onsets)} | about
    figures["times"] = by_tier(clips, tracks)
    for tier, members in _members(clips).items():
        figures["times"][tier] |= _means([figures["clips"][clips[i].name] for i in members], ("precision", "recall"))
    figures["reliability"] = reliability(np.concatenate(right) if right else np.zeros((0, 2)))
    figures["names"] = _means([each for each in named.values() if each], _NAMES)
    figures["place"] = _means(list(placed.values()), ("first", "among_first", "chance"))
    return figures


def judged(clip: RealClip, track: CueTrack) -> np.ndarray:
    """(n, 2): confidence of each cue, and whether it is right, 1 or 0; without cues beside an optional onset."""
    times = np.array([cue.time for cue in track])
    matched = {i for i, _ in match_in_order(times, np.array(clip.onsets), TOLERANCE)}
    optional = np.array(clip.optional)
    rows = [
        (cue.confidence, float(i in matched))
        for i, cue in enumerate(track)
        if i in matched or not (len(optional) and np.abs(optional - cue.time).min() <= TOLERANCE)
    ]
    return np.array(rows).reshape(-1, 2)


def reliability(rows: np.ndarray) -> Figures:
    """The reliability curve. rows: (n, 2) confidence and right. error: mean difference, weighted (ECE); brier."""
    curve, error = [], 0.0
    for low, high in zip(BINS[:-1], BINS[1:], strict=True):
        inside = rows[(rows[:, 0] >= low) & ((rows[:, 0] < high) | (high == BINS[-1]))]
        if len(inside):
            confidence, share = inside.mean(0)
            error += len(inside) / len(rows) * abs(confidence - share)
            curve.append({"from": low, "cues": len(inside), "confidence": confidence, "right": share})
    brier = float(((rows[:, 0] - rows[:, 1]) ** 2).mean()) if len(rows) else 0.0
    return {"curve": curve, "error": round(error, 3), "brier": round(brier, 3)}


_NAMES = ("action", "material", "action_of_cues", "material_of_cues", "action_chance", "material_chance", "disagree")


def name_figures(track: CueTrack, label: dict[str, list[str]]) -> Figures:
    """Whether the names of one clip's cues are right; empty where there is no cue or no label with a class.

    action, material: 1 where the name with the most confidence over all cues is right, else 0. *_of_cues: share of cues
    with a right name. *_chance: share of the classes that are right. disagree: share of cues whose names are not the
    most frequent pair.
    """
    figures: Figures = {}
    for kind, classes, key in (("action", ACTIONS, "actions"), ("material", MATERIALS, "materials")):
        true = {near for name in label[key] for near in NEAREST.get(name, (name,)) if near in classes}
        if not true or not len(track):
            continue
        weights: defaultdict[str | None, float] = defaultdict(float)
        for cue in track:
            weights[getattr(cue, kind)] += cue.confidence
        figures[kind] = float(max(weights, key=lambda name: weights[name]) in true)
        figures[f"{kind}_of_cues"] = float(np.mean([getattr(cue, kind) in true for cue in track]))
        figures[f"{kind}_chance"] = len(true) / len(classes)
    if len(track):
        pairs = Counter((cue.action, cue.material) for cue in track)
        figures["disagree"] = 1 - pairs.most_common(1)[0][1] / len(track)
    return figures


def ranked_kinds(matches: Sequence) -> list[str]:
    """The kinds of ambience in the order in which they first appear among the matches."""
    return list(dict.fromkeys(match.clip.kind for match in matches))


def place_figures(kinds: Sequence[str], places: Sequence[str]) -> Figures:
    """Whether the first kind, and one of the first three, suits the place; chance: of three kinds at random."""
    true = {kind for place in places for kind in KINDS_OF_PLACE.get(place, ())} & set(kinds)
    wrong, total = len(kinds) - len(true), len(kinds)
    miss = np.prod([max(0, wrong - i) / (total - i) for i in range(min(FIRST, total))])
    return {
        "first": float(kinds[0] in true),
        "among_first": float(bool(true & set(kinds[:FIRST]))),
        "chance": float(1 - miss),
    }


def _read_labels(folders: Sequence[Path]) -> dict[str, dict[str, list[str]]]:
    """The labels of all folders by clip. Raises BadSettings."""
    labels: dict[str, dict[str, list[str]]] = {}
    for file in (folder / "labels.json" for folder in folders):
        try:
            if file.is_file():
                labels |= {name: {k: list(v[k]) for k in ("actions", "materials", "place")} for name, v in _read(file)}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadSettings(f"{file} does not give actions, materials and place of each clip.") from error
    return labels


def _read(file: Path) -> list[tuple[str, dict]]:
    return list(json.loads(file.read_text("utf-8")).items())


def _members(clips: Sequence[RealClip]) -> dict[str, list[int]]:
    members = {"all": list(range(len(clips)))}
    return members | {f"tier_{t}": [i for i, c in enumerate(clips) if c.tier == t] for t in {c.tier for c in clips}}


def _means(rows: Sequence[Figures], names: Sequence[str]) -> Figures:
    """Mean of each figure over the rows that have it."""
    found = {name: [row[name] for row in rows if name in row] for name in names}
    return {name: round(float(np.mean(values)), 3) for name, values in found.items() if values}
