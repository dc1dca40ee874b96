"""`app.py`: its flags, and the errors that it reports before the page opens."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from a2s.settings import Limits

ROOT = Path(__file__).parents[3]


@pytest.fixture
def app(monkeypatch):
    """`app.py` as a module."""
    monkeypatch.syspath_prepend(str(ROOT))
    monkeypatch.delenv("A2S_AUTH", raising=False)
    return importlib.import_module("app")


@pytest.mark.parametrize(
    ("limit", "named"),
    [("max_seconds=none", "A2S_MAX_SECONDS"), ("max_secnds=9", "A2S_MAX_SECNDS"), ("max_takes", "A2S_MAX_TAKES")],
)
def test_a_wrong_limit_is_named_before_the_page_is_imported(app, monkeypatch, capsys, restored_logging, limit, named):
    monkeypatch.setitem(sys.modules, "a2s.ui", None)
    assert app.main(["--limit", limit]) == 2
    stderr = capsys.readouterr().err
    assert named in stderr and stderr.count("\n") == 1


def test_a_missing_model_is_reported_before_the_page_opens(app, capsys, restored_logging, tmp_path):
    assert app.main(["--model", str(tmp_path)]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_limits_and_flags_reach_the_server(app, monkeypatch, restored_logging):
    served = {}
    monkeypatch.setattr("a2s.ui.page.serve", lambda page, engine, **options: served.update(engine=engine, **options))
    flags = ["--port", "7999", "--limit", "max_takes=2", "--limit", "max_seconds=60", "--auth", "ann:a:b", "--mcp"]
    assert app.main(flags) == 0
    assert served["engine"].limits == Limits(max_takes=2, max_seconds=60)
    assert (served["server_port"], served["auth"], served["mcp_server"]) == (7999, ("ann", "a:b"), True)


def test_a_login_needs_a_name_and_a_password(app, monkeypatch, capsys):
    assert app.parse([]).auth is None and app.parse([]).host == "127.0.0.1"
    assert app.parse(["--auth", "ann:a:b"]).auth == "ann:a:b"
    monkeypatch.setenv("A2S_AUTH", "bob:secret")
    assert app.parse([]).auth == "bob:secret"
    for text in ("nobody", ":", "ann:", ":b"):
        with pytest.raises(SystemExit) as stop:
            app.parse(["--auth", text])
        assert stop.value.code == 2 and "colon" in capsys.readouterr().err
