"""Labels, licences, splits and attacks of recordings, on small files of our own."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from a2s.cues.vocabulary import ACTIONS, MATERIALS
from a2s.datasets.recordings.attack import attack_seconds, loudest_db
from a2s.datasets.recordings.build import recordings_in
from a2s.datasets.recordings.labels import TABLE, read_labels, write_labels
from a2s.datasets.recordings.licences import shown_licence
from a2s.datasets.recordings.rules import KINDS, label_of
from a2s.datasets.recordings.sound_library import load_sound_library
from a2s.datasets.recordings.split import SPLITS, object_of, split_of
from a2s.errors import BadSettings

RATE = 8_000


def click(at: float, seconds: float = 0.5) -> np.ndarray:
    """A decaying tone that starts `at` s, with a little noise before."""
    n = int(seconds * RATE)
    t = np.arange(n) / RATE - at
    noise = 1e-4 * np.random.default_rng(0).standard_normal(n)
    return (np.where(t >= 0, 0.5 * np.exp(-t / 0.05) * np.sin(2000 * t), 0) + noise).astype(np.float32)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    recordings, real = tmp_path / "recordings", tmp_path / "real"
    rows = [
        ("kenney", "impactsounds__impactWood_light_000.wav", "CC0", "Kenney"),
        ("kenney", "impactsounds__impactWood_light_001.wav", "CC0", "Kenney"),
        ("openclonk", "Liquids__Splash1.wav", "CC-BY 3.0", "OpenClonk authors.txt"),
        ("blanket_ambience", "city.wav", "CC-BY", "see SOUNDS_LICENSING.md"),
    ]
    for source, file, *_ in rows:
        (recordings / source).mkdir(parents=True, exist_ok=True)
        soundfile.write(recordings / source / file, click(0.1), RATE)
    with open(recordings / "manifest.csv", "w", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["source", "file", "licence", "author"])
        writer.writerows(rows)
    (real / "esc10" / "rain").mkdir(parents=True)
    soundfile.write(real / "esc10/rain/1-1-A.wav", click(0.0), RATE)
    clip = {"file": "esc10/rain/1-1-A.wav", "licence": "CC0", "author": "someone"}
    (real / "manifest.json").write_text(json.dumps([clip, clip | {"licence": "CC-BY-NC", "file": "esc10/x.wav"}]))
    return recordings, real


def test_the_attack_is_where_the_rise_begins():
    assert attack_seconds(click(0.2), RATE) == pytest.approx(0.2, abs=0.004)
    assert attack_seconds(click(0.0), RATE) == pytest.approx(0.0, abs=0.004)
    assert attack_seconds(np.zeros(100, np.float32), RATE) == 0


def test_the_level_is_that_of_the_loudest_moment():
    quiet = np.zeros(RATE, np.float32)
    quiet[4000:5000] = 0.1
    assert loudest_db(quiet, RATE) == pytest.approx(-20, abs=0.1)
    assert loudest_db(np.zeros(10, np.float32), RATE) == -120


@pytest.mark.parametrize(
    ("source", "file", "licence", "free"),
    [
        ("kenney", "x.ogg", "CC0", True),
        ("cdda_cc_sounds", "x.ogg", "CC BY 4.0 https://freesound.org/s/1/", True),
        ("blanket_ambience", "x.ogg", "public domain", True),
        ("any", "x.ogg", "CC-BY-NC 4.0", False),
        ("any", "x.ogg", "CC BY-SA 3.0", False),
        ("any", "x.ogg", "CC0 and CC-BY-NC mix", False),
        ("any", "x.ogg", "GPL-2", False),
        ("openclonk", "Hits__GeneralHit1.ogg", "CC-BY 3.0", True),
        ("openclonk", "Liquids__Splash1.wav", "CC-BY 3.0", False),
    ],
)
def test_only_what_is_shown_to_be_free_is_used(source: str, file: str, licence: str, free: bool):
    assert (shown_licence(source, file, licence, "someone") is not None) == free


def test_takes_velocities_and_round_robins_are_one_object():
    assert object_of("kenney", "impactWood_light_000.ogg") == object_of("kenney", "impactWood_light_004.ogg")
    assert object_of("body_percussion", "snap_l_rr1.ogg") == object_of("body_percussion", "snap_l_rr6.ogg")
    assert object_of("gogodze_drums", "ks_vl1_rr1.ogg") == object_of("gogodze_drums", "ks_vl6_rr4.ogg")
    assert object_of("kbsim_keys", "cream__press__SPACE.mp3") != object_of("kbsim_keys", "topre__press__SPACE.mp3")


def test_no_object_is_both_trained_on_and_held_out():
    seen: dict[str, set[str]] = {}
    for row in read_labels():
        seen.setdefault(row.group, set()).add(row.split)
    assert all(len(splits - {"spare"}) == 1 or splits == {"spare"} for splits in seen.values())
    held = sum("held_out" in splits for splits in seen.values())
    assert 0.12 < held / len(seen) < 0.3


def test_other_makers_events_are_never_trained_on_and_folds_are_kept():
    assert split_of("cdda_cc_sounds", "plmove__walk_dirt_1.ogg") == "other_makers"
    assert split_of("cdda_cc_sounds", "environment__weather__x.ogg", ambience=True) != "other_makers"
    assert split_of("esc10", "esc10/rain/3-1-A.ogg") == "held_out"
    assert split_of("esc10", "esc10/rain/1-1-A.ogg") == "train"


def test_every_label_is_of_the_vocabulary():
    rows = read_labels()
    assert len(rows) > 1_500
    for row in rows:
        assert row.kind in KINDS and row.split in SPLITS
        assert row.action in ("", *ACTIONS) and row.material in ("", *MATERIALS)
        assert (row.kind == "event") == bool(row.action)
        assert row.licence and row.author and "see " not in row.author
    assert {row.action for row in rows if row.split == "train"} >= {"hit", "step", "open", "close", "press", "handle"}


def test_the_shipped_table_agrees_with_the_rules():
    for row in read_labels():
        label = label_of(row.source, row.file)
        assert (row.kind, row.action, row.material) == (label.kind, label.action, label.material)
        assert row.group == object_of(row.source, row.file)
        assert row.split == split_of(row.source, row.file, row.kind == "ambience")
        assert shown_licence(row.source, row.file, row.licence, row.author) == (row.licence, row.author)


def test_rules_know_names_and_leave_out_what_they_do_not_know():
    assert label_of("kenney", "impactsounds__footstep_snow_000.ogg").material == "earth"
    assert label_of("sonic_pi", "drum_splash_hard.flac").material == "metal"
    assert label_of("nobody", "x.ogg").kind == "leave_out"


def test_a_table_is_built_written_and_read_back(folders: tuple[Path, Path], tmp_path: Path):
    rows = list(recordings_in(*folders))
    assert [row.file for row in rows] == [
        "impactsounds__impactWood_light_000.wav",
        "impactsounds__impactWood_light_001.wav",
        "city.wav",
        "esc10/rain/1-1-A.wav",
    ]
    assert rows[0].attack == pytest.approx(0.1, abs=0.004) and rows[0].action == "hit"
    assert rows[2].author == "gezortenplotz"
    write_labels(rows, tmp_path / "labels.csv")
    assert sorted(read_labels(tmp_path / "labels.csv"), key=str) == sorted(rows, key=str)


def test_takes_of_a_library_begin_at_the_attack(folders: tuple[Path, Path]):
    library = load_sound_library(recordings_in(*folders), 16_000, folders)
    (takes,) = library.objects.values()
    assert len(takes) == 2 and len(library.ambiences) == 2
    assert takes[0].max() == pytest.approx(1.0, abs=0.3)
    assert np.argmax(np.abs(takes[0]) > 0.3) / 16_000 < 0.012


def test_a_broken_table_is_refused(tmp_path: Path):
    (tmp_path / "labels.csv").write_text("source,file\na,b\n")
    with pytest.raises(BadSettings):
        read_labels(tmp_path / "labels.csv")


def test_the_shipped_table_lies_beside_the_code():
    assert TABLE.is_file()
