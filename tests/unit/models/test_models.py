"""Shapes, ranges and what each model's output must and must not depend on."""

from __future__ import annotations

import torch

from a2s.models import AVSim, Conditioner, MelVAE, Vocoder, info_nce
from a2s.settings import ACTIONS, MATERIALS


def test_vae_halves_three_times_and_decodes():
    vae = MelVAE(latent_channels=4, block_out_channels=(8, 16)).eval()
    mel = torch.rand(2, 128, 192)
    latent = vae.encode(mel)
    assert latent.shape == (2, 4, 16, 24)
    made = vae.decode(latent)
    assert made.shape == mel.shape and made.min() >= 0 and made.max() <= 1


def test_vae_normalisation_is_inverted():
    torch.manual_seed(0)
    vae = MelVAE(latent_channels=4, block_out_channels=(8, 16)).eval()
    mel = torch.rand(1, 128, 192)
    before = vae.decode(vae.encode(mel))
    vae.latent_mean += 3.0
    vae.latent_std *= 0.5
    assert torch.allclose(vae.decode(vae.encode(mel)), before, atol=1e-5)


def test_vocoders_return_256_samples_per_frame():
    vocoder = Vocoder(channels=16, layers=1).eval()
    for frames in (9, 188):
        assert vocoder(torch.rand(1, 128, frames)).shape == (1, 256 * frames)


def test_untrained_vocoder_has_the_right_level():
    """The pseudo-inverse prior gives magnitudes before anything is learned: 40 dB more mel is far more sound."""
    vocoder = Vocoder(channels=16, layers=1).eval()
    loud, quiet = (vocoder(torch.full((1, 128, 60), level)).square().mean() for level in (0.8, 0.4))
    assert 10 * torch.log10(loud / quiet) > 30


def test_vocoder_is_time_invariant_in_a_long_sound():
    """From a multiple of four frames on, as chunks begin, a piece is what the whole is: rounding takes no phase."""
    torch.manual_seed(0)
    vocoder, mel = Vocoder(channels=16, layers=1, rounds=2).eval(), torch.rand(1, 128, 4000)
    whole, piece = vocoder(mel)[:, 256 * 3940 :], vocoder(mel[..., 3900:])[:, 256 * 40 :]
    assert (whole - piece).norm() < 1e-4 * whole.norm()


def test_rounds_make_a_spectrum_consistent():
    """A consistent spectrum is that of its own sound; the magnitude asked for stays."""
    torch.manual_seed(0)
    once, often = Vocoder(channels=16, layers=1).eval(), Vocoder(channels=16, layers=1, rounds=8).eval()
    asked = torch.polar(torch.rand(1, 513, 60), 6.28 * torch.rand(1, 513, 60))

    def apart(vocoder: Vocoder) -> float:
        spectrum = vocoder.consistent(asked)
        return ((vocoder._stft(vocoder._istft(spectrum)).abs() - asked.abs()).norm() / asked.norm()).item()

    assert torch.equal(once.consistent(asked), asked)
    assert apart(often) < 0.75 * apart(once)
    assert often(torch.rand(1, 128, 9)).shape == (1, 256 * 9)


def test_video_encoder_tokens_and_heads():
    model = AVSim(embedding=16, token_dim=24).eval()
    grid, look = torch.randn(2, 48, 12, 12, 6), torch.rand(2, 4, 64, 64, 3)
    tokens = model.video_encoder(grid, look)
    read = model.video_encoder.read(tokens)
    assert tokens.shape == (2, 48, 24)
    assert read.onset.shape == (2, 96) and read.sketch.shape == (2, 32, 96)
    assert read.action.shape == (2, 48, len(ACTIONS)) and read.material.shape == (2, 48, len(MATERIALS))
    assert torch.allclose(model.embed_video(tokens, look).norm(dim=-1), torch.ones(2), atol=1e-5)


def test_half_of_a_similarity_depends_on_the_location():
    model = AVSim(embedding=16, token_dim=24, place=8).eval()
    tokens, look, mel = torch.randn(2, 48, 24), torch.rand(2, 4, 64, 64, 3), torch.rand(2, 128, 100)
    with torch.inference_mode():
        video, audio = model.embed_video(tokens, look), model.embed_audio(mel)
        again = model.embed_video(torch.randn(2, 48, 24), look)  # other hands in the same place
        assert torch.allclose(video[:, 16:], 0.5**0.5 * model.place_eye(look))
        assert torch.allclose(audio[:, 16:], 0.5**0.5 * model.place_ear(mel))
    assert video.shape == audio.shape == (2, 24)
    assert torch.allclose(video.norm(dim=-1), torch.ones(2), atol=1e-5) and torch.equal(video[:, 16:], again[:, 16:])
    assert not torch.allclose(video[:, :16], again[:, :16])


def test_info_nce_accepts_matching_rows():
    unit, warm = torch.eye(4), torch.tensor(5.0)
    alike = torch.tensor([0, 0, 1, 2])[:, None] == torch.tensor([0, 0, 1, 2])
    met = torch.tensor([[1.0, 0, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    strange = torch.tensor([[1.0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    assert torch.isclose(info_nce(met, unit, warm), info_nce(strange, unit, warm)), "either is a mistake for another"
    assert info_nce(met, unit, warm, alike) + 0.1 < info_nce(strange, unit, warm, alike), "one of them is of its kind"
    assert torch.isclose(info_nce(unit, unit, warm, torch.eye(4).bool()), info_nce(unit, unit, warm))


def test_info_nce_prefers_true_pairs():
    unit = torch.eye(6)
    right = info_nce(unit, unit, torch.tensor(20.0))
    wrong = info_nce(unit, unit.roll(1, 0), torch.tensor(20.0))
    assert right < 0.01 < wrong


def test_masked_conditions_have_no_effect():
    torch.manual_seed(0)
    conditioner = Conditioner(token_dim=24, latent_channels=4, context_dim=32, hidden=16).eval()
    ambient, off = torch.randn(2, 4, 16, 24), torch.zeros(2)
    a = conditioner(torch.randn(2, 48, 24), torch.rand(2, 20, 192), ambient, off, off)
    b = conditioner(torch.randn(2, 48, 24), torch.rand(2, 20, 192), ambient, off, off)
    assert all(torch.equal(x, y) for x, y in zip(a, b))


def test_a_cue_changes_its_own_column_of_the_grid():
    torch.manual_seed(0)
    conditioner = Conditioner(token_dim=24, latent_channels=4, context_dim=32, hidden=16).eval()
    on, cues = torch.ones(1), torch.zeros(1, 20, 192)
    video, ambient = torch.zeros(1, 48, 24), torch.zeros(1, 4, 16, 24)
    still = conditioner(video, cues, ambient, on, on)[1]
    struck = cues.clone()
    struck[0, 0, 96] = 1
    change = (conditioner(video, struck, ambient, on, on)[1] - still).abs().sum((0, 1, 2))
    assert change.argmax() in (11, 12, 13)
