"""Import of the authors' files to a model folder, on a small fake release in their layout."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from a2s import AVLDMPipeline
from a2s.cli.main import main
from a2s.errors import BadCheckpoint, BadSettings, CannotWrite, WeightsMissing
from a2s.io import sha256_of
from a2s.pipelines.official_size import official_parts
from a2s.settings import AUDIO
from a2s.weights import importing, origin_of, verify
from a2s.weights.importing import import_release
from a2s.weights.plan import SCHEDULE, av_sim_target, latent_diffusion_target, plan_weights, vocoder_target
from a2s.weights.release import Checkpoint
from tests.unit.official import names
from tests.unit.official.goldens import arrays
from tests.unit.official.release import write_golden_release
from tests.unit.weights.releases import weights, write_release

KEYS = Path(__file__).parents[1] / "official" / "keys.json.gz"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return write_release(tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="module")
def imported(files, tmp_path_factory):
    return import_release(files.values(), tmp_path_factory.mktemp("models") / "official")


def shapes_of(module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(value.shape) for name, value in module.state_dict().items()}


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# ------------------------------------------------------------------ names


def test_every_full_size_name_is_assigned():
    """The names and shapes of the authors' full-size classes, one to one, on the meta device."""
    keys = json.loads(gzip.decompress(KEYS.read_bytes()))
    with torch.device("meta"):
        from a2s.models.official import HiFiGAN

        parts = official_parts() | {"vocoder": HiFiGAN()}
    av = {f"module.video_model.{name}": shape for name, shape in keys["video_model"].items()}
    av |= {f"module.audio_model.{name}": shape for name, shape in keys["audio_model_ast"].items()}
    av |= {f"module.vid_proj.{name}": shape for name, shape in keys["vid_proj"].items()}
    for shapes, target, filled, beside in (
        (keys["latent_diffusion"], latent_diffusion_target, ("unet", "vae", "conditioner"), SCHEDULE),
        (av, av_sim_target, ("av_sim",), ()),
        (keys["hifigan_v1_128"], vocoder_target, ("vocoder",), ()),
    ):
        checkpoint = Checkpoint(Path("x"), None, {name: tuple(shape) for name, shape in shapes.items()})
        found = plan_weights(checkpoint, target, {name: parts[name] for name in filled}, beside)
        for name in filled:
            assert set(found[name]) == set(parts[name].state_dict())


def test_weights_arrive_where_diffusers_own_converter_puts_them(files, imported):
    pipe = AVLDMPipeline.from_pretrained(imported)
    latent, av, vocoder = (weights(part) for part in ("latent", "av", "vocoder"))

    def below(state, prefix):
        return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}

    audio = names.ast(below(av, "module.audio_model."))
    expected = {
        "unet": names.unet(below(latent, "model.diffusion_model."), pipe.unet.config),
        "vae": names.vae(below(latent, "first_stage_model."), pipe.vae.config),
        "conditioner": {name: latent[name] for name in pipe.conditioner.state_dict()},
        "av_sim": {f"audio_model.{name}": value for name, value in audio.items()}
        | {name: value for name, value in below(av, "module.").items() if not name.startswith("audio_model.")},
        "vocoder": names.folded(vocoder),
    }
    for component, state in expected.items():
        ours = getattr(pipe, component).state_dict()
        assert set(ours) == set(state), component
        for name, value in state.items():
            # Folding a weight norm rounds; everything else is moved, not computed.
            torch.testing.assert_close(ours[name], value, rtol=1e-6 if component == "vocoder" else 0, atol=0, msg=name)


# ------------------------------------------------------------------ the folder


def test_the_folder_is_complete_and_documents_its_origin(files, imported):
    assert verify(imported).compared
    origin, card = origin_of(imported), (imported / "README.md").read_text()
    assert origin["vocoder"] == "authors" and origin["dtype"] == "float32"
    assert {entry["file"] for entry in origin["sources"]} == {path.name for path in files.values()}
    for path in files.values():
        assert sha256_of(path) in card
    for path in imported.rglob("*.safetensors"):
        assert sha256_of(path) in card
        assert path.stat().st_mode == (imported / "model_index.json").stat().st_mode
    assert names_in(imported.parent) == ["official"]


