from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from a2s.errors import BadCheckpoint, BadSettings, WeightsMissing
from a2s.evaluation.embeddings import NAMES, load_embedding, mel_statistics
from a2s.evaluation.embeddings.clap import REPOSITORY, Clap
from a2s.evaluation.embeddings.vggish import VGGish, examples_of, load_vggish, log_mel
from a2s.evaluation.judges.events import EventJudge
from tests.tiny import tiny_pipeline
from tests.unit.evaluation.embeddings.tiny_clap import save_tiny_clap

RATE = 16_000


@pytest.fixture(scope="module")
def waves() -> np.ndarray:
    return (0.1 * np.random.default_rng(0).standard_normal((3, 3 * RATE))).astype(np.float32)


@pytest.fixture(scope="module")
def clap_folder(tmp_path_factory) -> Path:
    return save_tiny_clap(tmp_path_factory.mktemp("clap"))


@pytest.fixture(scope="module")
def vggish_file(tmp_path_factory) -> Path:
    """Weights of the published shapes whose rows are each one number, so that the file is small."""
    torch.manual_seed(0)
    with torch.device("meta"):
        shapes = {name: tuple(weight.shape) for name, weight in VGGish().state_dict().items()}
    weights = {name: torch.randn(s[0], *[1] * (len(s) - 1)).expand(s) / np.prod(s[1:]) for name, s in shapes.items()}
    file = tmp_path_factory.mktemp("vggish") / "vggish.pth"
    torch.save(weights | {"pproc.pca_means": torch.zeros(128, 1)}, file)
    return file


@pytest.fixture(params=NAMES)
def each(request, monkeypatch, clap_folder, vggish_file):
    monkeypatch.setenv("A2S_CLAP", str(clap_folder))
    monkeypatch.setenv("A2S_VGGISH", str(vggish_file))
    torch.manual_seed(0)
    return load_embedding(request.param, tiny_pipeline(), EventJudge().eval())


def test_each_gives_a_row_per_clip_for_any_batch_size(each, waves):
    found = each(waves)
    assert found.ndim == 2 and len(found) == 3 and found.dtype == np.float32 and np.isfinite(found).all()
    assert np.allclose(each(waves, batch=2), found, atol=1e-5)
    assert np.allclose(each(waves[2:3])[0], found[2], atol=1e-5)
    assert np.allclose(each.in_frames(waves).mean(1), found, atol=1e-6)
    assert np.ptp(each(np.stack([waves[0], 0.01 * waves[0], np.zeros_like(waves[0])])), axis=0).max() > 0


def test_av_sim_in_batches_equals_single_clips(waves):
    pipe = tiny_pipeline()
    one_by_one = np.stack([pipe.embed_audio(wave) for wave in waves])
    assert np.allclose(load_embedding("av-sim", pipe)(waves), one_by_one, atol=1e-5)
    short = waves[:2, :RATE]
    assert np.allclose(load_embedding("av-sim", pipe)(short), [pipe.embed_audio(wave) for wave in short], atol=1e-5)


def test_the_judge_embedding_is_its_hidden_features(waves):
    judge = EventJudge().eval()
    frames = load_embedding("judge", judge=judge).in_frames(waves)
    assert frames.shape == (3, 9, 192)
    from a2s.audio.mel import mel_spectrogram

    cut = torch.from_numpy(waves[1:2, 4800:14_400])
    with torch.inference_mode():
        assert np.allclose(frames[1, 1], judge.hidden_features(mel_spectrogram(cut)).mean(-1)[0], atol=1e-5)


def test_mel_statistics_show_level_spread_and_rate():
    t = np.arange(3 * RATE) / RATE
    noise = 0.05 * np.random.default_rng(0).standard_normal(3 * RATE)
    steady, slow, fast = (noise * gain for gain in (1.0, 10 ** np.sin(2 * np.pi * t), 10 ** np.sin(2 * np.pi * 12 * t)))
    found = mel_statistics(np.stack([steady, 0.1 * steady, slow, fast]).astype(np.float32))[:, 0]
    assert found.shape == (4, 128)
    mean, spread, low, high = found.reshape(4, 4, 32).mean(2).T
    assert mean[0] - mean[1] == pytest.approx(0.2, abs=0.001)  # 20 dB in units of 100
    assert spread[2] > 2 * spread[0]
    assert low[2] == pytest.approx(0.2 / np.sqrt(2), abs=0.02) and high[2] < 0.5 * low[2]
    assert high[3] > 3 * low[3]


