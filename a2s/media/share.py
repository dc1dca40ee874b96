"""Videos to share: a dub above its spectrogram, and two sounds under one picture.

moviepy gets frames that this module draws and sounds that a2s has written. The film is untrusted, also a dub, which
carries the picture of an upload; `read_frames` reads it in a child process.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from a2s.errors import TooLarge
from a2s.io import atomic_file
from a2s.media import VideoInfo, probe_video, read_frames

Frame = tuple[float, np.ndarray]
"""Time in s, (h, w, 3) uint8 RGB."""

MAX_SECONDS = 120.0
"""Longest clip that is rendered; a longer one is shared as it is."""
WIDTH, HEIGHT = 960, 540
"""Largest size of the picture in pixels."""
MAX_FPS = 30.0
STRIP_HEIGHT = 144
"""Height of the spectrogram in pixels."""
LIGHT = (247, 247, 246)
DIMMED = 0.3
"""Brightness of a side whose sound is not playing."""
JITTER = 1e-4
"""Tolerance in seconds when a frame is looked up: times are sums of floats."""


def share_spectrogram(video: Path, sound: Path, spectrogram: np.ndarray, out: Path) -> None:
    """Write an mp4 of `video` above the spectrogram of `sound`, with a moving position line.

    sound: a wav that a2s wrote, as long as the video. spectrogram: (h, w, 3) uint8 of the whole sound.
    Raises UnreadableVideo, CannotWrite, and TooLarge beyond MAX_SECONDS.
    """
    info = _probed(video)
    width, height = _fitted(info.width, info.height, WIDTH)
    strip = _resized(spectrogram, width, STRIP_HEIGHT)
    with closing(_FrameLookup(video, width, height)) as pictures:

        def frame(time: float) -> np.ndarray:
            below = strip.copy()
            head = min(width - 2, int(time / info.duration * width))
            below[:, head : head + 2] = LIGHT
            return np.concatenate([pictures.at(time), below])

        _write(frame, info.duration, info.fps, [sound], out)


def share_comparison(video: Path, sounds: Sequence[tuple[str, Path]], out: Path) -> None:
    """Write an mp4 with the picture of `video` once for each sound, side by side.

    The sounds play one after the other, and the side whose sound plays is bright.
    sounds: (label, wav that a2s wrote, as long as the video). Raises as `share_spectrogram`.
    """
    info = _probed(video)
    width, height = _fitted(info.width, info.height, WIDTH // len(sounds))
    titles = [_title(f"{letter} · {label}", width) for letter, (label, _) in zip("ABCD", sounds)]
    with closing(_FrameLookup(video, width, height)) as pictures:

        def frame(time: float) -> np.ndarray:
            turn = min(int(time / info.duration), len(sounds) - 1)
            picture = pictures.at(time - turn * info.duration)
            sides = [np.concatenate([title, picture]) for title in titles]
            return np.concatenate(
                [
                    side if side_turn == turn else (side * DIMMED).astype(np.uint8)
                    for side_turn, side in enumerate(sides)
                ],
                axis=1,
            )

        _write(frame, info.duration, info.fps, [path for _, path in sounds], out)


def _probed(video: Path) -> VideoInfo:
    info = probe_video(video)
    if info.duration > MAX_SECONDS:
        raise TooLarge(f"A clip to share is at most {MAX_SECONDS / 60:g} minutes long; share the dubbed mp4 instead.")
    return info


class _FrameLookup:
    """Frames of a film at ascending times; an earlier time restarts the decoding. Two frames are kept in memory."""

    def __init__(self, video: Path, width: int, height: int) -> None:
        self.video, self.size = video, (width, height)
        self.frames: Iterator[Frame]
        self.now: Frame
        self.next: Frame | None
        self._begin()

    def at(self, time: float) -> np.ndarray:
        """The frame shown at `time` s, (height, width, 3) uint8; at the end the last one. Raises UnreadableVideo."""
        if time + JITTER < self.now[0]:
            self.close()
            self._begin()
        while self.next is not None and self.next[0] <= time + JITTER:
            self.now, self.next = self.next, next(self.frames, None)
        return _resized(self.now[1], *self.size)

    def close(self) -> None:
        """Close the file."""
        if isinstance(self.frames, Generator):
            self.frames.close()

    def _begin(self) -> None:
        self.frames = read_frames(self.video, self.size[0])
        self.now, self.next = next(self.frames), next(self.frames, None)


def _write(frame: Callable[[float], np.ndarray], seconds: float, fps: float, sounds: Sequence[Path], out: Path) -> None:
    """Encode what `frame(time)` draws, for `seconds` per sound, as H.264 and AAC that every browser plays."""
    from moviepy import AudioFileClip, CompositeAudioClip, VideoClip

    clips = [AudioFileClip(str(path)) for path in sounds]
    try:
        parts = [
            sound.subclipped(0, min(seconds, sound.duration)).with_start(turn * seconds)
            for turn, sound in enumerate(clips)
        ]
        clip = VideoClip(frame_function=frame, duration=seconds * len(sounds))
        clip = clip.with_audio(CompositeAudioClip(parts).with_duration(clip.duration))
        with atomic_file(out) as part, _removed(Path(f"{part}.m4a")) as track:
            clip.write_videofile(
                str(part), fps=min(fps, MAX_FPS), codec="libx264", audio_codec="aac", audio_fps=48_000,
                preset="veryfast", logger=None, temp_audiofile=str(track),
                ffmpeg_params=["-pix_fmt", "yuv420p", "-movflags", "+faststart", "-f", "mp4"],
            )  # fmt: skip
    finally:
        for sound in clips:
            sound.close()


@contextmanager
def _removed(path: Path) -> Iterator[Path]:
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _fitted(width: int, height: int, most: int) -> tuple[int, int]:
    """The largest even size of this aspect ratio within `most` by HEIGHT; a small picture grows at most twofold."""
    scale = min(most / width, HEIGHT / height, 2.0)
    even_width, even_height = (max(2, round(size * scale / 2) * 2) for size in (width, height))
    return even_width, even_height


def _resized(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    import cv2

    smaller = picture.shape[1] > width
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)


def _title(text: str, width: int, height: int = 32) -> np.ndarray:
    """(height, width, 3) uint8: a line of text on the background colour of the figures."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (width, height), (20, 22, 26))
    ImageDraw.Draw(image).text((10, height // 2), text, LIGHT, ImageFont.load_default(15), anchor="lm")
    return np.asarray(image)
