"""Write a package for editors: one zip archive with the sound, the timelines and the markers of a take."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from a2s.cues.formats import write_cues
from a2s.dubbing.delivery import check_folder
from a2s.dubbing.take import Take
from a2s.editors.archive import write_zip
from a2s.editors.names import sound_name
from a2s.editors.options import PackageOptions, check_options
from a2s.editors.readme import Contents, readme_text
from a2s.editors.sounds import Edges, with_edges
from a2s.editors.timeline import DeliveryTimeline, Layout, Media, lay_out, make_timeline
from a2s.errors import BadSettings, CannotWrite
from a2s.io import atomic_file, display_name
from a2s.settings import DELIVERY, Limits

LIBRARIES = ("opentimelineio", "otio_fcp_adapter")

ABOUT = {
    "mix": "the finished sound of the film",
    "action": "stem: what the hands do",
    "ambience": "stem: the place",
    "original": "stem: the film's own soundtrack at its level in the mix",
    "timeline.otio": "timeline for DaVinci Resolve, Kdenlive and other programs with OpenTimelineIO",
    "timeline.xml": "timeline for Premiere Pro, DaVinci Resolve and Final Cut Pro 7",
    "session.rpp": "Reaper project",
    "markers.edl": "markers for DaVinci Resolve",
    "cues.csv": "the cues as a table",
    "cues.mid": "the cues as MIDI notes",
    "recipe.json": "the recipe: a2s makes the same sound from it",
}


def check_package(path: str | os.PathLike, options: PackageOptions = PackageOptions()) -> Path:  # noqa: B008  (frozen)
    """The path, if a package with these options could be written to it; checked before any work.

    Raises CannotWrite, and BadSettings for an option outside its range or where a library is missing.
    """
    check_options(options)
    if any(find_spec(name) is None for name in LIBRARIES):
        raise BadSettings('A package for editors needs further libraries: pip install "a2s[editors]" installs them.')
    path = Path(path)
    if path.suffix.lower() != ".zip":
        raise CannotWrite(f"A package for editors must end in .zip, not {display_name(path.name)!r}.")
    return check_folder(path)


def write_package(
    take: Take,
    path: str | os.PathLike,
    options: PackageOptions = PackageOptions(),  # noqa: B008  (frozen)
    limits: Limits | None = None,
) -> Path:
    """Write the package of a take as a .zip, atomically. The same take and options give the same bytes.

    The action stem is generated first where the take has none yet. Returns the path. Raises CannotWrite, BadSettings,
    BadCues for a start timecode that does not exist, and UnreadableVideo where the film has changed.
    """
    path = check_package(path, options)
    with atomic_file(path) as part, TemporaryDirectory(prefix=".", dir=path.parent) as folder:
        write_zip(part, _files(take, Path(folder), options, limits))
    return path


@dataclass(frozen=True)
class _Film:
    """fps: mean frame rate. duration: seconds."""

    media: Media
    fps: float
    layout: Layout


def _files(take: Take, folder: Path, options: PackageOptions, limits: Limits | None) -> Mapping[str, Path]:
    """Write all files of a package into a folder. Returns them by name, in the order of the archive."""
    film = _film(take.video, options, limits)
    layout = film.layout
    sounds = _write_sounds(take, folder, options, layout, limits)
    timeline = make_timeline(
        take.video.stem,
        film.media,
        [(stem.capitalize(), media) for stem, media in sounds.items() if stem != "mix"],
        take.cues,
        layout,
    )
    texts = _texts(take, timeline)
    for name, text in texts.items():
        (folder / name).write_bytes(text().encode("utf-8", "surrogateescape"))
    tables = ("markers.edl", "cues.csv", "cues.mid")
    for name in tables:
        write_cues(take.cues, folder / name, layout.clock)
    names = [media.name for media in sounds.values()]
    about = dict(zip(names, (ABOUT[stem] for stem in sounds), strict=True)) | {
        name: ABOUT[name] for name in (*texts, *tables)
    }
    contents = Contents(list(about.items()), film.media.name, options.picture, film.fps)
    (folder / "README.txt").write_bytes(readme_text(contents, timeline, layout).encode("utf-8", "surrogateescape"))
    files = {name: folder / name for name in ("README.txt", *about)}
    return files | ({film.media.name: take.video} if options.picture else {})


def _film(video: Path, options: PackageOptions, limits: Limits | None) -> _Film:
    from a2s.media import probe_video, read_start_timecode  # keeps `import a2s` fast: PyAV

    info = probe_video(video, limits=limits)
    timecode = read_start_timecode(video, limits=limits)
    layout = lay_out(info.fps, info.duration, timecode, options)
    own = lay_out(info.fps, info.duration, timecode or "00:00:00:00", PackageOptions())
    channels = 2 if info.has_audio else 0
    media = Media(
        _portable(video.name) if options.picture else video.name,
        own.clock.first,
        layout.frames,
        channels,
        info.width,
        info.height,
    )
    return _Film(media, info.fps, layout)


def _portable(name: str) -> str:
    """A name for the copy of a film that every file system and archive can hold."""
    usable = (c if c.isprintable() and c not in '\\/:*?"<>|' else "_" for c in name)
    return "".join(usable)


def _texts(take: Take, timeline: DeliveryTimeline) -> Mapping[str, Callable[[], str]]:
    from a2s.editors.interchange import fcp_xml_text, otio_text
    from a2s.editors.reaper import reaper_project

    return {
        "timeline.otio": lambda: otio_text(timeline),
        "timeline.xml": lambda: fcp_xml_text(timeline),
        "session.rpp": lambda: reaper_project(timeline),
        "recipe.json": lambda: replace(take.report, seconds={}).to_json() + "\n",
    }


def _write_sounds(
    take: Take, folder: Path, options: PackageOptions, layout: Layout, limits: Limits | None
) -> Mapping[str, Media]:
    """Write the mix and the stems. Returns them by stem."""
    from a2s.media import Broadcast, SoundWriter, sound_steps  # keeps `import a2s` fast: PyAV

    stems = ("mix", *take.stems)
    names = {stem: sound_name(stem, options.names, take.video.name, take.cues, take.recipe.take) for stem in stems}
    parts = with_edges(sound_steps(take.stems.soundtrack(), take.seconds, limits), Edges.of(layout))
    start = layout.samples(layout.media_start, DELIVERY.sample_rate)
    figures = take.report.loudness
    with ExitStack() as stack:
        files = {}
        for stem, name in names.items():
            about = Broadcast(start, f"{take.video.name}: {stem}")
            if stem == "mix":
                about = replace(about, lufs=figures.lufs, true_peak_db=figures.true_peak_db)
            files[stem] = stack.enter_context(SoundWriter(folder / name, Path(name), broadcast=about))
        for part in parts:
            for stem, file in files.items():
                file.write(part[stem])
    return {
        stem: Media(name, layout.media_start, layout.media_frames, DELIVERY.channels) for stem, name in names.items()
    }
