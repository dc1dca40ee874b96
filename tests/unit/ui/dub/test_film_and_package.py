"""The film to download, the preview of an upload, the package for editors, cue files to save, and settings checked."""

from __future__ import annotations

import zipfile
from pathlib import Path

import av
import numpy as np
import pytest

from a2s.cues.formats import read_cues
from a2s.errors import A2SError, BadSettings
from a2s.media import probe_video
from a2s.settings import DubSettings
from a2s.ui.dub.controls import AUTO, ORDER, control_values
from a2s.ui.dub.cues import value_in
from tests.unit.ui.page_handlers import is_unchanged


@pytest.fixture
def prores(tmp_path) -> Path:
    """Half a second that no browser plays."""
    film = tmp_path / "ten.mov"
    with av.open(str(film), "w") as out:
        stream = out.add_stream("prores_ks", 24)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv422p10le"
        for index in range(12):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 20 * index, np.uint8))
            out.mux(stream.encode(frame.reformat(format="yuv422p10le")))
        out.mux(stream.encode())
    return film


def test_the_chosen_container_is_downloaded_and_an_mp4_is_played(page, request_of):
    page.make(request_of(), film=("mkv", "copy"))
    video, _, _, _, film, *_ = page.takes.show(0, request_of())
    assert film.value["path"].endswith(".mkv")
    assert probe_video(video).container == "mp4" and video.endswith(".player.mp4")


def test_an_unknown_container_is_refused_before_the_dub(page, request_of):
    with pytest.raises(BadSettings, match="mp4, mov, mkv"):
        page.dub.begin(3, True, "exe", "copy", request_of())


def test_an_upload_that_browsers_do_not_play_is_shown_as_a_small_film(page, request_of, prores):
    assert is_unchanged(page.video.show_preview(request_of())), "H.264 plays as it is"
    page.video.load_upload(str(prores), request_of())
    preview = page.video.show_preview(request_of())
    visit = page.visits.of("one")
    assert probe_video(preview).codec == "h264" and visit.preview == Path(preview)
    assert probe_video(visit.video).codec == "prores"
    page.video.load_upload(str(prores), request_of())
    assert not Path(preview).exists(), "it goes with its video"


def test_a_film_without_sound_offers_no_track(page, request_of):
    tracks = page.video.list_tracks(request_of())
    assert tracks.visible is False and tracks.value == AUTO


def test_a_package_is_written_with_the_visitors_name_for_the_film(page, request_of):
    pytest.importorskip("opentimelineio", reason="needs the extra `editors`")
    page.make(request_of())
    *_, (button, done) = page.takes.export_package(0, "plain", 1.0, True, True, request_of())
    assert done["state"] == "done"
    with zipfile.ZipFile(button.value["path"]) as package:
        names = package.namelist()
        recipe = package.read("recipe.json").decode()
    assert {"mix.wav", "action.wav", "ambience.wav", "timeline.otio", "README.txt"} <= set(names)
    assert any(name.endswith(".mp4") and "my clip" in name for name in names), names
    assert str(page.visits.root) not in recipe
    with pytest.raises(BadSettings, match="handles"):
        list(page.takes.export_package(0, "plain", -1, False, False, request_of()))
    with pytest.raises(A2SError, match="Generate a take first"):
        list(page.takes.export_package(7, "plain", 0, False, False, request_of()))


@pytest.mark.parametrize("suffix", [".json", ".csv", ".srt", ".edl", ".mid", ".txt"])
def test_the_cues_on_the_timeline_are_saved_in_every_format(page, request_of, suffix):
    visit = page.visits.of("one")
    shown = value_in(visit, visit.detected_cues) | {"source": "creator", "cues": [{"id": 0, "time": 0.75}]}
    choice, button = page.cues.save_file(suffix, shown, request_of())
    file = Path(button.value["path"])
    assert choice == "" and file.name == f"my-clip-b.cues{suffix}"
    timeline = page.cues.load_file(str(file), request_of())
    assert [cue["time"] for cue in timeline["cues"]] == pytest.approx([0.75], abs=0.03)


def test_another_cue_format_is_refused(page, request_of):
    with pytest.raises(A2SError, match="saved as"):
        page.cues.save_file(".exe", None, request_of())


def test_a_wrong_value_is_named_beside_the_settings(page):
    values = control_values(DubSettings())
    assert page.dub.check(*values, page.engine.default) == ""
    values[ORDER.index("loudness")] = "<b>loud"
    note = page.dub.check(*values, page.engine.default)
    assert "Loudness must be" in note and "&lt;b&gt;loud" in note


def test_a_loudness_that_is_not_reached_is_said_beside_the_take(page, request_of):
    page.make(request_of(), ambient=0.0, loudness=-5.0)
    summary = page.visits.of("one").takes[0].summary
    assert "is not reached" in summary and "--compress" not in summary


def test_writing_is_a_stage_with_progress(page, request_of):
    reports = page.make(request_of())
    writing = [step for step in reports if step["stage"] == "Writing the files"]
    assert writing and all(0.5 < step["done"] <= 1 for step in writing)
    done = [step["done"] for step in reports]
    assert done == sorted(done)


def test_only_a_stretch_is_dubbed(page, request_of):
    page.make(request_of(), start=0.25, end=1.0)
    take = page.visits.of("one").takes[0]
    assert (take.settings.start, take.settings.end) == (0.25, 1.0)
    assert probe_video(take.video).duration == pytest.approx(2.0, abs=0.05)
    assert read_cues(take.cue_file)
