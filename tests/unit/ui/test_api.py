from __future__ import annotations

import pytest

from a2s.errors import Cancelled
from a2s.ui.api import Api


@pytest.fixture
def api(page):
    return Api(page.engine, page.visits)


@pytest.mark.parametrize(("endpoint", "asked"), [("dub", (0.3, 0, 4, 2.5, "", "")), ("retrieve", (3,))])
def test_a_disconnected_caller_is_stopped(page, api, request_of, clip, monkeypatch, endpoint, asked):
    parts = page.engine.load

    def left_meanwhile(*model):
        page.visits.find("one").cancel.set()
        return parts(*model)

    monkeypatch.setattr(page.engine, "load", left_meanwhile)
    with pytest.raises(Cancelled):
        getattr(api, endpoint)(str(clip), *asked, request_of())


def test_an_earlier_cancel_does_not_stop_the_next_call(page, api, request_of, clip):
    page.visits.of("one").cancel.set()
    assert len(api.retrieve(str(clip), 2, request_of())) == 2
