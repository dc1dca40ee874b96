"""Whole packages of small films, read back by other programs' readers and compared in time to the frame."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import zipfile
from dataclasses import dataclass
from fractions import Fraction
from itertools import cycle
from pathlib import Path
from urllib.parse import unquote

import av
import mido
import numpy as np
import opentimelineio as otio
import pytest
import soundfile
from wavinfo import WavInfoReader

from a2s import DubSettings, dub
from a2s.cues import Cue, CueTrack
from a2s.dubbing.recipe import read_recipe
from a2s.editors import PackageOptions, check_package, write_package
from a2s.errors import BadSettings, CannotWrite
from tests.fakes import FakeBank, FakePipeline

CUES = CueTrack(
    (Cue(0.2, 0.9, "hit", "wood"), Cue(0.51, 0.4, "scrape", "metal", duration=0.25), Cue(0.9, 0.6, "step", "stone"))
)
SECONDS = 1


@dataclass(frozen=True)
class Film:
    """steps: frame durations in ticks of `base`, repeated. rate: of the timelines. timecode: of the film."""

    steps: tuple[int, ...]
    base: Fraction
    rate: Fraction
    timecode: str | None = None
    drop: bool = False


FILMS = {
    "23.976": Film((1001,), Fraction(1, 24000), Fraction(24000, 1001), "10:11:12:13"),
    "25": Film((1,), Fraction(1, 25), Fraction(25)),
    "29.97 drop-frame": Film((1001,), Fraction(1, 30000), Fraction(30000, 1001), "01:00:00;02", True),
    "60": Film((1,), Fraction(1, 60), Fraction(60), "00:01:00:00"),
    "variable": Film((29, 41, 33, 27, 38), Fraction(1, 1000), Fraction(30), "02:00:00:00"),
}
LEADS = {
    "plain": PackageOptions(),
    "lead": PackageOptions(names="ucs", handles=0.5, two_pop=True, picture=True),
}


def draw(path: Path, film: Film) -> Path:
    """A film of about one second with a tone."""
    stamps, steps = [0], cycle(film.steps)
    while stamps[-1] * film.base < SECONDS - film.base * max(film.steps):
        stamps.append(stamps[-1] + next(steps))
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=film.rate, options={"preset": "ultrafast", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.time_base = film.base
        if film.timecode:
            stream.metadata["timecode"] = film.timecode
        sound = out.add_stream("pcm_s16le", 48_000, layout="stereo")
        for index, stamp in enumerate(stamps):
            picture = np.full((48, 64, 3), 40, np.uint8)
            picture[index % 40 :][:8] = 200
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = stamp, film.base
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
        tone = (0.2 * np.sin(np.arange(48_000 * SECONDS) / 20) * 2**15).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(np.repeat(tone, 2)[None], format="s16", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, 0, Fraction(1, 48_000)
        out.mux(sound.encode(frame))
        out.mux(sound.encode())
    return path


@pytest.fixture(scope="module")
def takes(tmp_path_factory):
    """The take of each film, made once."""
    folder, made = tmp_path_factory.mktemp("films"), {}

    def take(name):
        if name not in made:
            video = draw(folder / f"film {name}.mov", FILMS[name])
            settings = DubSettings(steps=2, ambient_clip="room", original_audio=-6.0)
            made[name] = dub(video, settings, FakePipeline(), FakeBank(), cues=CUES, stems=True)
        return made[name]

    return take


@pytest.fixture(scope="module", params=[(film, lead) for film in FILMS for lead in LEADS], ids="-".join)
def package(request, takes, tmp_path_factory):
    """(film, options, take, folder with the unpacked files)."""
    name, lead = request.param
    take, folder = takes(name), tmp_path_factory.mktemp("package")
    path = write_package(take, folder / "package.zip", LEADS[lead])
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        archive.extractall(folder)
    path.unlink()
    return FILMS[name], LEADS[lead], take, folder


def wav(folder, stem):
    (path,) = [path for path in folder.glob("*.wav") if re.search(rf"(^|\W){stem}(\W|_)", path.name)]
    return path


def first_frame(film):
    """Frames from timecode 00:00:00:00 to the first frame of the film, counted by OpenTimelineIO."""
    return otio.opentime.from_timecode(film.timecode or "01:00:00:00", float(film.rate)).value


def edges(film, options):
    """(lead of the files, frames from the 2-pop to the film, tail), in frames."""
    pop = 2 * round(film.rate) if options.two_pop else 0
    handles = round(options.handles * film.rate)
    return max(handles, pop), pop, handles


def test_sound_files_have_their_time_reference_and_length(package):
    film, options, take, folder = package
    lead, _, tail = (round(frames / film.rate * 48_000) for frames in edges(film, options))
    start = first_frame(film) - edges(film, options)[0]
    for stem in ("mix", "action", "ambience", "original"):
        info = WavInfoReader(str(wav(folder, stem)))
        assert (info.fmt.sample_rate, info.fmt.bits_per_sample) == (48_000, 24)
        assert abs(info.bext.time_reference - start / film.rate * 48_000) <= 0.5
        assert info.bext.originator == "a2s"
        assert info.data.frame_count == lead + round(take.duration * 48_000) + tail


def test_the_stems_add_up_to_the_mix(package):
    film, options, _, folder = package
    parts = [soundfile.read(wav(folder, stem), dtype="int32")[0] >> 8 for stem in ("action", "ambience", "original")]
    mix = soundfile.read(wav(folder, "mix"), dtype="int32")[0] >> 8
    begin = round(edges(film, options)[0] / film.rate * 48_000)  # every file has the 2-pop before it
    assert mix[begin:].any() and np.array_equal(mix[begin:], sum(parts)[begin:])


@pytest.mark.parametrize("name, adapter", [("timeline.otio", "otio_json"), ("timeline.xml", "fcp_xml")])
def test_timelines_lay_out_the_film_and_the_stems(package, name, adapter):
    film, options, take, folder = package
    read = otio.adapters.read_from_string((folder / name).read_text(encoding="utf-8"), adapter)
    rate, (lead, pop, _) = float(film.rate), edges(film, options)
    frames = round(take.duration * film.rate)
    assert read.global_start_time == otio.opentime.RationalTime(first_frame(film) - pop, rate)
    picture, *sounds = [track[-1] for track in read.tracks]
    assert (picture.range_in_parent().start_time.value, picture.source_range.duration.value) == (pop, frames)
    assert unquote(picture.media_reference.target_url) == take.video.name
    assert (folder / take.video.name).exists() == options.picture
    assert len(sounds) == 3
    for clip, stem in zip(sounds, ("action", "ambience", "original"), strict=True):
        file = folder / unquote(clip.media_reference.target_url)
        assert file == wav(folder, stem)
        assert (clip.range_in_parent().start_time.value, clip.source_range.duration.value) == (0, pop + frames)
        reference = WavInfoReader(str(file)).bext.time_reference / 48_000
        begin = clip.source_range.start_time.value / rate - reference  # of the clip in its file, s
        assert begin == pytest.approx((lead - pop) / rate, abs=1 / 48_000)
    for marker, cue in zip(read.tracks.markers, CUES, strict=True):
        assert abs((marker.marked_range.start_time.value - pop) / rate - cue.time) <= 0.5 / rate + 1e-9


def test_markers_and_cues_have_the_time_of_the_film(package):
    film, _, _, folder = package
    edl = (folder / "markers.edl").read_text()
    assert ("FCM: DROP FRAME" in edl) == film.drop and ("FCM: NON-DROP FRAME" in edl) != film.drop
    records = re.findall(r"^\d{3}  \d+ +V +C +\S+ \S+ (\S+) \S+", edl, re.MULTILINE)
    for record, cue in zip(records, CUES, strict=True):
        assert (";" in record) == film.drop
        frame = otio.opentime.from_timecode(record, float(film.rate)).value - first_frame(film)
        assert frame == round(cue.time * film.rate)
    assert re.findall(r"\|M:(\w+ \w+)", edl) == ["hit wood", "scrape metal", "step stone"]
    rows = list(csv.DictReader(io.StringIO((folder / "cues.csv").read_text())))
    assert [float(row["time"]) for row in rows] == pytest.approx([cue.time for cue in CUES])
    now, notes = 0.0, []
    for message in mido.MidiFile(folder / "cues.mid"):
        now += message.time
        if message.type == "note_on" and message.velocity:
            notes.append(now)
    assert notes == pytest.approx([cue.time for cue in CUES], abs=1e-3)


def test_the_page_lists_every_file_and_the_recipe_makes_the_take(package):
    film, options, take, folder = package
    page = (folder / "README.txt").read_text()
    listed = {path.name for path in folder.iterdir()} - {"README.txt"}
    assert all(name in page for name in listed | {take.video.name})
    assert f"First frame of the film: {film.timecode or '01:00:00:00'}." in page
    assert ("The film has" in page) == (film is FILMS["variable"])
    assert read_recipe(folder / "recipe.json") == take.recipe
    assert (
        "seconds" not in json.loads((folder / "recipe.json").read_text())
        or not json.loads((folder / "recipe.json").read_text())["seconds"]
    )


@pytest.mark.skipif(not shutil.which("ffprobe"), reason="ffprobe is not installed")
def test_ffprobe_reads_the_sound_files(package):
    _, _, _, folder = package
    path = wav(folder, "mix")
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_format", str(path)]
    found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    assert found["streams"][0]["codec_name"] == "pcm_s24le" and found["streams"][0]["sample_rate"] == "48000"
    assert int(found["format"]["tags"]["time_reference"]) == WavInfoReader(str(path)).bext.time_reference


def test_the_same_take_gives_the_same_bytes(takes, tmp_path):
    one, two = (write_package(takes("25"), tmp_path / name, LEADS["lead"]).read_bytes() for name in ("a.zip", "b.zip"))
    assert one == two


def test_a_failed_package_leaves_nothing_behind(takes, tmp_path):
    take = takes("25")
    (tmp_path / "old.zip").write_bytes(b"old")
    with pytest.raises(Exception, match="00:00:00:99"):
        write_package(take, tmp_path / "old.zip", PackageOptions(start="00:00:00:99"))
    assert [path.name for path in tmp_path.iterdir()] == ["old.zip"]
    assert (tmp_path / "old.zip").read_bytes() == b"old"


def test_requests_are_checked_before_any_work(tmp_path, monkeypatch):
    assert check_package(tmp_path / "a.zip") == tmp_path / "a.zip"
    with pytest.raises(CannotWrite, match=r"\.zip"):
        check_package(tmp_path / "a.tar")
    with pytest.raises(CannotWrite, match="no folder"):
        check_package(tmp_path / "missing" / "a.zip")
    with pytest.raises(BadSettings, match="plain or ucs"):
        check_package(tmp_path / "a.zip", PackageOptions(names="other"))
    monkeypatch.setattr("a2s.editors.package.find_spec", lambda name: None)
    with pytest.raises(BadSettings, match=r'pip install "a2s\[editors\]"'):
        check_package(tmp_path / "a.zip")
