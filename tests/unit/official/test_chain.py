"""Pictures to waveform through our pipeline with the weights of a small release, against the authors' own chain."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from a2s.audio.mel import mel_spectrogram
from a2s.evaluation.metrics.ambience import lowest_energy
from a2s.models.official import HiFiGAN
from a2s.models.official.av_sim import normalised
from a2s.pipelines.official_size import official_parts, official_pipeline
from a2s.pipelines.windows import vocode
from a2s.settings import AUDIO
from a2s.vision.frames import frame_indices
from a2s.weights.av_sync import load_av_sync
from tests.unit.official import goldens, names
from tests.unit.official.goldens import LATENT, MODULE, arrays, config, error
from tests.unit.official.release import write_golden_release

FRAMES, SIZE = 37, 32


def below(state, prefix):
    return {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}


@pytest.fixture(scope="module")
def golden():
    return arrays("release/chain")


@pytest.fixture(scope="module")
def pipe():
    about = config("release/config")
    parts = official_parts(
        goldens.unet_config(about["unet"]),
        goldens.vae_config(about["vae"]),
        {"video_dim": about["video_cond"]["origin_dim"], "context_dim": about["video_cond"]["embed_dim"]},
        {
            "video": goldens.video_config(about["video_model"]),
            "audio": goldens.audio_config(about["audio_model"]),
            "embedding": about["vid_proj"][1],
        },
    )
    state = goldens.released("latent_diffusion")
    parts["unet"].load_state_dict(names.unet(below(state, "model.diffusion_model."), parts["unet"].config))
    parts["vae"].load_state_dict(names.vae(below(state, "first_stage_model."), parts["vae"].config))
    parts["conditioner"].load_state_dict({key: state[key] for key in parts["conditioner"].state_dict()})
    av_sim = below(goldens.released("av_sim"), "module.")
    audio = {f"audio_model.{key}": value for key, value in names.ast(below(av_sim, "audio_model.")).items()}
    parts["av_sim"].load_state_dict({k: v for k, v in av_sim.items() if not k.startswith("audio_model.")} | audio)
    about = config("release/hifi-gan")
    vocoder = HiFiGAN(**{key: about[key] for key in HiFiGAN().config if key in about})
    vocoder.load_state_dict(names.folded(goldens.released("hifi-gan")))
    made = official_pipeline(parts, vocoder)
    for part in (*parts.values(), vocoder):
        part.eval()
    made.set_progress_bar_config(disable=True)
    with torch.inference_mode():
        yield made


def film() -> np.ndarray:
    """(37, 32, 32, 3) uint8, by the formula in the release's configuration."""
    f, y, x, c = np.meshgrid(*(np.arange(n) for n in (FRAMES, SIZE, SIZE, 3)), indexing="ij")
    return ((31 * f + 7 * y + 5 * x + 3 * f * c + x * y // 8 + 11 * c + f * y // 3) % 256).astype(np.uint8)


def pictures() -> torch.Tensor:
    return torch.from_numpy(film()[frame_indices(np.arange(FRAMES) * 3 / FRAMES, 3.0, 0.0, 16)])[None]


def neighbour(golden) -> torch.Tensor:
    """The mel of the neighbour's sound, which lacks its last 3000 samples."""
    wave = golden["neighbor_wav"]
    return mel_spectrogram(torch.nn.functional.pad(wave, (0, 48_000 - len(wave))))[None]


def test_pictures(golden, pipe):
    assert frame_indices(np.arange(FRAMES) * 3 / FRAMES, 3.0, 0.0, 16).tolist() == golden["frame_indices"].tolist()
    assert error(pipe.av_sim.encode(pictures())[:, 1:], golden["video_feat"]) < MODULE
    if "frames_normalised" in golden:  # not in the tree
        assert error(normalised(pictures()), golden["frames_normalised"]) < MODULE


def test_ambient_clip(golden, pipe):
    mel = neighbour(golden)
    assert float((mel - golden["neighbor_spec"][0, ..., :188]).abs().max()) < MODULE
    posterior = pipe.vae.posterior(mel)
    assert error(posterior.mean, golden["neighbor_mean"]) < MODULE
    assert error(posterior.logvar, golden["neighbor_logvar"]) < MODULE


def test_own_sound(golden, pipe):
    own = mel_spectrogram(golden["clip_wav"])[None]
    assert float((own - golden["clip_spec"][0, ..., :188]).abs().max()) < MODULE
    latent = pipe.vae.encode(own, golden["noise_target"])
    assert error(latent, golden["target_latent"]) < MODULE
    assert error(pipe.vae.decode(latent), golden["target_reconstruction"]) < MODULE


def test_contexts(golden, pipe):
    tokens, noise, null = pipe.av_sim.encode(pictures()), golden["noise_neighbor"], torch.zeros(1, 20, 192)

    def context(mel, noise):
        return pipe.conditioner.branches(tokens, null, pipe.vae.encode(mel, noise), False)[0]

    assert error(context(neighbour(golden), noise), golden["context"]) < MODULE
    assert error(context(neighbour(golden), None), golden["context_neighbor_mode"]) < MODULE
    assert error(context(torch.zeros(1, 128, 188), noise), golden["context_black_neighbor"]) < MODULE
    assert error(pipe.conditioner(tokens[:, 1:], None), golden["context_cond_zero"]) < MODULE


def test_from_pictures_to_waveform(golden, pipe, monkeypatch):
    drawn = iter([golden["x_T"]])
    monkeypatch.setattr(pipe, "_noise", lambda shape, generator: next(drawn))
    shown, times, first = [], [], []
    network = pipe.unet.forward

    def watch(x, t, encoder_hidden_states):
        made = network(x, t, encoder_hidden_states=encoder_hidden_states)
        shown.append(x.chunk(2)[0])
        times.append(t)
        first.append(made.sample)
        return made

    monkeypatch.setattr(pipe.unet, "forward", watch)
    ambient = pipe.vae.encode(neighbour(golden), golden["noise_neighbor"])
    # Steps and guidance default to the authors' values.
    made = pipe.sample(pipe.av_sim.encode(pictures()), torch.zeros(1, 20, 192), ambient)
    assert error(torch.stack(times), golden["timesteps"]) < MODULE
    assert error(first[0], golden["eps_first"]) < MODULE
    assert error(torch.stack(shown), golden["trajectory_x"]) < LATENT
    assert error(made.latents, golden["latent"]) < LATENT
    assert error(made.mels, golden["mel"]) < LATENT
    assert error(pipe.vocode(made.mels)[0], golden["wav"]) < LATENT


def test_a_dubs_sound_equals_the_authors_to_its_last_sample(golden, pipe):
    """No frame is appended to the mel before HiFi-GAN."""
    made = vocode(pipe, golden["mel"].numpy(), AUDIO.window_samples)
    assert error(torch.from_numpy(made)[0], golden["wav"][: AUDIO.window_samples]) < MODULE


def test_retrieval(golden, pipe):
    embedding = pipe.av_sim.embed_window(pipe.av_sim.encode(pictures()))
    wanted = torch.nn.functional.normalize(golden["retrieval_video_embed"], dim=-1)
    assert error(embedding, wanted) < MODULE
    bank = torch.nn.functional.normalize(golden["retrieval_bank"], dim=-1)
    scores = bank @ embedding[0]
    assert error(scores, golden["retrieval_sims"]) < MODULE
    assert golden["retrieval_names"][int(scores.argmax())] == golden["retrieval_top"]


def test_the_metric_av_sim(golden, pipe):
    """The metric AV-Sim: the pictures against the sound that the authors' chain made."""
    made = np.asarray(golden["wav"])
    score = float(pipe.av_sim.embed_sound(made) @ pipe.av_sim.embed_window(pipe.av_sim.encode(pictures())).t())
    assert score == pytest.approx(float(golden["metric_av_sim"]), abs=MODULE)


def test_the_metric_av_sync(golden, tmp_path):
    classifier = load_av_sync(write_golden_release(tmp_path) / "av_sync_classifier")
    images = torch.from_numpy(film()[frame_indices(np.arange(FRAMES) * 3 / FRAMES, 3.0, 0.0, 32)])
    made = np.asarray(golden["wav"])
    assert error(torch.from_numpy(classifier.probabilities(images, made)), golden["av_sync_probs"]) < MODULE
    assert classifier.in_sync(images, made) == bool(golden["metric_av_sync"])


def test_the_metric_ambient(golden):
    assert lowest_energy(np.asarray(golden["wav"])) == pytest.approx(float(golden["metric_ambient"]), rel=MODULE)
