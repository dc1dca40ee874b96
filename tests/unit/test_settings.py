"""Limits read the environment, and specifications and settings validate their values."""

from __future__ import annotations

import json
import pickle
import re

import pytest
from pydantic import ValidationError

from a2s.errors import BadSettings
from a2s.settings import AudioSpec, Limits


def test_the_environment_overrides_each_limit(monkeypatch):
    defaults = Limits()
    for name, field in Limits.model_fields.items():
        with monkeypatch.context() as environment:
            environment.setenv(f"A2S_{name.upper()}", "7")
            changed = Limits()
        assert getattr(changed, name) == 7 and type(getattr(changed, name)) is type(field.default)
        assert changed == defaults.model_copy(update={name: 7})


@pytest.mark.parametrize("text", ["", "0", "-1", "many", "nan", "inf", "1e999", "1.5"])
def test_a_value_that_is_not_a_positive_number_is_refused(monkeypatch, text):
    monkeypatch.setenv("A2S_MAX_TAKES", text)
    with pytest.raises(
        BadSettings, match=rf"A2S_MAX_TAKES must be a whole number above 0, not {re.escape(repr(text))}"
    ):
        Limits()
    assert Limits(max_takes=3).max_takes == 3, "an argument overrides the environment"


def test_an_unknown_limit_is_refused(monkeypatch):
    with pytest.raises(BadSettings, match="A2S_MAX_TAKS; the nearest is A2S_MAX_TAKES"):
        Limits(max_taks=7)
    monkeypatch.setenv("A2S_MAX_SECOND", "7")
    with pytest.raises(BadSettings, match="A2S_MAX_SECOND; the nearest is A2S_MAX_SECONDS"):
        Limits()


def test_limits_are_immutable_and_cross_a_process_boundary(monkeypatch):
    limits = Limits(max_takes=2)
    with pytest.raises(ValidationError):
        limits.max_takes = 3
    sent = pickle.dumps(limits)
    monkeypatch.setenv("A2S_MAX_TAKES", "5")
    assert pickle.loads(sent) == limits and hash(limits) == hash(Limits(max_takes=2))


def test_an_audio_specification_survives_a_model_configuration():
    spec = AudioSpec(sample_rate=48_000, n_mels=64)
    assert AudioSpec.from_config(json.loads(json.dumps(spec.to_config())) | {"_class_name": "AudioSpec"}) == spec
    assert AudioSpec.from_config({}) == AudioSpec()
    for wrong in ({"hop_length": 2.5}, {"sample_rate": 0}, {"fmax": "high"}, {"n_mels": None}, {"fmin": float("nan")}):
        with pytest.raises(BadSettings, match=next(iter(wrong))):
            AudioSpec.from_config(wrong)


def test_the_command_line_takes_limits_from_the_environment(tmp_path, monkeypatch, capsys):
    from a2s.cli.main import main

    film = tmp_path / "film.mp4"
    film.write_bytes(bytes(2000))
    command = ["dub", str(film), "-o", str(tmp_path / "out.mp4")]
    monkeypatch.setenv("A2S_MAX_BYTES", "1000")
    assert main(command) == 2
    error = capsys.readouterr().err
    assert "at most" in error and error.count("\n") == 1
    monkeypatch.setenv("A2S_MAX_BYTES", "lots")
    assert main(command) == 2
    assert capsys.readouterr().err == "a2s: A2S_MAX_BYTES must be a whole number above 0, not 'lots'.\n"


def test_a_served_page_has_stricter_limits_that_can_be_raised(monkeypatch):
    ours, served = Limits(), Limits.served()
    assert ours.max_bytes == 4 * 2**30 and ours.max_seconds == 7200
    assert served.max_bytes == 512 * 2**20 and served.max_seconds == 1800
    assert all(getattr(served, name) <= getattr(ours, name) for name in Limits.model_fields)
    monkeypatch.setenv("A2S_MAX_SECONDS", "60")
    assert Limits.served().max_seconds == 60
    assert Limits.read(["max_seconds=90", "max_takes=2"], served=True).max_seconds == 90
    with pytest.raises(BadSettings, match="A2S_MAX_TAKES must be a whole number above 0, not ''"):
        Limits.read(["max_takes"])


def test_the_help_of_the_page_lists_every_limit(capsys):
    from app import parse

    with pytest.raises(SystemExit):
        parse(["--help"])
    shown = capsys.readouterr().out
    assert all(f"  {name} " in shown for name in Limits.model_fields)
