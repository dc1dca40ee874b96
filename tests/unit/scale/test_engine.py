from __future__ import annotations

import os
import signal

import pytest

from a2s.errors import BadSettings, CannotWrite, WeightsMissing
from a2s.scale.engine import Workers, perform, run
from a2s.scale.store import MAX_ATTEMPTS, Item, Store, file_identity, key_of
from tests.unit.scale.works import Doubling

HERE = Workers(0)


def items(count: int) -> list[Item]:
    return [Item(key_of("double", number), f"number {number}", number) for number in range(count)]


@pytest.fixture
def store(tmp_path):
    return Store.open(tmp_path / "job", "test")


def test_results_are_in_the_order_of_the_items(tmp_path, store):
    seen = []
    results, summary = run(items(3), Doubling(tmp_path / "notes"), store, HERE, lambda r, n, t: seen.append((n, t)))
    assert [result.facts["double"] for result in results] == [0, 2, 4] and seen == [(1, 3), (2, 3), (3, 3)]
    assert (summary.done, summary.repeated, summary.failed) == (3, 0, 0)


def test_a_second_run_does_nothing_and_returns_the_same(tmp_path, store):
    work = Doubling(tmp_path / "notes")
    first, _ = run(items(2), work, store, HERE)
    again, summary = run(items(4), work, Store.open(tmp_path / "job", "test"), HERE)
    assert work.starts() == [0, 1, 2, 3] and [r.facts for r in again[:2]] == [r.facts for r in first]
    assert (summary.done, summary.repeated) == (2, 2)


def test_failures_are_recorded_and_the_others_run(tmp_path, store, capsys):
    results, summary = run(items(4), Doubling(tmp_path / "notes", bad=(1,), bugs=(2,)), store, HERE)
    assert [r.error for r in results] == ["", "1 is no video.", "ZeroDivisionError: one by zero", ""]
    assert (summary.done, summary.failed, summary.bugs) == (2, 2, 1) and "one by zero" in capsys.readouterr().err
    work = Doubling(tmp_path / "again")
    _, summary = run(items(4), work, store, HERE)
    assert summary.repeated == 4 and not work.notes.exists()
    assert store.forget_failures() == 2
    _, summary = run(items(4), work, store, HERE)
    assert work.starts() == [1, 2] and summary.done == 2


def test_equal_items_are_one(tmp_path, store):
    work = Doubling(tmp_path / "notes")
    results, summary = run(items(1) * 3, work, store, HERE)
    assert work.starts() == [0] and len(results) == 3 and summary.done == 1


def test_an_item_that_ends_its_worker_again_and_again_fails(tmp_path, store):
    (item,) = items(1)
    for _ in range(MAX_ATTEMPTS):
        assert store.begin(item)
    result = perform(item, Doubling(tmp_path / "notes").open(), store)
    assert result.bug and "again and again" in result.error and not (tmp_path / "notes").exists()
    assert store.result(item).error == result.error


def test_a_new_run_forgets_the_attempts_of_a_stopped_one(tmp_path, store):
    (item,) = items(1)
    for _ in range(MAX_ATTEMPTS):
        store.begin(item)
    (result,), _ = run([item], Doubling(tmp_path / "notes"), store, HERE)
    assert result.facts["double"] == 0


def test_work_that_cannot_open_is_one_clear_error(tmp_path, store):
    with pytest.raises(WeightsMissing, match="no model"):
        run(items(2), Doubling(tmp_path / "notes", refuses=True), store, HERE)
    assert store.result(items(1)[0]) is None


def test_a_job_never_writes_into_a_strangers_folder(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").touch()
    with pytest.raises(CannotWrite, match="not empty"):
        Store.open(tmp_path / "mine", "dub")
    Store.open(tmp_path / "job", "dub")
    with pytest.raises(BadSettings, match="kind dub, not embed"):
        Store.open(tmp_path / "job", "embed")
    with pytest.raises(CannotWrite, match="cannot be made"):
        Store.open(tmp_path / "absent" / "job", "dub")


def test_keys_depend_on_everything(tmp_path):
    (tmp_path / "a").write_bytes(b"1")
    one = key_of("a", file_identity(tmp_path / "a"), {"x": 1, "y": 2})
    assert one == key_of("a", file_identity(tmp_path / "a"), {"y": 2, "x": 1})
    (tmp_path / "a").write_bytes(b"12")
    assert one != key_of("a", file_identity(tmp_path / "a"), {"x": 1, "y": 2})


@pytest.mark.parametrize(
    ("workers", "cores", "share"),
    [
        (Workers(1), 2, 1.0),
        (Workers(2), 2, 0.88),
        (Workers(8), 2, 0.22),
        (Workers(2, threads=4), 16, 4.0),
        (Workers(4, "auto", threads=2), 2, 2.0),
        (Workers(2, cpus=0.1), 2, 0.1),
    ],
)
def test_workers_leave_room_for_the_tasks_of_ray(workers, cores, share):
    assert workers.cpus_each(cores) == pytest.approx(share, abs=0.01)
    assert workers.address or workers.cpus_each(cores) * workers.count < cores


@pytest.mark.parametrize("options", [{"count": -1}, {"count": 0, "address": "auto"}])
def test_impossible_workers(options):
    with pytest.raises(BadSettings, match="--workers"):
        Workers(**options)


@pytest.mark.slow
@pytest.mark.alone
def test_a_killed_worker_loses_nothing_and_repeats_nothing(tmp_path, store):
    pytest.importorskip("ray.data", reason="the extra `scale` is not installed")
    work = Doubling(tmp_path / "notes", seconds=0.1, bad=(5,))
    killed = []

    def on_result(result, finished, total):
        if finished == 4:
            killed.append(result.facts["process"])
            os.kill(killed[0], signal.SIGKILL)

    results, summary = run(items(12), work, store, Workers(2), on_result)
    assert [r.facts.get("double") for r in results] == [None if n == 5 else 2 * n for n in range(12)]
    assert killed and results[5].error == "5 is no video." and (summary.done, summary.failed) == (11, 1)
    starts = work.starts()
    assert set(starts) == set(range(12)) and len(starts) <= 13  # an item at which its worker was killed runs again
