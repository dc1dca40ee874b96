"""The optional part that finds hands: the palm detector and the landmark model of MediaPipe, out of its package.

The last version of `mediapipe` that carries the models needs an older numpy than a2s, so the package is downloaded but
not installed: two files are taken out of it. `ai-edge-litert` runs them.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from a2s.errors import BadCheckpoint, CannotFetch
from a2s.io import atomic_folder, display_name, write_json
from a2s.vision.hands import HAND_FILES, hands_folder, runtime_installed
from a2s.weights.target import check_space

NAME = "hands"
PACKAGE = "mediapipe==0.10.21"
LICENCE = "Apache-2.0 (The MediaPipe Authors, https://github.com/google-ai-edge/mediapipe)"
ABOUT = "finds hands, for better cues where they are in the picture; Apache-2.0, 5 MB"
ADVICE = (
    "`a2s weights fetch hands` gets it from the package index of pip, `a2s weights import hands FILE` takes it from a"
    " mediapipe wheel or a hand_landmarker.task."
)

_WHEEL = (
    "mediapipe/modules/palm_detection/palm_detection_full.tflite",
    "mediapipe/modules/hand_landmark/hand_landmark_lite.tflite",
)
_TASK = ("hand_detector.tflite", "hand_landmarks_detector.tflite")
"""The members of a wheel and of a task file, in the order of HAND_FILES."""

MAX_BYTES = 20_000_000
"""Largest model that is read out of a file; they have 2 and 2 to 6 MB."""

DOWNLOAD_BYTES = 100_000_000
FETCH_SECONDS = 1800


def hands_installed() -> bool:
    """Whether the models are there."""
    return all((hands_folder() / name).is_file() for name in HAND_FILES)


def runtime_note() -> str:
    """What is still needed to use the models, or nothing."""
    return "" if runtime_installed() else "It needs the package ai-edge-litert: pip install 'a2s[hands]'."


def fetch_hands(on_message: Callable[[str], object] = print) -> Path:
    """Download the package with pip, whose own configuration names the index, and take the models out of it.

    Returns their folder. on_message: receives package and licence before the download. Raises CannotFetch,
    CannotWrite, BadCheckpoint.
    """
    folder = hands_folder()
    if hands_installed():
        on_message(f"{folder} exists. To fetch it again, remove it.")
        return folder
    check_space(folder.parent, DOWNLOAD_BYTES, "the download")
    on_message(f"{PACKAGE} from the package index of pip (36 MB; two models of it are kept)\nlicence: {LICENCE}")
    with tempfile.TemporaryDirectory() as downloads:
        options = ["--no-deps", "--only-binary=:all:", "--disable-pip-version-check", "--quiet", "--dest", downloads]
        command = [sys.executable, "-m", "pip", "download", PACKAGE, *options]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=FETCH_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise CannotFetch(f"pip could not download {PACKAGE}. {ADVICE}") from error
        wheels = list(Path(downloads).glob("*.whl"))
        if done.returncode or not wheels:
            reason = (done.stderr.strip().splitlines() or ["no wheel"])[-1][:200]
            raise CannotFetch(f"pip could not download {PACKAGE}: {reason}")
        return import_hands(wheels[0], on_message)


def import_hands(file: Path, on_message: Callable[[str], object] = print) -> Path:
    """Take the models out of a mediapipe wheel or a hand_landmarker.task. Returns their folder.

    Raises BadCheckpoint for another file, CannotWrite.
    """
    models = _read_models(file)
    about = {"source": file.name, "licence": LICENCE}
    about |= {name: sha256(data).hexdigest() for name, data in zip(HAND_FILES, models, strict=True)}
    folder = hands_folder()
    with atomic_folder(folder) as part:
        for name, data in zip(HAND_FILES, models, strict=True):
            (part / name).write_bytes(data)
        write_json(part / "about.json", about)
    on_message(f"licence: {LICENCE}")
    return folder


def _read_models(file: Path) -> list[bytes]:
    """The two models of a zip, by the names of one of the two kinds. Raises BadCheckpoint."""
    name = display_name(file.name)
    try:
        with zipfile.ZipFile(file) as archive:
            for members in (_WHEEL, _TASK):
                if set(members) <= set(archive.namelist()):
                    return [_read_model(archive, member, name) for member in members]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError, RuntimeError, zlib.error) as error:
        raise BadCheckpoint(f"{name} is damaged, or it is neither a wheel nor a task file.") from error
    raise BadCheckpoint(f"{name} holds no hand models; give a wheel of {PACKAGE} or a hand_landmarker.task.")


def _read_model(archive: zipfile.ZipFile, member: str, name: str) -> bytes:
    with archive.open(member) as stream:
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES or data[4:8] != b"TFL3":  # the identifier of a TensorFlow Lite file
        raise BadCheckpoint(f"{member} in {name} is no TensorFlow Lite model of at most {MAX_BYTES // 10**6} MB.")
    return data
