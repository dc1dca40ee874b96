from __future__ import annotations

from types import SimpleNamespace

import pytest

from a2s.errors import BadSettings, WeightsMissing
from a2s.settings import DubSettings
from a2s.ui.engine import Engine
from tests.fakes import FakeBank, FakePipeline


class OtherPipeline(FakePipeline):
    model_hash = "other"


class MeasuredBank(FakeBank):
    """A bank that can be embedded anew, and counts how often."""

    embedded_by: list = []

    def embedded(self, embed, model_hash):
        self.embedded_by.append(model_hash)
        bank = MeasuredBank()
        bank.model_hash = model_hash
        return bank


@pytest.fixture
def engine():
    MeasuredBank.embedded_by = []
    return Engine(FakePipeline(), MeasuredBank(), more={"other": OtherPipeline(), "gone": "official"})


def test_a_missing_model_says_how_to_install_it(engine):
    missing = {choice_key.name: choice_key.missing for choice_key in engine.model_choices()}
    assert missing["model"] == missing["other"] == "" and missing["gone"]


def test_known_models_are_offered():
    names = [choice_key.name for choice_key in Engine("compact").model_choices()]
    assert names[:2] == ["compact", "official"]


def test_a_model_folder_is_offered_by_name_not_by_path(tmp_path):
    first = Engine(tmp_path / "mine").model_choices()[0]
    assert first.name == "mine" and str(tmp_path) not in first.label


def test_a_model_that_is_not_on_the_page_is_refused(engine):
    with pytest.raises(BadSettings):
        engine.load("/etc")


def test_a_missing_default_model_raises_early(tmp_path):
    with pytest.raises(WeightsMissing):
        Engine(tmp_path).check_model()


def test_the_bank_is_embedded_once_for_each_model(engine):
    assert engine.load()[1].model_hash == "fake" and MeasuredBank.embedded_by == []
    first, second = engine.load("other")[1], engine.load("other")[1]
    assert first is second and first.model_hash == "other" and MeasuredBank.embedded_by == ["other"]


def test_a_visits_own_bank_replaces_the_built_in_one(engine):
    own = MeasuredBank()
    assert engine.bank_of(SimpleNamespace(bank=own, model=None)) is own
    assert engine.bank_of(SimpleNamespace(bank=None, model=None)) is engine.load()[1]
    for visit, model in ((None, "other"), ("other", None)):
        assert engine.bank_of(SimpleNamespace(bank=own, model=visit), model).model_hash == "other"


def test_speed_is_measured_once_per_model(engine):
    estimator, settings = engine.estimator(), DubSettings(steps=10, guidance_scale=2.5)
    assert engine.estimator() is estimator and engine.estimator("other") is None
    engine.record_duration("other", settings, 3.0, 10.2)
    assert engine.measure_speed("other") is engine.estimator("other")
    assert engine.estimator("other").estimate(3.0, 10) == pytest.approx(10.2)
    engine.record_duration("other", settings, 3.0, 30.0)
    assert 10.5 < engine.estimator("other").estimate(3.0, 10) < 30