def test_verify_finds_a_changed_weight(files, tmp_path):
    folder = import_release(files.values(), tmp_path / "model")
    path = folder / "conditioner" / "diffusion_pytorch_model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(WeightsMissing, match="does not match its checksum"):
        verify(folder)


def test_half_precision_is_half_the_size(files, imported, tmp_path):
    folder = import_release(files.values(), tmp_path / "half", "float16")
    path = "unet/diffusion_pytorch_model.safetensors"
    assert (folder / path).stat().st_size < 0.6 * (imported / path).stat().st_size
    full, half = (AVLDMPipeline.from_pretrained(x).unet.conv_in.weight for x in (imported, folder))
    assert torch.equal(full.half().float(), half)


def test_without_hifigan_the_compact_vocoder_replaces_it_and_every_output_says_so(files, tmp_path, capsys):
    out = tmp_path / "model"
    assert main(["weights", "import", str(files["latent"]), str(files["av"]), "-o", str(out)]) == 0
    printed = capsys.readouterr()
    assert "the vocoder of the compact model replaces it" in printed.out and "no HiFi-GAN among" in printed.err
    assert origin_of(out)["vocoder"] == "compact" and "Not the authors'" in (out / "README.md").read_text()
    assert type(AVLDMPipeline.from_pretrained(out).vocoder).__name__ == "Vocoder"
    assert verify(out).compared


def test_shards_make_the_same_model(files, imported, tmp_path, monkeypatch):
    monkeypatch.setattr(importing, "SHARD", "1MB")
    folder = import_release(files.values(), tmp_path / "model")
    assert len(list((folder / "unet").glob("*.safetensors"))) > 3
    one, many = (AVLDMPipeline.from_pretrained(x).unet.state_dict() for x in (imported, folder))
    assert all(torch.equal(one[name], many[name]) for name in one)


def test_files_that_a_dub_does_not_need_are_skipped_with_a_message(files, tmp_path):
    torch.save({f"module.mlp.{n}.weight": torch.ones(2, 2) for n in (0, 2, 4)}, tmp_path / "head_bestacc.pth")
    text = {"module.text_model.a": torch.ones(2), "module.audio_model.v.a": torch.ones(2)}
    torch.save({"state_dict": text}, tmp_path / "al.pth")
    messages = []
    more = [tmp_path / "head_bestacc.pth", tmp_path / "al.pth"]
    import_release([*files.values(), *more], tmp_path / "model", on_message=messages.append)
    assert all(any(path.name in line and "skipped" in line for line in messages) for path in more)


# ------------------------------------------------------------------ refusals


def changed(part: str, **edits) -> dict[str, torch.Tensor]:
    """Weights of a part with some replaced, added, or (None) removed."""
    made = weights(part) | edits
    return {name: value for name, value in made.items() if value is not None}


