"""A data set of two scenes at 48 kHz."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from a2s.settings import FULL_BAND


@pytest.fixture(scope="package")
def scenes(tmp_path_factory) -> Path:
    """Decaying noise bursts over quiet noise, 4 s each; the held-out scene lies beside them."""
    folder = tmp_path_factory.mktemp("corpus") / "scenes"
    for name, seeds in (("scenes", (0, 1)), ("scenes-held-out", (2,))):
        folder.with_name(name).mkdir()
        for seed in seeds:
            rng = np.random.default_rng(seed)
            n = 4 * FULL_BAND.sample_rate
            level = 0.005 + 0.3 * np.exp(-(np.arange(n) % FULL_BAND.sample_rate) / 4000)
            sound = (level * rng.standard_normal(n)).clip(-1, 1)
            np.save(folder.with_name(name) / f"{seed:05d}.npy", np.round(32767 * sound).astype(np.int16))
    return folder
