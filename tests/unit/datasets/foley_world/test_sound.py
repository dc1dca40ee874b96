"""The action stem."""

from __future__ import annotations

import numpy as np
import pytest

from a2s.datasets.foley_world.plan import make_plan
from a2s.datasets.foley_world.sound import TIMBRES, SoundingObject, action_stem
from a2s.settings import MATERIALS


def test_sound_begins_at_the_contact():
    """The loudest rise of the stem lies at an impact's time, to 5 ms."""
    for seed in range(30):
        plan = make_plan(seed)
        events = [e for e in plan.events if e.action in ("hit", "knock")]
        times = np.array([e.time for e in plan.events])
        alone = [e for e in events if (np.abs(times - e.time) < 0.3).sum() == 1]
        if not alone:
            continue
        stem = np.abs(action_stem(plan))
        event = max(alone, key=lambda e: e.strength)
        i = round(event.time * 16_000)
        before, after = stem[i - 160 : i - 16].max(), stem[i : i + 160].max()
        assert after > 3 * before
        return
    pytest.fail("no plan had an impact that stands alone")


def test_a_harder_hit_is_louder_and_brighter():
    body = SoundingObject("wood", np.random.default_rng(0))
    soft, hard = (body.hit(s, np.random.default_rng(1)) for s in (0.2, 1.0))
    assert np.abs(hard).max() == pytest.approx(5 * np.abs(soft).max(), rel=0.05)

    def centroid(y):
        power = np.abs(np.fft.rfft(y)) ** 2
        return (power * np.arange(len(power))).sum() / power.sum()

    assert centroid(hard) > centroid(soft)


def test_materials_have_their_own_timbre():
    assert set(TIMBRES) == set(MATERIALS)
    long, short = (SoundingObject(m, np.random.default_rng(0)).t60.max() for m in ("metal", "stone"))
    assert long > 5 * short
