"""The mix of dub and original at the delivery's rate: levels, sides, times, stretches."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from a2s.errors import UnreadableAudio
from a2s.media import OriginalTrack, Soundtrack, Stretch, sound_steps, soundtrack_blocks
from a2s.media.original import fold_matrix
from a2s.settings import DELIVERY

RATE = DELIVERY.sample_rate
QUIET = np.zeros(0, np.float32)


def tone(frequency: float, seconds: float, rate: int = RATE, level: float = 0.5) -> np.ndarray:
    return level * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate).astype(np.float32)


def write_film(path, sound, layout="stereo", rate=RATE, codec="flac", start=0.0, seconds=1.0, gap=None):
    """A film of grey pictures with a soundtrack (channels, n). gap: (s, s) of missing packets."""
    with av.open(str(path), "w") as out:
        picture = out.add_stream("mpeg4", rate=25)
        picture.width, picture.height, picture.pix_fmt = 32, 32, "yuv420p"
        stream = out.add_stream(codec, rate=rate, layout=layout)
        for k in range(round(seconds * 25)):
            frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 99, np.uint8))
            frame.pts, frame.time_base = k, Fraction(1, 25)
            out.mux(picture.encode(frame))
        out.mux(picture.encode(None))
        form = "s16" if codec in ("flac", "pcm_s16le") else "fltp"
        for first in range(0, sound.shape[1], 960):
            if gap and gap[0] <= first / rate < gap[1]:
                continue
            block = np.ascontiguousarray(sound[:, first : first + 960], np.float32)
            if form == "s16":
                block = np.rint(block.T.reshape(1, -1) * 32767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(block, format=form, layout=layout)
            frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), first + round(start * rate)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def mix_of(soundtrack, seconds=1.0):
    blocks = [block.mix for block in soundtrack_blocks(soundtrack, seconds)]
    assert all(block.dtype == np.float32 for block in blocks)
    return np.concatenate(blocks)


def original_of(path, seconds=1.0, **options):
    return mix_of(Soundtrack(QUIET, 16_000, original=OriginalTrack(path, **options)), seconds)


def level_db(waveform):
    return 20 * np.log10(np.sqrt(np.mean(np.square(waveform, dtype=np.float64), axis=0)) + 1e-9)


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
@pytest.mark.parametrize("seconds", [0.5, 1.0, 2.7001])
def test_a_dub_is_as_long_as_the_picture_and_keeps_its_times(click_track, rate, seconds):
    clicks, find = click_track
    mix = mix_of(Soundtrack(clicks([0.1, 0.42], 1.0, rate), rate), seconds)
    assert mix.shape == (round(seconds * RATE), 2) and np.array_equal(mix[:, 0], mix[:, 1])
    assert find(mix[:, 0], [0.1, 0.42], RATE) == pytest.approx([0.1, 0.42], abs=1e-4)


def test_a_dub_of_two_channels_keeps_its_sides():
    sides = np.stack([tone(300, 1, 16_000, 0.5), tone(700, 1, 16_000, 0.1)], 1)
    assert level_db(mix_of(Soundtrack(sides, 16_000))) == pytest.approx(level_db(sides), abs=0.02)


def test_a_stereo_original_keeps_its_band_and_its_sides(tmp_path):
    """12 kHz left, 1 kHz right: neither a low rate nor the mean of the channels."""
    film = write_film(tmp_path / "a.mkv", np.stack([tone(12_000, 1, level=0.3), tone(1_000, 1, level=0.1)]))
    found = original_of(film, gain_db=-6.0)
    spectrum = 2 * np.abs(np.fft.rfft(found, axis=0)) / len(found)
    assert spectrum.argmax(0).tolist() == [12_000, 1_000]
    assert 20 * np.log10(spectrum.max(0) / (0.3, 0.1)) == pytest.approx([-6, -6], abs=0.05)


def test_a_microphone_on_one_side_stays_there(tmp_path):
    film = write_film(tmp_path / "a.mkv", np.stack([np.zeros(RATE), tone(440, 1)]))
    left, right = level_db(original_of(film))
    assert left < -90 and right == pytest.approx(level_db(tone(440, 1)), abs=0.02)


@pytest.mark.parametrize(("layout", "rate", "codec"), [("mono", 22_050, "flac"), ("mono", 48_000, "pcm_s16le")])
def test_a_mono_original_goes_to_both_sides_at_its_level(tmp_path, layout, rate, codec):
    sound = tone(440, 1, rate)[None]
    found = original_of(write_film(tmp_path / "a.mkv", sound, layout, rate, codec))
    assert level_db(found) == pytest.approx([level_db(sound[0])] * 2, abs=0.05)


@pytest.mark.parametrize(
    ("codec", "layout", "channel", "shares"),
    [
        ("aac", "5.1", "FC", (-3, -3)), ("flac", "5.1(side)", "SL", (-3, None)), ("aac", "5.1", "LFE", (None, None)),
        ("flac", "5.1", "LFE", (None, None)), ("pcm_s16le", "5.1", "FR", (None, 0)), ("flac", "7.1", "BR", (None, -3)),
        ("pcm_s16le", "7.1", "SL", (-3, None)), ("aac", "quad", "BL", (-3, None)),
    ],
)  # fmt: skip
def test_surround_folds_to_stereo_by_the_names_of_its_channels(tmp_path, codec, layout, channel, shares):
    names = [one.name for one in av.AudioLayout(layout).channels]
    sound = np.zeros((len(names), RATE), np.float32)
    sound[names.index(channel)] = tone(80 if channel == "LFE" else 440, 1)
    found = level_db(original_of(write_film(tmp_path / "a.mkv", sound, layout, codec=codec))[4800:])
    for side, share in zip(found, shares, strict=True):
        if share is None:
            assert side < -50
        else:
            assert side == pytest.approx(level_db(tone(440, 1)) + share, abs=0.15)


def test_channels_in_an_unusual_order_and_without_names():
    assert fold_matrix(av.AudioLayout("FC+FR+FL"))[:, 2].tolist() == [1, 0]
    unnamed = fold_matrix(av.AudioLayout("6 channels"))
    assert np.array_equal(unnamed, fold_matrix(av.AudioLayout("5.1")))
    assert fold_matrix(av.AudioLayout("16 channels"))[:, :3].tolist() == [[1, 0, 0], [0, 1, 0]]


@pytest.mark.parametrize(("name", "gap"), [("a.mkv", (0.3, 0.7)), ("a.mov", None)])
def test_an_original_that_begins_late_or_has_a_gap_keeps_its_times(tmp_path, click_track, name, gap):
    clicks, find = click_track
    sound = np.repeat(clicks([0.1, 0.9], 1.2, RATE)[None], 2, 0)
    codec = "pcm_s16le"
    film = write_film(tmp_path / name, sound, codec=codec, start=0.4, seconds=2.0, gap=gap)
    found = original_of(film, 2.0)
    assert not found[: round(0.45 * RATE)].any()
    assert find(found[:, 0], [0.5, 1.3], RATE) == pytest.approx([0.5, 1.3], abs=0.001)


def test_dub_and_original_are_one_mix_and_its_stems(tmp_path):
    film = write_film(tmp_path / "a.mkv", np.stack([tone(440, 1, level=0.2), np.zeros(RATE)]))
    dub, action = tone(1000, 1, 16_000, 0.2), tone(2000, 1, 16_000, 0.1)
    curve = np.linspace(1, 0.5, 1001).astype(np.float32)
    soundtrack = Soundtrack(dub, 16_000, action, curve, OriginalTrack(film, gain_db=-3.0), mix_gain=curve[::-1])
    steps = list(sound_steps(soundtrack, 1.0))
    found = {name: np.concatenate([block[name] for block in steps]) for name in steps[0]}
    assert np.array_equal(found["action"] + found["ambience"] + found["original"], found["mix"])
    plain = mix_of(Soundtrack(dub, 16_000)) + original_of(film, gain_db=-3.0) / np.interp(
        np.arange(RATE), np.linspace(0, RATE, 1001), curve
    )[:, None].astype(np.float32)
    product = np.interp(np.arange(RATE), np.linspace(0, RATE, 1001), curve * curve[::-1])[:, None]
    assert np.abs(found["mix"] / DELIVERY.full_scale - plain * product).max() < 1e-4


def test_a_stretch_leaves_the_rest_as_it_is(tmp_path):
    film = write_film(tmp_path / "a.mkv", np.stack([tone(440, 2)] * 2), seconds=2.0)
    untouched = original_of(film, 2.0)
    dub = tone(1000, 0.5, 16_000)
    for gain_db in (None, -12.0):
        kept = OriginalTrack(film, gain_db=gain_db)
        mix = mix_of(Soundtrack(dub, 16_000, original=kept, stretch=Stretch(0.7, 1.2)), 2.0)
        first, last = round(0.7 * RATE), round(1.2 * RATE)
        assert np.array_equal(mix[:first], untouched[:first]) and np.array_equal(mix[last:], untouched[last:])
        inside = slice(first + 960, last - 960)
        part = 0 if gain_db is None else 10 ** (gain_db / 20)
        alone = mix_of(Soundtrack(dub, 16_000), 0.5)[960:-960]
        assert np.abs(mix[inside] - part * untouched[inside] - alone).max() < 1e-3
        assert np.abs(np.diff(mix[:, 0])).max() < 0.12, "no click at the joins"


def test_a_stretch_of_a_silent_film_is_surrounded_by_silence():
    mix = mix_of(Soundtrack(np.ones(8000, np.float32), 16_000, stretch=Stretch(0.25, 0.75)), 1.0)
    assert not mix[:12_000].any() and not mix[36_000:].any() and mix[24_000, 0] == pytest.approx(1, abs=1e-3)


def test_a_track_that_is_not_there_is_refused(tmp_path):
    film = write_film(tmp_path / "a.mkv", np.stack([tone(440, 1)] * 2))
    with pytest.raises(UnreadableAudio, match="track 2 of a.mkv"):
        original_of(film, number=2)
