from __future__ import annotations

import os
import time

import pytest

from a2s.errors import A2SError, TooLarge
from a2s.settings import Limits
from a2s.ui.state import Visits, plain_name
from a2s.ui.state.storage import stored_bytes


@pytest.fixture
def visits(tmp_path):
    return Visits(tmp_path / "root", Limits(max_away_seconds=0.05))


def wait_for(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def test_an_upload_gets_a_new_name_in_the_visits_folder(visits, tmp_path):
    upload = tmp_path / "..%2f evil; name.mp4"
    upload.write_bytes(b"film")
    one, two = visits.of("one"), visits.of("two")
    first, second = one.receive(upload, "picture"), one.receive(upload, "picture")
    assert first != second and first.parent == second.parent == one.folder
    assert first.name.replace("-", "").isalnum() and first.read_bytes() == b"film"
    assert one.folder != two.folder and visits.of("one") is one


def test_an_upload_over_the_limit_is_refused(tmp_path):
    upload = tmp_path / "large"
    upload.write_bytes(b"x" * 11)
    visits = Visits(tmp_path / "root", Limits(max_bytes=10))
    with pytest.raises(TooLarge):
        visits.of("one").receive(upload, "picture")


def test_leaving_removes_all_files_and_stops_the_work(visits):
    visit = visits.of("one")
    upload = visits.root / "abc" / "film.mp4"
    upload.parent.mkdir()
    upload.write_bytes(b"film")
    visit.receive(upload, "picture")
    visits.leave("one")
    assert wait_for(lambda: not visit.folder.exists())
    assert visit.cancel.is_set() and not upload.exists()


def sent(visits, content=b"film"):
    """A file where gradio puts it: under its content, in the place of an equal one that came before."""
    place = visits.root / "0123abcd" / "film.mp4"
    place.parent.mkdir(exist_ok=True)
    fresh = visits.root / "fresh"
    fresh.write_bytes(content)
    return fresh.replace(place)


def test_leaving_keeps_a_file_that_another_visitor_has_just_sent(visits):
    one, two = visits.of("one"), visits.of("two")
    one.receive(sent(visits), "picture")
    upload = sent(visits)
    visits.end("one")
    assert two.receive(upload, "picture").read_bytes() == b"film"
    visits.end("two")
    assert not upload.exists()


@pytest.mark.parametrize("order", [("one", "two", "three"), ("three", "two", "one"), ("two", "three", "one")])
def test_the_last_visitor_with_a_file_removes_it(visits, order):
    for name in ("one", "two", "three"):
        visits.of(name).receive(sent(visits), "picture")
    upload = visits.root / "0123abcd" / "film.mp4"
    for name in order:
        assert upload.exists()
        visits.end(name)
    assert not upload.exists()


def test_a_missing_upload_is_one_sentence(visits):
    visit = visits.of("one")
    with pytest.raises(A2SError, match="Upload it again"):
        visit.receive(visits.root / "nothing.mp4", "picture")
    assert list(visit.folder.iterdir()) == []


def test_an_upload_outside_the_root_is_kept(visits, tmp_path):
    upload = tmp_path / "mine.mp4"
    upload.write_bytes(b"film")
    visits.of("one").receive(upload, "picture")
    visits.end("one")
    assert upload.exists()


def test_returning_in_time_keeps_the_visit(tmp_path):
    visits = Visits(tmp_path / "root", Limits(max_away_seconds=3600))
    visit = visits.of("one")
    visits.leave("one")
    end = visit.removal
    assert visits.of("one") is visit and visit.removal is None
    end.join(60)
    assert not end.is_alive(), "its timer was stopped, so it ends without doing anything"
    assert visit.folder.exists() and visit.cancel.is_set(), "its running work was stopped"


def test_an_idle_visit_is_removed(visits):
    visit = visits.of("one")
    visit.last_used -= visits.limits.max_idle_seconds + 1
    visits.of("two")
    assert not visit.folder.exists() and visits.of("one") is not visit


def test_idle_visits_are_removed_without_new_visitors(visits):
    visit = visits.of("one")
    end = visits.remove_idle_every(0.02)
    assert not wait_for(lambda: not visit.folder.exists(), seconds=0.2)
    visit.last_used -= visits.limits.max_idle_seconds + 1
    assert wait_for(lambda: not visit.folder.exists())
    end()


def test_leftovers_of_gradio_are_removed_and_running_uploads_stay(visits):
    visits.root.mkdir(exist_ok=True)
    old, broken, young, full = (visits.root / name for name in ("tmpold", "tmpbroken", "tmpyoung", "tmpfull"))
    for file in (old, broken, young, full):
        file.write_bytes(b"film" if file in (broken, full) else b"")
    for file in (old, broken):
        os.utime(file, (0, 0))
    os.utime(full, (time.time() - visits.limits.max_idle_seconds / 2,) * 2)
    end = visits.remove_idle_every(0.02)
    young.touch()
    os.utime(young, (time.time() + 3600,) * 2)
    assert wait_for(lambda: not old.exists() and not broken.exists())
    end()
    assert young.exists() and full.exists()


@pytest.mark.parametrize(
    ("given", "left"),
    [("my clip.mp4", "my-clip"), ("../../etc/passwd", "passwd"), ("<b>", "b"), ("...", "clip"), ("é", "clip")],
)
def test_download_names_have_plain_characters(given, left):
    assert plain_name(given) == left


def test_uploads_are_refused_when_the_storage_is_full(tmp_path):
    visits = Visits(tmp_path / "root", Limits(max_stored_bytes=1001))
    visits.root.mkdir()
    one, upload = visits.of("one"), visits.root / "upload"
    upload.write_bytes(bytes(1000))
    kept = one.receive(upload, "picture")
    assert stored_bytes(visits.root) == 1000, "a file with two names takes its place once"
    (visits.root / "more").write_bytes(bytes(2))
    with pytest.raises(TooLarge, match="no room"):
        visits.of("two").receive(upload, "picture")
    assert kept.exists() and not list(visits.of("two").folder.iterdir())
    with pytest.raises(TooLarge, match="no room"):
        visits.of("two").next_path("take")  # nor is anything made
