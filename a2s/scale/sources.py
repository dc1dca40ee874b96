"""Where clips come from: the kinds of data sets, split into items of work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from a2s.datasets.clips import Clip, Skipped, existing, find_videos
from a2s.datasets.ego4d_sounds import TablePart, clips_of, plan_parts, read_part
from a2s.datasets.epic_kitchens import read_epic_clips
from a2s.datasets.vggsound import read_labelled_clips
from a2s.errors import BadSettings
from a2s.scale.store import Item, file_identity, key_of

KINDS = ("ego4d-sounds", "epic-kitchens", "vggsound", "folder", "shards")


@dataclass(frozen=True)
class ClipSource:
    """A data set of clips.

    kind: of `KINDS`. table: the csv file; None for a folder or shards. clips: folder of short clips or of
    shards. videos: folder of long videos; one of the two is given.
    """

    kind: str
    table: Path | None = None
    clips: Path | None = None
    videos: Path | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise BadSettings(f"The kind of data must be one of {', '.join(KINDS)}, not {self.kind!r}.")
        needs_table = self.kind in ("ego4d-sounds", "epic-kitchens")
        if needs_table and self.table is None:
            raise BadSettings(f"Data of the kind {self.kind} needs a table.")
        if (self.clips is None) == (self.videos is None):
            raise BadSettings("Give either --clips or --videos.")
        folder = self.clips or self.videos
        if folder is None or not folder.is_dir():
            raise BadSettings(f"There is no folder {folder}.")

    def items(self, size: int, settings: object, skipped: Skipped) -> Iterator[Item]:
        """Items of `size` clips. settings: what else shapes the output. skipped: receives what cannot be planned."""
        if self.kind == "ego4d-sounds":
            assert self.table is not None
            for part in plan_parts(self.table, size):
                data = {"offset": part.offset, "rows": part.rows, "columns": part.columns}
                yield Item(key_of(part.digest, settings), f"{self.table.name}, {part.rows} rows", data)
        elif self.kind == "shards":
            assert self.clips is not None
            for path in sorted(self.clips.glob("*.tar")):
                yield Item(key_of(path.name, file_identity(path), settings), path.name, {"shard": str(path)})
        else:
            yield from self._listed(size, settings, skipped)

    def _listed(self, size: int, settings: object, skipped: Skipped) -> Iterator[Item]:
        clips = existing(self._clips(skipped), skipped)
        while chunk := list(islice(clips, size)):
            data = {"clips": [asdict(clip) | {"file": str(clip.file)} for clip in chunk]}
            files = {str(clip.file): file_identity(clip.file) for clip in chunk}
            yield Item(key_of(data, files, settings), f"{len(chunk)} clips from {chunk[0].key}", data)

    def _clips(self, skipped: Skipped) -> Iterable[Clip]:
        folder = self.videos or self.clips
        assert folder is not None
        if self.kind == "epic-kitchens":
            assert self.table is not None
            return read_epic_clips(self.table, find_videos(folder), skipped)
        return read_labelled_clips(folder, self.table, skipped)

    def opened(self) -> OpenSource:
        """The source on a worker."""
        return OpenSource(self)


class OpenSource:
    """A source whose folder of videos is listed once."""

    def __init__(self, source: ClipSource) -> None:
        self.source = source
        self.videos = find_videos(source.videos) if source.videos and source.kind == "ego4d-sounds" else None

    def clips(self, data: dict[str, Any], skipped: Skipped) -> Iterator[Clip]:
        """The clips of an item, but not of shards."""
        if self.source.kind == "ego4d-sounds":
            assert self.source.table is not None
            part = TablePart(self.source.table, data["offset"], data["rows"], tuple(data["columns"]), "")
            return clips_of(read_part(part, skipped), skipped, clips=self.source.clips, videos=self.videos)
        return (Clip(**values | {"file": Path(values["file"])}) for values in data["clips"])
