from __future__ import annotations

import numpy as np
import pytest

from a2s.pipelines.segments import CROSS_FRAMES, cross, plan_segments
from a2s.pipelines.windows import frames_of, join, plan_windows
from a2s.settings import AUDIO


def stretches_of(seconds, changes, overlap=0.5):
    return plan_segments(plan_windows(seconds, AUDIO, overlap_seconds=overlap), changes)


def mels_of(stretches, picture):
    """What each stretch's windows make, joined: pieces of `picture(number)` (1, 128, n)."""
    return [
        join(
            (picture(number)[..., w.first_frame : w.first_frame + AUDIO.window_frames] for w in stretch.windows),
            [w.first_frame - stretch.first_frame for w in stretch.windows],
        )
        for number, stretch in enumerate(stretches)
    ]


def test_a_film_in_one_place_is_its_windows():
    (only,) = stretches_of(8.0, [])
    assert only.windows == plan_windows(8.0, AUDIO) and only.change == 0


@pytest.mark.parametrize("overlap", [0.0, 0.5, 1.5])
@pytest.mark.parametrize("seconds", [0.6, 3.0, 8.0, 61.3])
def test_every_stretch_has_the_windows_in_which_it_is_heard(seconds, overlap):
    changes = [share * seconds for share in (0.05, 0.37, 0.99)]
    stretches = stretches_of(seconds, changes, overlap)
    ends = [s.change + CROSS_FRAMES // 2 for s in stretches[1:]] + [frames_of(seconds, AUDIO)]
    for stretch, end in zip(stretches, ends, strict=True):
        assert stretch.first_frame <= max(0, stretch.change - CROSS_FRAMES // 2)
        last = stretch.windows[-1].first_frame + AUDIO.window_frames
        assert last >= min(end, frames_of(seconds, AUDIO))
        assert stretch.windows[0].held_columns == 0, "what came before was another place"
        assert [w.index for w in stretch.windows] == list(
            range(stretch.windows[0].index, stretch.windows[-1].index + 1)
        )
        if len(stretch.windows) > 1:
            assert stretch.windows[-2].first_frame + AUDIO.window_frames < end, "no window that nobody hears"


@pytest.mark.parametrize("changes", [[], [4.2], [0.5, 1.0, 1.5], [2.432, 4.864, 7.99]])
def test_the_same_on_either_side_of_a_change_comes_back_as_it_was(changes):
    mel = np.random.default_rng(0).random((1, 128, frames_of(8.0, AUDIO) + 200)).astype(np.float32)
    stretches = stretches_of(8.0, changes)
    laid = cross(mels_of(stretches, lambda number: mel), stretches)
    np.testing.assert_allclose(laid[..., : frames_of(8.0, AUDIO)], mel[..., : frames_of(8.0, AUDIO)], atol=1e-6)


def test_the_change_falls_at_its_time_and_shares_the_power():
    stretches = stretches_of(8.0, [4.2])
    levels = 0.35, 0.55
    laid = cross(mels_of(stretches, lambda n: np.full((1, 128, 900), levels[n], np.float32)), stretches)[0, 0]
    frame = round(4.2 / AUDIO.frame_seconds)
    half = CROSS_FRAMES // 2
    assert np.all(laid[: frame - half] == levels[0]) and np.all(laid[frame + half :] == levels[1])
    power = 10 ** (10 * laid[frame - half : frame + half].astype(float))
    share = (power - 10 ** (10 * levels[0])) / (10 ** (10 * levels[1]) - 10 ** (10 * levels[0]))
    np.testing.assert_allclose(share, (np.arange(CROSS_FRAMES) + 0.5) / CROSS_FRAMES, atol=1e-3)
