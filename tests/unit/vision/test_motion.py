"""Velocities are right at any frame rate, at cuts and repeated frames; grids and keyframes match their window."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from a2s.vision import Motion, keyframes_in, motion_grid, novelty, observe
from a2s.vision.novelty import push
from tests.scenes import HEIGHT, WIDTH, clock, disc_film, panned, texture


def motion_of(frames, seconds: float) -> Motion:
    return observe(iter(list(frames)), seconds)


def sinking(fps: float, speed: float = 0.2, seconds: float = 1.0) -> list:
    """A disc that sinks at `speed` widths/s."""
    times = clock(seconds, fps)
    return list(disc_film(times, 0.15 + speed * times, noise=0.5))


def fastest(motion: Motion) -> np.ndarray:
    """Downward velocity of the disc's inner blocks, per frame."""
    return np.sort(motion.velocity[..., 1].reshape(len(motion.times), -1), axis=1)[:, -3:].mean(1)


@pytest.mark.parametrize("fps", [10, 24, 60])
def test_velocity_is_in_widths_per_second(fps):
    motion = motion_of(sinking(fps), 1.0)
    assert motion.velocity.shape == (fps, HEIGHT // 12, WIDTH // 12, 2) and motion.velocity.dtype == np.float32
    assert not motion.velocity[0].any()
    assert np.median(fastest(motion)[1:]) == pytest.approx(0.2, rel=0.25)


def test_frames_beyond_60_a_second_are_skipped_and_speed_stays():
    motion = motion_of(sinking(120), 1.0)
    assert 55 <= len(motion.times) <= 65
    assert np.median(fastest(motion)[1:]) == pytest.approx(0.2, rel=0.25)


def test_true_intervals_of_variable_frame_rate_count():
    times = np.cumsum(np.tile([0.02, 0.06], 15))
    motion = motion_of(disc_film(times, 0.15 + 0.2 * times, noise=0.5), 1.3)
    assert fastest(motion)[2:].std() < 0.05


def test_repeated_frames_move_as_fast_as_their_neighbours():
    single = sinking(12, seconds=2.0)
    doubled = [(i / 24, single[i // 2][1]) for i in range(2 * len(single))]
    speeds = fastest(motion_of(doubled, 2.0))[
        4:-1
    ]  # the first step has no speed before it, the last repetition no picture after
    assert speeds.min() > 0.1 and speeds.max() < 0.3


def test_a_rest_before_a_start_is_not_a_repeated_frame():
    times = clock(1.0)
    frames = list(disc_film(times, 0.2 + 0.5 * np.clip(times - 0.5, 0, 1), noise=0))
    assert fastest(motion_of(frames, 1.0))[times <= 0.5].max() < 0.05


def test_time_stamps_that_do_not_advance_stay_finite():
    frames = [(0.0, frame) for _, frame in sinking(24)[:4]] + [(900.0, sinking(24)[9][1])]
    assert np.isfinite(motion_of(frames, 901.0).velocity).all()


def test_camera_motion_is_subtracted():
    times = clock(1.0)
    motion = motion_of(panned(times, np.stack([50 + 60 * times, np.full(len(times), 90)], 1)), 1.0)
    assert np.abs(motion.velocity).max() < 0.05


def test_cut_is_a_break_without_velocity():
    times, still = clock(1.0), np.full((30, 2), 80.0)
    one, other = list(panned(times, still)), list(panned(times, still, seed=11))
    motion = motion_of(one[:15] + other[15:], 1.0)
    assert np.flatnonzero(motion.breaks).tolist() == [0, 15]
    assert not motion.velocity[15].any()
    assert push(motion).max() < 0.03 and motion_grid(motion, 0.0)[..., 2:].max() < 0.03


@pytest.mark.parametrize("count", [0, 1, 2])
def test_very_few_frames(count):
    motion = motion_of(sinking(24)[:count], count / 24)
    assert motion.times.shape == (count,) and motion.velocity.shape[0] == count and motion.velocity.ndim == 4
    assert motion_grid(motion, 0.0).shape == (48, 12, 12, 6)
    assert keyframes_in(motion, 0.0).shape == (4, 64, 64, 3)
    assert push(motion).shape == (count,)


@pytest.mark.parametrize("size", [(16, 16), (192, 4), (4, 192), (192, 341), (192, 4000), (640, 360)])
def test_any_picture_size(size):
    pictures = [cv2.resize(texture(seed), size) for seed in (0, 0, 1)]
    motion = motion_of([(i / 24, picture) for i, picture in enumerate(pictures)], 0.125)
    assert motion.velocity.shape[1] * motion.velocity.shape[2] <= 192 * 400 / 144
    assert np.isfinite(motion.velocity).all()
    assert np.isfinite(motion_grid(motion, 0.0)).all()


def test_saved_and_loaded(tmp_path):
    motion = motion_of(sinking(24), 1.0)
    motion.save(tmp_path / "motion.npz")
    back = Motion.load(tmp_path / "motion.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["motion.npz"]
    assert back.velocity.dtype == np.float32 and np.allclose(back.velocity, motion.velocity, rtol=1e-3, atol=1e-4)
    assert all(np.array_equal(getattr(back, name), getattr(motion, name)) for name in ("times", "keyframes", "breaks"))
    assert back.duration == 1.0


def test_the_thread_count_of_opencv_is_restored():
    before = cv2.getNumThreads()
    cv2.setNumThreads(2)
    try:
        motion_of(sinking(24)[:3], 0.1)
        assert cv2.getNumThreads() == 2
    finally:
        cv2.setNumThreads(before)


def drawn_motion(fps: float = 30.0, seconds: float = 4.0, shape=(9, 16)) -> Motion:
    """Everything sinks at 1 width/s until t = 1.5 s, then stops."""
    times = clock(seconds, fps)
    velocity = np.zeros((len(times), *shape, 2), np.float32)
    velocity[(times > 0) & (times <= 1.5), ..., 1] = 1
    keys = np.arange(0, seconds, 0.75)
    pictures = np.broadcast_to(np.arange(len(keys), dtype=np.uint8)[:, None, None, None], (len(keys), 64, 64, 3))
    return Motion(times, velocity, keys, pictures, seconds)


@pytest.mark.parametrize("fps", [10, 24, 30, 60])
@pytest.mark.parametrize("shape", [(9, 16), (28, 16), (2, 2)])
def test_grid_puts_motion_into_its_slot(fps, shape):
    grid = motion_grid(drawn_motion(fps, shape=shape), 0.5)
    assert grid.shape == (48, 12, 12, 6) and grid.dtype == np.float32
    assert np.allclose(grid[2:14, ..., 1], 1, atol=1e-5) and np.allclose(grid[2:14, ..., 2], 1, atol=1e-5)
    assert np.allclose(grid[20:, ..., :5], 0, atol=1e-5)
    for channel in (3, 4):  # speed lost, downward speed lost
        assert abs(int(grid[:, 5, 5, channel].argmax()) - 16) <= 1 + 16 / fps
    assert not grid[..., 0].any() and not grid[..., 5].any()


def test_grid_is_zero_outside_the_video():
    motion = drawn_motion(seconds=1.0)
    assert not motion_grid(motion, 1.0).any() and not motion_grid(motion, -3.0).any()
    early = motion_grid(motion, -1.5)
    assert not early[:24].any() and early[25:39, ..., 1].all() and not early[40:].any()


def test_keyframes_are_the_nearest():
    assert keyframes_in(drawn_motion(), -0.3)[:, 0, 0, 0].tolist() == [0, 1, 2, 3]
    assert keyframes_in(drawn_motion(), 0.375)[:, 0, 0, 0].tolist() == [1, 2, 3, 4]
    assert keyframes_in(drawn_motion(), 90.0)[:, 0, 0, 0].tolist() == [5, 5, 5, 5]


def test_keyframes_are_sparse_and_in_colour():
    red = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    red[..., 0] = 200
    motion = motion_of([(t, red) for t in clock(6.0, 10)], 6.0)
    assert 7 <= len(motion.keyframes) <= 9
    assert (motion.keyframes[..., 0] == 200).all() and not motion.keyframes[..., 1:].any()


def test_the_push_of_a_long_film_is_computed_in_blocks(monkeypatch):
    rng = np.random.default_rng(0)
    velocity = rng.standard_normal((500, 6, 8, 2)).astype(np.float32)
    breaks = rng.random(500) < 0.02
    motion = Motion(np.arange(500) / 60, velocity, np.zeros(0), np.zeros((0, 64, 64, 3), np.uint8), 500 / 60, breaks)
    whole = novelty.push(motion)
    monkeypatch.setattr(novelty, "BLOCK", 7)
    assert np.array_equal(novelty.push(motion), whole) and whole.any()
