"""Pack clips into webdataset shards."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from a2s.datasets.clips import Skipped
from a2s.datasets.shards import write_shard
from a2s.scale.engine import Run
from a2s.scale.sources import ClipSource, OpenSource
from a2s.scale.store import Item
from a2s.settings import Limits

VERSION = 1
CLIPS_PER_SHARD = 512
LISTED = 20


@dataclass(frozen=True)
class PackWork:
    """out: the job's folder, which receives the shards. source: of the clips, but not shards."""

    out: Path
    source: ClipSource
    limits: Limits

    def open(self) -> Run:
        """Nothing to load."""
        return _Packer(self, self.source.opened())


class _Packer:
    """The work on a worker: one shard at a time, named by its key."""

    def __init__(self, work: PackWork, source: OpenSource) -> None:
        self.work, self.source = work, source

    def __call__(self, item: Item) -> dict[str, Any]:
        """outputs: the shard. clips: written. skipped: counts by reason. listed: the first unreadable files."""
        skipped = Skipped(most=LISTED)
        clips = self.source.clips(item.data, skipped)
        name = f"{item.key}.tar"
        count = write_shard(self.work.out / name, clips, skipped, self.work.limits)
        return {"outputs": [name], "clips": count, "skipped": dict(skipped.counts), "listed": skipped.listed}
