from __future__ import annotations

from a2s.ambient import AmbientBank
from a2s.dubbing.analysis import analyze_motion, retrieve
from tests.fakes import FakePipeline, draw_video, small_bank


def test_near_silence_is_no_place_to_be_found(tmp_path):
    """Not even where nothing would fit better: no amount of it could be heard."""

    class LikesSilence(FakePipeline):
        def embed_video(self, motion):
            return self.embed_audio(bank.waveform(bank.low_ambient.id))

    bank, motion = small_bank(), analyze_motion(draw_video(tmp_path / "film.mp4", seconds=1.0))
    found = retrieve(motion, 3, LikesSilence(), bank)
    assert {match.clip.id for match in found} == {"room", "rain", "street"}
    assert [match.score for match in found] == sorted((match.score for match in found), reverse=True)


def test_a_bank_of_silence_alone_is_what_it_is(tmp_path):
    whole = small_bank()
    silence = {"name": "Silence", "kind": "quiet", "author": "tests", "licence": "CC0"}
    bank = AmbientBank.of([(whole.waveform("silence"), silence)]).embedded(FakePipeline().embed_audio, "fake")
    found = retrieve(analyze_motion(draw_video(tmp_path / "film.mp4", seconds=1.0)), 5, FakePipeline(), bank)
    assert [match.clip.kind for match in found] == ["quiet"]
