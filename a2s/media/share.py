"""Videos made of pictures, to show others: a dub over its spectrogram, and two sounds under one picture.

moviepy opens only files that we have written ourselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from a2s.errors import CannotWrite, TooLarge
from a2s.media.files import shown, whole_file

MAX_SECONDS = 120.0
"""Longest clip that is drawn anew; what is longer is shared as it is."""
WIDTH, HEIGHT = 960, 540
"""Most pixels of the picture, across and down."""
MOST_FPS = 30.0
STRIP = 144
"""Height of the spectrogram in pixels."""
LIGHT = (247, 247, 246)
DIMMED = 0.3
"""Brightness of the side that is silent."""


def share_spectrogram(video: Path, sound: Path, spectrogram: np.ndarray, out: Path) -> None:
    """Write an mp4 of `video` over the spectrogram of `sound`, with a line that moves through it.

    video: an mp4 of ours. sound: a wav as long. spectrogram: (h, w, 3) uint8 of the whole sound. Raises CannotWrite,
    and TooLarge beyond MAX_SECONDS.
    """
    with _opened(video) as film:
        width, height = _fitted(*film.size, WIDTH)
        strip = _resized(spectrogram, width, STRIP)

        def frame(time: float) -> np.ndarray:
            below = strip.copy()
            head = min(width - 2, int(time / film.duration * width))
            below[:, head : head + 2] = LIGHT
            return np.concatenate([_resized(film.get_frame(time), width, height), below])

        _write(frame, film.duration, film.fps, [sound], out)


def share_comparison(video: Path, sounds: Sequence[tuple[str, Path]], out: Path) -> None:
    """Write an mp4 with the picture of `video` once for each sound, side by side: they sound one after the other, and
    the side that sounds is bright. sounds: (label, wav as long as the video). Raises as `share_spectrogram`.
    """
    with _opened(video) as film:
        width, height = _fitted(*film.size, WIDTH // len(sounds))
        titles = [_title(f"{letter} · {label}", width) for letter, (label, _) in zip("ABCD", sounds)]

        def frame(time: float) -> np.ndarray:
            turn = min(int(time / film.duration), len(sounds) - 1)
            picture = _resized(film.get_frame(time - turn * film.duration), width, height)
            sides = [np.concatenate([title, picture]) for title in titles]
            return np.concatenate(
                [
                    side if side_turn == turn else (side * DIMMED).astype(np.uint8)
                    for side_turn, side in enumerate(sides)
                ],
                axis=1,
            )

        _write(frame, film.duration, film.fps, [path for _, path in sounds], out)


def _opened(video: Path):
    from moviepy import VideoFileClip

    try:
        film = VideoFileClip(str(video), audio=False)
    except OSError as fault:
        raise CannotWrite(f"{shown(video.name)} cannot be drawn anew.") from fault
    if film.duration > MAX_SECONDS:
        film.close()
        raise TooLarge(f"Clips to share are at most {MAX_SECONDS / 60:g} minutes long; take the dubbed mp4 as it is.")
    return film


def _write(frame, seconds: float, fps: float, sounds: Sequence[Path], out: Path) -> None:
    """Encode what `frame(time)` draws, for `seconds` each sound in turn, as H.264 and AAC that plays anywhere."""
    from moviepy import AudioFileClip, CompositeAudioClip, VideoClip

    heard = [AudioFileClip(str(path)) for path in sounds]
    try:
        parts = [
            sound.subclipped(0, min(seconds, sound.duration)).with_start(turn * seconds)
            for turn, sound in enumerate(heard)
        ]
        clip = VideoClip(frame_function=frame, duration=seconds * len(sounds))
        clip = clip.with_audio(CompositeAudioClip(parts).with_duration(clip.duration))
        with whole_file(out) as part:
            clip.write_videofile(
                str(part), fps=min(fps, MOST_FPS), codec="libx264", audio_codec="aac", audio_fps=48_000,
                preset="veryfast", logger=None, temp_audiofile=f"{part}.m4a",
                ffmpeg_params=["-pix_fmt", "yuv420p", "-movflags", "+faststart", "-f", "mp4"],
            )  # fmt: skip
    finally:
        for sound in heard:
            sound.close()


def _fitted(width: int, height: int, most: int) -> tuple[int, int]:
    """The largest even size of this shape within `most` by HEIGHT; small pictures are not made larger than twice."""
    scale = min(most / width, HEIGHT / height, 2.0)
    return tuple(max(2, round(size * scale / 2) * 2) for size in (width, height))


def _resized(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    import cv2

    smaller = picture.shape[1] > width
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)


def _title(text: str, width: int, height: int = 32) -> np.ndarray:
    """(height, width, 3) uint8: a line of text on the ground of the figures."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (width, height), (20, 22, 26))
    ImageDraw.Draw(image).text((10, height // 2), text, LIGHT, ImageFont.load_default(15), anchor="lm")
    return np.asarray(image)
