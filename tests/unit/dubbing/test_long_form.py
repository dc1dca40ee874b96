"""A film of 20 minutes in a process of its own: A2S_LONG=1 asks for it, and it takes some minutes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile

from a2s.media import probe_video
from tests.fakes import draw_video

ROOT = Path(__file__).resolve().parents[3]
SECONDS, FPS = 20 * 60, 5
MOST_BYTES = 3e9
DUB = """
import sys
from a2s import DubSettings, dub
take = dub(sys.argv[1], DubSettings(steps=1))
for out in sys.argv[2:]:
    take.save(out)
"""


@pytest.mark.skipif("A2S_LONG" not in os.environ, reason="takes some minutes; A2S_LONG=1 asks for it")
@pytest.mark.skipif(not (ROOT / "checkpoints" / "compact").is_dir(), reason="needs checkpoints/compact")
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts memory as Linux does")
def test_a_film_of_20_minutes_is_dubbed_to_its_last_sample_in_3_gigabytes(tmp_path):
    film = draw_video(tmp_path / "film.mp4", SECONDS, FPS, hits=range(1, SECONDS, 2))
    outs = tmp_path / "dub.mp4", tmp_path / "dub.wav"
    dubbing = subprocess.Popen([sys.executable, "-c", DUB, film, *outs], cwd=ROOT)
    _, status, used = os.wait4(dubbing.pid, 0)
    print(f"{used.ru_utime + used.ru_stime:.0f} s of a processor, {used.ru_maxrss / 2**10:.0f} MB")
    assert status == 0
    video, sound = probe_video(outs[0]), soundfile.info(outs[1])
    assert (video.frames, video.duration) == (SECONDS * FPS, SECONDS) and video.has_audio
    assert (sound.frames, sound.samplerate) == (SECONDS * 16_000, 16_000)
    assert used.ru_maxrss * 2**10 < MOST_BYTES
