from __future__ import annotations

import numpy as np
import pytest

from a2s.ambient import AmbientBank
from tests.fakes import draw_video


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    """A folder with a tiny model, a bank of two noises and a quiet, and a clip."""
    from tests.tiny import tiny_pipeline

    folder = tmp_path_factory.mktemp("home")
    pipe = tiny_pipeline()
    pipe.save_pretrained(folder / "model")
    noise = np.random.default_rng(0).standard_normal((3, 64_000)).astype(np.float32)
    about = [("Rain", "rain", 0.03), ("Room", "room", 0.006), ("Quiet", "quiet", 0.0003)]
    recordings = [
        (noise[row] * level, {"name": name, "kind": kind, "author": "tests", "licence": "CC0-1.0"})
        for row, (name, kind, level) in enumerate(about)
    ]
    AmbientBank.of(recordings).embedded(pipe.embed_audio, pipe.model_hash).save(folder / "bank")
    draw_video(folder / "clip.mp4", seconds=1.5, hits=(0.4, 1.0))
    return folder
