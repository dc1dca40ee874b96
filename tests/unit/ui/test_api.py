from __future__ import annotations

import pytest

from a2s.errors import Cancelled
from a2s.ui.api import Api


@pytest.fixture
def api(studio):
    return Api(studio.engine, studio.visits)


@pytest.mark.parametrize(("endpoint", "asked"), [("dub", (0.3, 0, 4, 2.5, "", "")), ("retrieve", (3,))])
def test_who_leaves_before_the_film_is_seen_is_stopped(studio, api, request_of, clip, monkeypatch, endpoint, asked):
    parts = studio.engine.parts

    def left_meanwhile(*model):
        studio.visits.find("one").cancel.set()
        return parts(*model)

    monkeypatch.setattr(studio.engine, "parts", left_meanwhile)
    with pytest.raises(Cancelled):
        getattr(api, endpoint)(str(clip), *asked, request_of())


def test_what_was_cancelled_before_does_not_stop_the_next_call(studio, api, request_of, clip):
    studio.visits.of("one").cancel.set()
    assert len(api.retrieve(str(clip), 2, request_of())) == 2
