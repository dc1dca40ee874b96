"""Every network against the authors' class with the same weights; the golden array is named in each line."""

from __future__ import annotations

import pytest
import torch
from diffusers import UNet2DConditionModel

from a2s.models.official import HiFiGAN, OfficialAVSim, OfficialConditioner, PictureVAE, SpaceTimeTransformer
from a2s.models.official.fbank import fbank
from a2s.pipelines.official_size import UNET
from tests.unit.official import goldens, names
from tests.unit.official.goldens import MODULE, arrays, config, error, weights


@pytest.fixture(autouse=True)
def _inference():
    with torch.inference_mode():
        yield


def test_space_time_transformer():
    model = SpaceTimeTransformer(**goldens.video_config(config("timesformer/config"))).eval()
    model.load_state_dict(weights("timesformer/weights"))
    golden = arrays("timesformer/io")
    tokens, features = model(golden["x"]), model.features(golden["x"])
    assert error(tokens, golden["tokens"]) < MODULE
    assert error(features[:, 0], golden["cls"]) < MODULE
    assert error(features[:, 1:], golden["max"]) < MODULE
    assert error(tokens[:, 1:].unflatten(1, (16, -1)).mean(2), golden["mean"]) < MODULE
    assert error(model(golden["x"][:, :8])[:, 0], golden["cls_8frames"]) < MODULE
    assert error(model.blocks[0](golden["block0_in"], 16), golden["block0_out"]) < MODULE


def test_conditioner():
    about = config("conditioners/config")
    model = OfficialConditioner(about["video"]["origin_dim"], about["video"]["embed_dim"]).eval()
    # The zero embedding isn't in this case; all else must be.
    assert model.load_state_dict(weights("conditioners/weights"), strict=False).missing_keys == ["audio_zero_embed"]
    golden = arrays("conditioners/io")
    assert error(model.cond_stage_model(golden["video_feat"]), golden["video_tokens"]) < MODULE
    assert error(model.audio_cond_encoder(golden["audio_latent"]), golden["audio_tokens"]) < MODULE
    assert error(model(golden["video_feat"], golden["audio_latent"]), golden["context"]) < MODULE


def test_unconditional_context_is_all_zeros_and_comes_first():
    model = OfficialConditioner(8, 8)
    context, grid = model.branches(torch.randn(2, 17, 8), torch.zeros(2, 20, 192), torch.randn(2, 4, 16, 24), True)
    assert context.shape == (4, 40, 8) and grid is None
    assert not context[:2].any() and context[2:].any()


def test_unet():
    about = goldens.unet_config(config("unet/config"))
    model = UNet2DConditionModel(**(UNET | about)).eval()
    model.load_state_dict(names.unet(weights("unet/weights"), model.config))
    golden = arrays("unet/io")
    made = model(golden["x"], golden["t"], encoder_hidden_states=golden["context"]).sample
    assert error(made, golden["eps"]) < MODULE
    made = model(golden["x"], golden["t_int"], encoder_hidden_states=golden["context"]).sample
    assert error(made, golden["eps_int"]) < MODULE


def test_picture_vae():
    model = PictureVAE(**goldens.vae_config(config("vae/config")["ddconfig"])).eval()
    model.load_state_dict(names.vae(weights("vae/weights"), model.config))
    golden = arrays("vae/io")
    posterior = model.posterior(golden["spec"][:, 0])
    assert error(posterior.parameters, golden["moments"]) < MODULE
    assert error(posterior.std, golden["std"]) < MODULE
    assert error(model.encode(golden["spec"][:, 0], golden["noise"]), golden["latent_scaled"]) < MODULE
    assert error(model.encode(golden["spec"][:, 0]), golden["mean"] * 0.18215) < MODULE
    assert error(model.decode(golden["latent_scaled"]), golden["decoded"][:, 0]) < MODULE


@pytest.mark.parametrize("kind", ["resblock1", "resblock2"])
def test_hifigan(kind):
    about = config(f"hifigan/{kind}")
    model = HiFiGAN(**{key: about[key] for key in HiFiGAN().config if key in about}).eval()
    model.load_state_dict(names.folded(weights(f"hifigan/{kind}")))
    golden = arrays(f"hifigan/{kind}")
    made = model.generate(golden["mel_ln"])
    assert error(made, golden["wav"][:, 0]) < MODULE
    assert error(made, golden["wav_with_weight_norm"][:, 0]) < MODULE
    picture = (golden["mel_ln"] / torch.tensor(10.0).log() + 4) / 5
    assert error(model(picture), golden["wav"][:, 0]) < MODULE


def test_fbank():
    golden = arrays("avsim/io")
    wave = golden["wav"][0].numpy()
    assert error(fbank(wave), golden["fbank"]) < MODULE
    half = len(wave) // 2
    assert error(fbank(wave[:half]), golden["fbank_sync_half1"]) < MODULE
    assert error(fbank(wave[half:]), golden["fbank_sync_half2"]) < MODULE


def test_av_sim():
    about = config("avsim/config")
    model = OfficialAVSim(
        goldens.video_config(about["video_model"]), goldens.audio_config(about["audio_model"]), about["vid_proj"][1]
    ).eval()
    state = weights("avsim/weights", "module.")
    audio = {key.removeprefix("audio_model."): value for key, value in state.items() if key.startswith("audio_model.")}
    state = {key: value for key, value in state.items() if not key.startswith("audio_model.")}
    model.load_state_dict(state | {f"audio_model.{key}": value for key, value in names.ast(audio).items()})
    golden = arrays("avsim/io")
    tower = model.audio_model.audio_spectrogram_transformer
    assert error(tower(golden["ast_in"]).last_hidden_state, golden["ast_tokens"]) < MODULE
    sound = model.audio_model(golden["ast_in"]).logits
    assert error(sound, golden["ast_out"]) < MODULE
    tokens = model.video_model.features(golden["video"])
    assert error(model.vid_proj(tokens[:, 0]), golden["video_embed"]) < MODULE
    sound = torch.nn.functional.normalize(sound, dim=-1)
    assert error(sound @ model.embed_window(tokens).t(), golden["sim"]) < MODULE
