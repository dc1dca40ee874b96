"""Limits read the environment, and specifications and settings validate their values."""

from __future__ import annotations

import importlib
import json
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import pytest
from pydantic import ValidationError

from a2s.errors import BadSettings
from a2s.settings import AudioSpec, Limits

ROOT = Path(__file__).parents[2]


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


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=os.environ | environment, capture_output=True, text=True
    )


def test_the_command_line_takes_limits_from_the_environment(tmp_path):
    film = tmp_path / "film.mp4"
    film.write_bytes(bytes(2000))
    command = "-m", "a2s", "dub", str(film), "-o", str(tmp_path / "out.mp4")
    small = run(*command, A2S_MAX_BYTES="1000")
    assert small.returncode == 2 and "at most" in small.stderr and small.stderr.count("\n") == 1
    wrong = run(*command, A2S_MAX_BYTES="lots")
    assert wrong.returncode == 2 and wrong.stderr == "a2s: A2S_MAX_BYTES must be a whole number above 0, not 'lots'.\n"


def test_every_part_of_the_page_follows_the_limits():
    """Flags become the environment before a2s is imported, so what takes a limit at import has the right one."""
    limits = {"A2S_MAX_WAITING": "3", "A2S_MAX_RECORDINGS": "4", "A2S_MAX_KEPT_TAKES": "5", "A2S_MAX_IDLE_SECONDS": "6",
              "A2S_MAX_AWAY_SECONDS": "7", "A2S_MAX_TAKES": "2", "A2S_MAX_BYTES": "8",
              "A2S_MAX_ZIP_FILES": "9"}  # fmt: skip
    code = (
        "from a2s.ui import page, state, launch_options; from a2s.ui.bank import handlers;"
        "print(page.QUEUE, handlers.MAX_RECORDINGS, state.KEPT_TAKES, state.LONGEST_IDLE, state.GRACE,"
        " launch_options()['max_file_size'], handlers.unpack.__defaults__[0].max_zip_files)"
    )
    done = run("-c", code, **limits)
    assert done.stdout.split() == ["3", "4", "5", "6.0", "7.0", "8", "9"], done.stderr


@pytest.fixture
def page_app(monkeypatch):
    """`app.py` as a module; what its flags put into the environment is taken back."""
    monkeypatch.syspath_prepend(str(ROOT))
    with patch.dict(os.environ):
        yield importlib.import_module("app")


@pytest.mark.parametrize(
    ("limit", "said"),
    [("max_seconds=none", "A2S_MAX_SECONDS"), ("max_secnds=9", "A2S_MAX_SECNDS"), ("max_takes", "A2S_MAX_TAKES")],
)
def test_a_limit_that_is_wrong_is_named_before_the_page_opens(page_app, monkeypatch, capsys, limit, said):
    monkeypatch.setattr(sys, "argv", ["app.py", "--limit", limit])
    monkeypatch.setitem(sys.modules, "a2s.ui", None)  # it may not even be looked for
    assert page_app.main() == 2
    told = capsys.readouterr().err
    assert said in told and told.count("\n") == 1


def test_who_may_come_in_is_a_name_and_a_password(page_app, capsys):
    assert page_app.parse([]).auth is None and page_app.parse([]).host == "127.0.0.1"
    assert page_app.parse(["--auth", "ann:a:b"]).auth == "ann:a:b"
    os.environ["A2S_AUTH"] = "bob:secret"
    assert page_app.parse([]).auth == "bob:secret"
    for text in ("nobody", ":", "ann:", ":b"):
        with pytest.raises(SystemExit) as stop:
            page_app.parse(["--auth", text])
        assert stop.value.code == 2 and "colon" in capsys.readouterr().err
