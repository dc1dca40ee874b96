"""Dub every file of a folder into it, and say what came of each. Run by `witness.watched`: no test by itself.

Arguments: a good film, the folder. What is imported or opened once is done with the good film, before MARK.
"""

import json
import sys
from pathlib import Path

MARK = "/the/visit/begins"


def outcome(video: Path, out: Path) -> str:
    from a2s import DubSettings, dub
    from a2s.errors import A2SError
    from tests.fakes import FakeBank, FakePipeline

    try:
        settings = DubSettings(steps=1, original_audio=-6.0)
        dub(video, settings, FakePipeline(), FakeBank()).save(out)
    except A2SError as error:
        return str(error)
    return "dubbed"


def as_ambience(sound: Path) -> str:
    """As a dub, a bank and the page listen to a recording."""
    from a2s.errors import A2SError
    from a2s.media import read_audio

    try:
        read_audio(sound, max_seconds=60.0)
    except A2SError as error:
        return str(error)
    return "heard"


def looked_through(file: Path, out: Path) -> list[str]:
    """What else the page does with what came: draw its strip, read it as a recipe, unpack it, draw it to be shared."""
    import soundfile

    from a2s.ambient.archive import unpack
    from a2s.dubbing.recipe import read_recipe
    from a2s.errors import A2SError
    from a2s.media.filmstrip import write_filmstrip
    from a2s.media.share import share_comparison

    sound = out.with_suffix(".wav")
    soundfile.write(sound, [0.0] * 1600, 16_000)
    done = []
    for name, step in (
        ("strip", lambda: write_filmstrip(file, out.with_suffix(".jpg"))),
        ("recipe", lambda: read_recipe(file)),
        ("zip", lambda: unpack(file, out.with_suffix(".unpacked"), {".wav", ".json"})),
        ("shared", lambda: share_comparison(file, [("a", sound), ("b", sound)], out.with_suffix(".mp4"))),
    ):
        try:
            step()
            done.append(name)
        except A2SError:
            pass
    return done


if __name__ == "__main__":
    good, folder = Path(sys.argv[1]), Path(sys.argv[2])
    outcome(good, good.with_suffix(".dub.mp4"))
    as_ambience(good)
    looked_through(good, good.with_suffix(".looked.mp4"))
    files = sorted(folder.iterdir())
    try:
        open(MARK)
    except OSError:
        pass
    told = {path.name: outcome(path, folder / f"dub {number}.mp4") for number, path in enumerate(files)}
    sounds = {path.name: as_ambience(path) for path in files}
    looks = {path.name: looked_through(path, folder / f"look {number}") for number, path in enumerate(files)}
    print(json.dumps({"films": told, "sounds": sounds, "looks": looks}))
