"""Loudness of the delivered dub, and the sentences about what is not reached."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import soundfile

from a2s import DubSettings, dub
from a2s.audio.loudness import integrated_lufs, true_peak
from a2s.cues import CueTrack
from a2s.dubbing.mastering import Setting, master
from a2s.dubbing.notes import silence_notes
from a2s.dubbing.original_track import pick_track
from a2s.dubbing.recipe import Report
from a2s.errors import BadSettings
from a2s.media import OriginalTrack, SoundStream, Stretch, soundtrack_blocks
from a2s.settings import LOUDNESS, check_settings
from tests.fakes import FakeBank, FakePipeline, draw_video

RATE = 16_000
TRACKS = [
    SoundStream(1, "aac", "stereo", 48_000, "Mix", default=True),
    SoundStream(2, "aac", "mono", 48_000, "Mic", "eng"),
    SoundStream(3, "unknown", "", 0, "Game"),
]


def noise(level=0.02, seconds=2.0):
    return level * np.random.default_rng(0).standard_normal(round(seconds * RATE)).astype(np.float32)


def hits(seconds=4.0):
    waveform = noise(1e-4, seconds)
    for time in np.arange(0.3, seconds - 0.3, 1.0):
        waveform[round(time * RATE)] = 0.9
    return waveform


def delivered(mastered, seconds):
    return np.concatenate([block.mix for block in soundtrack_blocks(mastered.soundtrack, seconds)])


@pytest.mark.parametrize("target", [-14.0, -23.0])
@pytest.mark.parametrize("channels", [1, 2])
def test_the_delivered_file_has_the_loudness(target, channels):
    raw = noise() if channels == 1 else np.stack([noise(), 0.3 * noise()[::-1]], 1)
    mastered = master(raw, DubSettings(loudness=target), Setting(2.0))
    mix = delivered(mastered, 2.0)
    assert integrated_lufs(mix, 48_000) == pytest.approx(target, abs=0.1)
    assert mastered.figures.lufs == pytest.approx(target, abs=0.1) == pytest.approx(mastered.figures.dub_lufs, abs=0.1)
    assert true_peak(mix, 48_000) <= -1 and not mastered.notes


def test_off_is_the_level_of_the_model():
    mastered = master(noise(), DubSettings(loudness=None), Setting(2.0))
    assert np.array_equal(mastered.waveform, noise()) and mastered.figures.gain_db == 0


@pytest.mark.parametrize(
    ("raw", "compress", "words"),
    [
        (hits(), False, "more gain would cut its peaks by more than 6 dB. Compression reaches more (--compress)."),
        (hits(), True, "the compressor is at its limit"),
        (noise(1e-3), False, "a gain above 20 dB would mostly raise noise"),
        (np.zeros(RATE, np.float32), False, "the dub is silent"),
    ],
)
def test_a_target_that_is_not_reached_is_said(raw, compress, words):
    mastered = master(raw, DubSettings(loudness=-14.0, compress=compress), Setting(len(raw) / RATE))
    (note,) = mastered.notes
    assert note.startswith("The loudness target of -14 LUFS is not reached") and words in note
    assert mastered.figures.target == -14 and mastered.figures.lufs < -15


def test_a_kept_original_changes_no_level_of_the_dub_and_the_mix_is_limited(tmp_path):
    film = draw_video(tmp_path / "loud.mp4", seconds=2.0, tone=True)
    place = Setting(2.0, OriginalTrack(film, gain_db=12.0))
    settings = DubSettings(loudness=-18.0)
    mixed, alone = master(noise(), settings, place), master(noise(), settings, Setting(2.0))
    assert mixed.figures.gain_db == alone.figures.gain_db
    assert mixed.figures.dub_lufs == pytest.approx(-18, abs=0.1) and mixed.figures.lufs > -17
    mix = delivered(mixed, 2.0)
    assert true_peak(mix, 48_000) <= -1
    assert integrated_lufs(mix, 48_000) == pytest.approx(mixed.figures.lufs, abs=0.05)
    assert true_peak(mix, 48_000) == pytest.approx(mixed.figures.true_peak_db, abs=0.05)


def test_outside_a_stretch_nothing_is_limited(tmp_path):
    film = draw_video(tmp_path / "loud.mp4", seconds=2.0, tone=True)
    place = Setting(2.0, OriginalTrack(film, gain_db=12.0, outside_db=12.0), Stretch(0.5, 1.0))
    mastered = master(noise(0.2, 0.5), DubSettings(loudness=-14.0), place)
    mix = delivered(mastered, 2.0)
    kept = delivered(replace(mastered, soundtrack=replace(mastered.soundtrack, mix_gain=np.ones(1, np.float32))), 2.0)
    far = np.r_[0:23_000, 49_000:96_000]
    assert np.array_equal(mix[far], kept[far]) and np.abs(mix[24_000:48_000] - kept[24_000:48_000]).max() > 0.01


def test_no_movement_and_near_silence_are_said(tmp_path):
    still = draw_video(tmp_path / "still.mp4", seconds=1.0, hits=())
    take = dub(still, DubSettings(steps=1, ambient=0.0), FakePipeline(), FakeBank(), cues=CueTrack())
    assert take.report.notes[0].startswith("No movement was found; add cues or raise the ambience.")
    assert Report.from_json(take.report.to_json()).notes == take.report.notes
    assert Report.from_json(take.report.tag()).notes == take.report.notes
    assert silence_notes(0, -30.0) == (
        "No movement was found; add cues or raise the ambience. Only the ambience sounds.",
    )
    assert silence_notes(3, -50.0)[0].startswith("The dub is nearly silent, at -50 LUFS") and not silence_notes(
        3, -23.0
    )


def test_the_default_is_one_level_and_old_recipes_have_none():
    assert DubSettings().loudness == LOUDNESS == -23
    assert DubSettings.from_dict({"seed": 3}).loudness is None
    assert DubSettings.from_dict(DubSettings().to_dict()) == DubSettings()


@pytest.mark.parametrize(("wanted", "number"), [(None, 1), (2, 2), ("2", 2), (" mic", 2), ("ENG", 2), ("Mix", 1)])
def test_a_sound_track_by_number_title_or_language(wanted, number):
    assert pick_track(TRACKS, wanted, "film.mkv").number == number


@pytest.mark.parametrize("wanted", [4, "Music", "Game", 3])
def test_a_missing_sound_track_is_refused_with_a_list(wanted):
    with pytest.raises(BadSettings) as caught:
        pick_track(TRACKS, wanted, "film.mkv")
    assert "film.mkv" in str(caught.value) and "2 (Mic, eng, mono)" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "changes", [{"original_track": 0}, {"original_track": ""}, {"original_track": True}, {"compress": 1}]
)
def test_wrong_values_are_refused_by_name(changes):
    with pytest.raises(BadSettings, match=next(iter(changes))):
        check_settings(DubSettings(**changes))


def test_a_track_without_a_level_is_refused(tmp_path):
    film = draw_video(tmp_path / "film.mp4", seconds=1.0, tone=True)
    with pytest.raises(BadSettings, match="level"):
        dub(film, DubSettings(steps=1, original_track=1), FakePipeline(), FakeBank(), cues=CueTrack())


def test_no_folder_of_the_machine_gets_into_a_file(tmp_path):
    """Neither into the comment tag nor into a report; the settings in memory keep the path."""
    folder = tmp_path / "client-secret"
    folder.mkdir()
    own = folder / "room.wav"
    soundfile.write(own, noise(), RATE)
    film = draw_video(folder / "film.mp4", seconds=1.0)
    settings = DubSettings(steps=1, ambient_clip=str(own))
    take = dub(film, settings, FakePipeline(), FakeBank(), cues=CueTrack.at([0.4]))
    assert take.recipe.settings.ambient_clip == str(own)
    for text in (take.report.tag(), take.report.to_json(), take.recipe.to_json()):
        assert "client-secret" not in text and Report.from_json(text).recipe.settings.ambient_clip == "room.wav"
        assert len(Report.from_json(text).recipe.ambience[0].sha256) == 64
    for name in ("a.mp4", "a.wav"):
        assert b"client-secret" not in take.save(tmp_path / name).read_bytes()
