"""On behalf of an upload, no file outside the visit's folder is opened, no connection made and no program started
but the encoder of what we draw.

`witness` has the kernel report every open, socket, connect and exec of a process that dubs hostile files with the code
that the page and the command line use; it sees what libav does in C, which Python's own hooks don't. The files point
at a canary beside the visit's folder and at an address where somebody listens, so a reach would also succeed, and be
counted there. That the trap works is shown first: libav without our allow-lists does reach for both.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import pytest
from imageio_ffmpeg import get_ffmpeg_exe

from tests.hostile import witness
from tests.hostile.refused import DOUBLE, REFUSED, Trap, ffconcat, playlist
from tests.hostile.visit_program import MARK
from tests.hostile.witness import Access, watched

ROOT = Path(__file__).parents[2]
SLOW = {"three hours.mkv", "vast index.mov"}
MACHINE = ("/proc/", "/sys/devices/system/", "/sys/fs/cgroup", "/dev/null", "/dev/urandom", "/etc/localtime")
"""What libraries ask the machine about itself: cores, memory."""
ENCODER = os.path.normpath(get_ffmpeg_exe())

pytestmark = pytest.mark.skipif(not witness.available(), reason="needs Linux 5.5 with seccomp's user notification")

NAIVE = """
import sys
import av
for path in sys.argv[1:]:
    try:
        av.open(path, options={"safe": "0", "protocol_whitelist": "file,http,tcp", "allowed_extensions": "ALL",
                               "allowed_segment_extensions": "ALL", "extension_picky": "0"}).close()
    except Exception as error:
        print(repr(error))
"""


@pytest.fixture
def trap(tmp_path, listener) -> Trap:
    made = Trap(tmp_path / "visit", tmp_path / "canary.mp4", listener[0])
    made.canary.write_bytes(made.film())
    return made


def test_the_monitor_sees_what_libav_opens(trap, tmp_path, listener):
    """Without our guards the same files open the canary and connect; else what follows would show nothing."""
    program = tmp_path / "naive.py"
    program.write_text(NAIVE)
    files = trap.set("list.ffconcat", ffconcat(trap)), trap.set("playlist.m3u8", playlist(trap.address))
    found, done = watched([str(program), *map(str, files)])
    assert done.returncode == 0, done.stdout
    assert Access("openat", str(trap.canary)) in found, done.stdout
    assert Access("connect", "ip") in found and listener[1], done.stdout


def test_no_upload_opens_anything_outside_its_folder(trap, tmp_path, listener):
    makers = {name: maker for name, maker in (REFUSED | DOUBLE).items() if name not in SLOW}
    for name, maker in makers.items():
        trap.set(name, maker(trap))
    trap.set("good.mp4", trap.film())
    good = tmp_path / "good.mp4"
    good.write_bytes(trap.film())
    found, done = watched([str(ROOT / "tests" / "hostile" / "visit_program.py"), str(good), str(trap.folder)], cwd=ROOT)
    assert done.returncode == 0, done.stdout
    told = json.loads(done.stdout.splitlines()[-1])
    assert set(told["films"]) == {"good.mp4", *makers} == set(told["sounds"]) == set(told["looks"])
    assert told["films"]["good.mp4"] == "dubbed" and all(
        told["films"][name] != "dubbed" for name in REFUSED.keys() - SLOW
    )
    assert told["looks"]["good.mp4"] == ["strip", "shared"]
    begun = next(k for k, access in enumerate(found) if access.target == MARK)
    reached = [access for access in found[begun + 1 :] if not _at_home(access, trap.folder)]
    assert not reached and not listener[1], sorted(set(map(str, reached)))
    opened = {access.target for access in found[begun + 1 :]}
    assert str(trap.folder / "good.mp4") in opened and str(trap.folder / "list.mp4") in opened  # it was watching


def _at_home(access: Access, folder: Path) -> bool:
    """Whether this is a file of the visit, a module of ours or of Python's, or a question about the machine; or the
    start of moviepy's encoder with its libraries, for what was drawn to be shared."""
    if access == Access("execve", ENCODER):
        return True
    if not access.call.startswith("open"):
        return False
    code = (ROOT / "a2s", ROOT / "tests", *map(Path, (sys.prefix, sys.base_prefix)))
    path = Path(access.target)
    is_code = path.suffix in (".py", ".pyc", ".so", "") and any(path.is_relative_to(place) for place in code)
    is_code = is_code or bool(re.search(r"\.so(\.\d+)*$", path.name)) or access.target == "/etc/ld.so.cache"
    return path.is_relative_to(folder) or is_code or access.target.startswith(MACHINE)
