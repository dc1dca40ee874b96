"""`a2s train` reads configuration files; options and --set replace their values."""

from __future__ import annotations

import json

import pytest

from a2s.cli.main import main
from tests.unit.evaluation.tiny_worlds import render_worlds


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return render_worlds(tmp_path_factory.mktemp("train") / "world", 1)


def test_a_training_takes_its_values_from_file_settings_and_options(world, tmp_path, capsys):
    (tmp_path / "vae.yaml").write_text(f"data: {world}\nsteps: 50\nbatch: 4\nchannels: [8, 16]\nevaluation_clips: 2\n")
    arguments = ["train", "vae", "--config", str(tmp_path / "vae.yaml"), "--set", "batch=1", "--set", "kl=1e-5"]
    assert main([*arguments, "--steps", "1", "-o", str(tmp_path / "run")]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(tmp_path / "run" / "vae")
    config = json.loads((tmp_path / "run" / "vae" / "config.json").read_text())
    assert config["block_out_channels"] == [8, 16]
    assert json.loads((tmp_path / "run" / "state.json").read_text())["step"] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["vae", "--data", "{world}", "-o", "{tmp}/run", "--set", "stesp=3"], "no setting 'stesp'"),
        (["vae", "--data", "{world}"], "needs the setting 'out'"),
        (["place", "--data", "{world}", "-o", "{tmp}/run"], "needs the setting 'init'"),
        (["vae", "--data", "{world}", "-o", "{tmp}/none/run"], "does not exist"),
        (["vae", "--data", "{world}", "-o", "{tmp}/run", "--config", "{tmp}/none.yaml"], "cannot be read"),
        (["ablations", "--data", "{world}", "-o", "{tmp}/run", "--only", "all"], "ablation 'all' does not exist"),
        (["assemble", "{tmp}/none", "-o", "{tmp}/model"], "does not exist"),
    ],
)
def test_a_mistake_is_one_line_and_writes_nothing(arguments, message, world, tmp_path, capsys):
    filled = [part.format(world=world, tmp=tmp_path) for part in arguments]
    assert main(["train", *filled]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
    assert not list(tmp_path.iterdir())