LINEAR = "audio_cond_encoder.linear.0.bias"
BEYOND = "model.diffusion_model.input_blocks.99.0.op.bias"
FAULTS = {
    "missing": ("latent", {"audio_zero_embed": None, "betas": None}, "2 missing: betas, conditioner audio_zero_embed"),
    "unexpected": ("latent", {"model_ema.decay": torch.ones(1)}, "1 unexpected: model_ema.decay"),
    "beyond the network": ("latent", {BEYOND: torch.ones(1)}, f"1 unexpected: {BEYOND}"),
    "mis-shaped": ("latent", {LINEAR: torch.ones(3)}, rf"1 of another shape: {LINEAR} \(3,\) for \(512,\)"),
    "twice": ("av", {"vid_proj.0.bias": torch.ones(32)}, "1 unexpected: vid_proj.0.bias"),
    "half a weight norm": ("vocoder", {"conv_pre.weight_v": None}, "1 missing: .*1 unexpected: conv_pre.weight_g"),
    "gain": ("vocoder", {"conv_pre.weight_g": torch.ones(1, 1, 1)}, "1 of another shape: conv_pre.weight_v"),
    "no number": ("latent", {LINEAR: torch.full((512,), float("nan"))}, "not finite numbers"),
    "no weight": ("latent", {"audio_zero_embed": "a" * 8}, "that is not a weight"),
    "integers": ("av", {"module.vid_proj.0.bias": torch.ones(32, dtype=torch.long)}, "that is not a weight"),
    "another schedule": ("latent", {"alphas_cumprod": torch.linspace(1, 0, 1000)}, "another noise schedule"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_listed_and_nothing_is_written(fault, tmp_path):
    part, edits, message = FAULTS[fault]
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    files = write_release(tmp_path / "in", **{part: changed(part, **edits)})
    with pytest.raises(BadCheckpoint, match=message) as caught:
        import_release(files.values(), tmp_path / "out" / "model")
    assert "\n" not in str(caught.value)
    assert names_in(tmp_path / "out") == []


def test_another_size_without_its_configuration_is_no_released_model(files, tmp_path):
    (tmp_path / "in").mkdir()
    moved = [tmp_path / "in" / files[part].name for part in ("latent", "av")]
    for path, part in zip(moved, ("latent", "av")):
        path.symlink_to(files[part])
    with pytest.raises(BadCheckpoint, match="missing: .*of another shape"):
        import_release(moved, tmp_path / "model")


def test_float16_that_cannot_hold_a_weight_is_refused(tmp_path):
    large = changed("latent", audio_zero_embed=torch.full((1, 24, 48), 1e5))
    files = write_release(tmp_path, latent=large)
    with pytest.raises(BadCheckpoint, match="audio_zero_embed.*too large for float16"):
        import_release(files.values(), tmp_path / "model", "float16")
    assert not (tmp_path / "model").exists() and not (tmp_path / "model.part").exists()


@pytest.mark.parametrize("without", ["latent", "av", "vocoder", "json"])
def test_a_missing_file_is_named(files, without, tmp_path):
    given = [path for part, path in files.items() if part != without]
    with pytest.raises(BadCheckpoint, match="is missing|needs two files"):
        import_release(given, tmp_path / "model")


def test_unknown_and_repeated_files_are_refused(files, tmp_path):
    torch.save({"state_dict": {"fc.weight": torch.ones(2)}}, tmp_path / "other.pth")
    (tmp_path / "other.json").write_text("[1]")
    (tmp_path / "no.json").write_text("{")
    for more, message in (
        ("other.pth", "no weights of the release"),
        ("other.json", "not part of the release"),
        ("no.json", "as JSON"),
    ):
        with pytest.raises(BadCheckpoint, match=message):
            import_release([*files.values(), tmp_path / more], tmp_path / "model")
    with pytest.raises(BadCheckpoint, match="both are the AV-Sim"):
        import_release([*files.values(), files["av"]], tmp_path / "model")


JSON_FAULTS = {
    "80 mel bands": {"conv_pre_size": None},
    "per mel frame": {"upsample_rates": [8, 8, 2, 4]},
    "return_mel": {"return_mel": True},
    "sampling_rate": {"sampling_rate": 22050},
    "lacks resblock": {"resblock": None},
    "do not fit its rates": {"upsample_kernel_sizes": [16, 16, 4, 5]},
    "describes no generator": {"upsample_rates": "fast"},
}


@pytest.mark.parametrize("message", JSON_FAULTS)
def test_hifigans_json_must_fit_the_mel(message, files, tmp_path):
    content = json.loads(files["json"].read_text()) | JSON_FAULTS[message]
    path = tmp_path / "hifi-gan.json"
    path.write_text(json.dumps({name: value for name, value in content.items() if value is not None}))
    given = [files["latent"], files["av"], files["vocoder"], files["sizes"], path]
    with pytest.raises(BadCheckpoint, match=message):
        import_release(given, tmp_path / "model")


WRONG_CONFIGURATIONS = [
    {"unet": {}},
    {"vae": {"ch_mult": [1]}},
    {"video_model": {"embed_dim": "wide"}},
    {"vid_proj": 3},
]


@pytest.mark.parametrize("edit", WRONG_CONFIGURATIONS)
def test_a_configuration_that_describes_no_model(edit, files, tmp_path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(json.loads(files["sizes"].read_text()) | edit))
    with pytest.raises(BadCheckpoint, match="describes no model"):
        import_release([files["latent"], files["av"], path], tmp_path / "model")


def test_an_existing_folder_stays(files, tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "thesis.txt").write_text("mine")
    with pytest.raises(CannotWrite, match="already exists"):
        import_release(files.values(), tmp_path / "model")
    assert (tmp_path / "model" / "thesis.txt").read_text() == "mine"
    with pytest.raises(BadSettings, match="float32 or float16"):
        import_release(files.values(), tmp_path / "other", "int4")


def test_a_full_disk_is_reported_before_anything_is_written(files, tmp_path, monkeypatch):
    monkeypatch.setattr("a2s.weights.target.shutil.disk_usage", lambda path: SimpleNamespace(free=1))
    with pytest.raises(CannotWrite, match="GB free"):
        import_release(files.values(), tmp_path / "model")
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_an_interrupted_import_leaves_nothing(error, files, tmp_path, monkeypatch):
    written = []

    def interrupt(shard, path, **options):
        Path(path).write_bytes(b"half")
        written.append(path)
        if len(written) == 2:
            raise error

    monkeypatch.setattr(importing, "save_file", interrupt)
    with pytest.raises(CannotWrite if isinstance(error, OSError) else KeyboardInterrupt):
        import_release(files.values(), tmp_path / "model")
    assert len(written) == 2 and names_in(tmp_path) == []


# ------------------------------------------------------------------ the authors' own


@torch.inference_mode()
def test_the_golden_release_is_imported_and_computes_as_the_authors_classes_do(tmp_path, capsys):
    """Weights and chain.npz were made by the authors' own classes."""
    (tmp_path / "in").mkdir()
    release = write_golden_release(tmp_path / "in")
    given = [release / name for name in ("epoch=000007.ckpt", "av.pth", "hifi-gan.pth", "hifi-gan.json")]
    given += sorted((release / "av_sync_classifier").glob("*.pth"))
    assert main(["weights", "import", *map(str, given), "-o", str(tmp_path / "model")]) == 0
    assert capsys.readouterr().err.count("skipped") == 4
    assert "pytorch_lightning" not in sys.modules and "parse_config" not in sys.modules
    assert main(["weights", "verify", str(tmp_path / "model")]) == 0
    assert "checksums match" in capsys.readouterr().out

    pipe = AVLDMPipeline.from_pretrained(tmp_path / "model")
    chain = arrays("release/chain")
    std = (0.5 * chain["neighbor_logvar"]).exp()
    ambient = pipe.vae.config.scaling_factor * (chain["neighbor_mean"] + std * chain["noise_neighbor"])
    posterior = pipe.vae.posterior(chain["neighbor_spec"][:, 0])
    both = torch.cat([torch.zeros_like(chain["context"]), chain["context"]])
    first = chain["x_T"].expand(2, -1, -1, -1)
    made = {
        "neighbor_mean": posterior.mean,
        "neighbor_logvar": posterior.logvar,
        "context": pipe.conditioner(chain["video_feat"], ambient),
        "eps_first": pipe.unet(first, chain["timesteps"][0], encoder_hidden_states=both).sample,
        "mel": pipe.vae.decode(chain["latent"])[..., : AUDIO.window_frames],
        "wav": pipe.vocoder(chain["mel"])[0],
    }
    for name, value in made.items():
        difference = (value - chain[name]).abs().max() / chain[name].abs().max()
        assert difference < 1e-5, f"{name}: {difference:.1e}"
