"""Mutations of valid files, and the result of reading them. `test_fuzz` runs this module in child processes.

Arguments: a folder with films and sounds in `sources`, the first and the last seed. A file's mutation follows from its
seed alone, so one that goes wrong is made again by `mutated(data, seed)`. Each line printed is a seed survived.
"""

from __future__ import annotations

import faulthandler
import sys
from collections import deque
from pathlib import Path

import numpy as np

from a2s.settings import Limits

SHORT = Limits(max_seconds=60.0)
"""A changed number can make half an hour of a film; encoding that is no hang."""

LONGEST = 20
"""Seconds that one mutated file may take; a good one takes a tenth of one."""


def mutated(data: bytes, seed: int) -> bytes:
    """One to three changes: bits, numbers, holes, doubles, cuts; every other near the start, where the structure is.

    Mild enough that about half of the files are still opened, so that the decoders are met as well.
    """
    rng = np.random.default_rng([1789, seed])
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 3])):
        n = max(1, len(data))
        at = int(n * rng.random() ** rng.choice([1, 3]))
        size = int(rng.choice([1, 1, 2, 4, 4, 8, 64, 512]))
        kind = rng.choice(8, p=[0.3, 0.2, 0.2, 0.05, 0.05, 0.05, 0.05, 0.1])
        if kind == 0:
            data[at : at + 1] = bytes([data[at] ^ 1 << int(rng.integers(8))]) if at < len(data) else b""
        elif kind == 1:
            data[at : at + size] = rng.bytes(len(data[at : at + size]))
        elif kind == 2:  # extreme values
            edge = rng.choice([0, 1, 0x7F, 0x80, 0xFF])
            data[at : at + size] = bytes([edge]) * len(data[at : at + size])
        elif kind == 3:
            del data[at : at + size]
        elif kind == 4:
            data[at:at] = data[at : at + size]
        elif kind == 5:
            data[at:at] = rng.bytes(size)
        elif kind == 6:
            del data[max(at, 16) :]
        else:  # one part over another
            source = int(rng.integers(n))
            data[at : at + size] = data[source : source + size]
    return bytes(data)


def read(path: Path, out: Path) -> str:
    """Read a file in every way that a dub and the page do: probe, frames, sound, single pictures, filmstrip, mux.

    Returns "read" or "refused" for each. Everything runs in this process, without the child process of a dub.
    """
    from a2s.errors import A2SError
    from a2s.media import OriginalTrack, Soundtrack, decode, film, filmstrip, probe
    from a2s.media.mux import write_steps
    from a2s.media.timeline import from_plain

    decode.SEEK_AFTER = filmstrip.SEEK_FROM = -1.0  # so that pictures are sought in a short film, too

    def look_up() -> None:
        timeline = from_plain(film.timeline_of(path, limits=SHORT))
        moments = [int(timeline.times[len(timeline.times) * part // 4]) for part in range(4)]
        film.pictures_of(path, timeline, moments[2:], 32, limits=SHORT)

    sound = Soundtrack(np.zeros(16_000, np.float32), 16_000, original=OriginalTrack(path))
    said = []
    for step in (
        lambda: probe.probe_video(path, limits=SHORT),
        lambda: sum(1 for _ in decode.read_frames(path, 32, limits=SHORT)),
        lambda: decode.read_audio(path, limits=SHORT),
        look_up,
        lambda: filmstrip.strip_of(path, 4, 32, limits=SHORT),
        lambda: deque(write_steps(path, sound, out, out, None, limits=SHORT), maxlen=0),
    ):
        try:
            step()
            said.append("read")
        except A2SError as error:
            said.append("refused")
            if "\n" in str(error) or not str(error).endswith("."):
                raise ValueError(f"no clear sentence: {error}") from error
    return " ".join(said)


def main(folder: Path, first: int, last: int) -> None:
    faulthandler.enable()
    sources = sorted((folder / "sources").iterdir())
    work = folder / f"from {first}"
    work.mkdir()
    for seed in range(first, last):
        source = sources[seed % len(sources)]
        path = work / f"mutated{source.suffix}"
        path.write_bytes(mutated(source.read_bytes(), seed))
        faulthandler.dump_traceback_later(LONGEST, exit=True)  # says where it hangs
        said = read(path, work / "out.mp4")
        faulthandler.cancel_dump_traceback_later()
        print(seed, said, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