def test_clap_embeds_audio_and_sentences_in_one_space(clap_folder, monkeypatch, waves):
    monkeypatch.setenv("A2S_CLAP", str(clap_folder))
    clap = Clap.load()
    sounds, texts = clap.embed_audio(waves), clap.embed_texts(["hitting wood", "water is poured over stone"])
    assert sounds.shape == (3, 12) and texts.shape == (2, 12)
    for vectors in (sounds, texts):
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.allclose(clap.embed_texts(["hitting wood"])[0], texts[0], atol=1e-5)  # padding has no effect


def test_vggish_front_end():
    t = np.arange(3 * RATE) / RATE
    tone = torch.from_numpy(np.stack([0.5 * np.sin(2 * np.pi * 1000 * t), 0 * t]).astype(np.float32))
    examples = examples_of(tone)
    assert examples.shape == (2, 3, 96, 64)
    assert torch.allclose(examples[1], torch.tensor(np.log(0.01), dtype=torch.float32))
    # Band b peaks at mel 1127 ln(1 + f / 700) = lowest + (b + 1) steps of a 65th of the range: 1 kHz is band 19.
    assert set(examples[0].argmax(-1).flatten().tolist()) == {19}
    # A sine of 0.5 under a Hann window of 400 has the magnitude 0.5 * 400 / 4 in its bin.
    assert log_mel(tone)[0, 50].max().exp() == pytest.approx(50, rel=0.5)


def test_vggish_flattens_in_the_order_of_tensorflow():
    """Rows of time, then columns of frequency, then channels."""
    model = VGGish.__new__(VGGish)
    torch.nn.Module.__init__(model)
    channel = torch.arange(512.0)[None, :, None, None]
    row, column = torch.arange(6.0)[None, None, :, None], torch.arange(4.0)[None, None, None, :]
    model.features = lambda examples: (channel + 1000 * column + 10_000 * row).expand(1, 512, 6, 4)
    model.embeddings = torch.nn.Identity()
    flat = model(torch.zeros(1, 96, 64))[0]
    assert flat[0] == 0 and flat[1] == 1 and flat[512] == 1000 and flat[4 * 512] == 10_000
    assert flat[-1] == 511 + 3000 + 50_000


def test_vggish_is_the_value_before_the_last_rectifier(vggish_file, waves):
    found = load_vggish(vggish_file)(examples_of(torch.from_numpy(waves[:1])).flatten(0, 1))
    assert found.shape == (3, 128) and (found < 0).any()


def test_missing_weights_and_arguments_are_named(monkeypatch, tmp_path):
    monkeypatch.setenv("A2S_VGGISH", str(tmp_path / "none.pth"))
    with pytest.raises(WeightsMissing, match="A2S_VGGISH"):
        load_embedding("vggish")
    monkeypatch.setenv("A2S_CLAP", str(tmp_path))
    with pytest.raises(WeightsMissing, match=REPOSITORY):
        load_embedding("clap")
    for name in ("av-sim", "judge"):
        with pytest.raises(BadSettings, match=f"{name} needs"):
            load_embedding(name)
    with pytest.raises(BadSettings, match="no embedding panns. The embeddings are av-sim"):
        load_embedding("panns")


def test_a_pickled_clap_is_refused(clap_folder, monkeypatch, tmp_path):
    import shutil

    shutil.copytree(clap_folder, tmp_path / "clap")
    torch.save({"logit_scale_a": torch.zeros(())}, tmp_path / "clap/pytorch_model.bin")
    (tmp_path / "clap/model.safetensors").unlink()
    monkeypatch.setenv("A2S_CLAP", str(tmp_path / "clap"))
    with pytest.raises(WeightsMissing, match="safetensors"):
        load_embedding("clap")


def test_other_weights_and_unsafe_files_are_refused(tmp_path):
    torch.save({"features.0.weight": torch.zeros(3)}, tmp_path / "other.pth")
    with pytest.raises(WeightsMissing, match="no VGGish"):
        load_vggish(tmp_path / "other.pth")
    torch.save({"features.0.weight": Path}, tmp_path / "unsafe.pth")
    with pytest.raises(BadCheckpoint, match="refused"):
        load_vggish(tmp_path / "unsafe.pth")
