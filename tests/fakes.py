"""Small stand-ins that behave like the real things: a pipeline without weights, a bank without files, a drawn video.

The fake is bright where the cue roll has onsets, its floor follows the ambient condition, its noise follows the
generators, and it honours `known` columns, so timing, amount, seeds and joins can be tested in milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch

from a2s.settings import AUDIO, VIDEO

CHANNELS = 4
EMBEDDING = 8
TOKEN_WIDTH = 6
TONE = 1_000.0  # Hz; a whole number of cycles per mel frame, so vocoding in chunks is seamless
MEL_OF_TONE = 12.0  # mel amplitude of a full-scale tone at TONE, roughly


class FakePipeline:
    """The methods and shapes of AVLDMPipeline; every call is counted in `calls`."""

    name_or_path = model_hash = "fake"
    default_steps, default_guidance_scale, uses_cues, threads, is_large = 12, 2.5, True, 1, False
    folder = None
    spec = AUDIO
    sample_rate = AUDIO.sample_rate

    def __init__(self) -> None:
        self.calls: list[dict] = []

    def encode_video(self, motion, start: float) -> torch.Tensor:
        """(1, 48, D): the time of each token's centre where the video lasts, zero beyond it."""
        time = start + (torch.arange(VIDEO.tokens) + 0.5) / VIDEO.tokens_per_second
        return (time * (time < motion.duration))[None, :, None].expand(1, VIDEO.tokens, TOKEN_WIDTH).float()

    def embed_video(self, motion, begin=0.0, end=np.inf) -> np.ndarray:
        """(E,) unit vector: the mean colour of the keyframes from `begin` to `end` s."""
        seen = (motion.keyframe_times >= begin) & (motion.keyframe_times < end)
        colour = motion.keyframes[seen if seen.any() else ...].reshape(-1, 3).mean(0) / 255 + 1e-3
        return _unit(np.concatenate([colour, np.zeros(EMBEDDING - 3)]))

    def embed_audio(self, waveform: np.ndarray) -> np.ndarray:
        """(E,) unit vector: energy in three parts of the spectrum."""
        parts = np.array_split(np.abs(np.fft.rfft(np.asarray(waveform, np.float64))), 3)
        return _unit(np.concatenate([[part.mean() + 1e-9 for part in parts], np.zeros(EMBEDDING - 3)]))

    def label_cues(self, motion, track):
        """Every cue without a class becomes a knock on wood."""
        named = (replace(cue, action=cue.action or "knock", material=cue.material or "wood") for cue in track.cues)
        return replace(track, cues=tuple(named))

    def encode_ambient(self, waveform: np.ndarray, generator=None) -> torch.Tensor:
        """(1, C, 16, 24) filled with the level of the sound in dB."""
        level = 10 * np.log10(np.mean(np.square(waveform, dtype=np.float64)) + 1e-10)
        return torch.full((1, CHANNELS, AUDIO.latent_bands, AUDIO.latent_frames), float(level))

    def sample(
        self, video_tokens, cue_roll, ambient, num_inference_steps=12, guidance_scale=2.5,
        generator=None, known=None, callback_on_step_end=None, interrupted=None,
    ):  # fmt: skip
        """output.mels (B, 128, 188) in [0, 1], output.latents (B, C, 16, 24)."""
        takes = len(video_tokens)
        assert video_tokens.shape[1:] == (VIDEO.tokens, TOKEN_WIDTH) and len(cue_roll) == len(ambient) == takes
        generators = generator if isinstance(generator, list) else [generator] * takes
        shape = (CHANNELS, AUDIO.latent_bands, AUDIO.latent_frames)
        latents = torch.stack([torch.randn(shape, generator=one) for one in generators])
        for step in range(num_inference_steps):
            if known is not None:
                latent, mask = known
                latents = torch.where(mask.bool(), latent, latents)
            if callback_on_step_end is not None:
                tensors = {"latents": latents, "estimate": latents}
                callback_on_step_end(self, step, num_inference_steps - step, tensors)
        self.calls.append({"takes": takes, "steps": num_inference_steps, "known": known is not None})
        return SimpleNamespace(mels=_mel(latents, cue_roll, ambient), latents=latents)

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        """(B, C, 16, 24) -> (B, 128, 188): a mel of texture alone."""
        texture = latents[:, 0].repeat_interleave(8, 1).repeat_interleave(8, 2)
        return texture.mul(0.1).add(0.4).clamp(0, 1)[..., : AUDIO.window_frames]

    def vocode(self, mel: torch.Tensor) -> torch.Tensor:
        """(B, 128, T) -> (B, 256 T): a tone as loud as the brightest band."""
        loudness = 10 ** (5 * mel.float().amax(1) - 4) / MEL_OF_TONE
        ahead = torch.cat([loudness[:, 1:], loudness[:, -1:]], 1)
        ramp = torch.arange(AUDIO.hop_length) / AUDIO.hop_length
        envelope = (loudness[..., None] * (1 - ramp) + ahead[..., None] * ramp).flatten(1)
        phase = 2 * np.pi * TONE / AUDIO.sample_rate * (torch.arange(envelope.shape[1]) % 16)
        return envelope * torch.sin(phase)


def _mel(latents: torch.Tensor, roll: torch.Tensor, ambient: torch.Tensor) -> torch.Tensor:
    """Ambience at its level with 1 dB of texture, impacts above it."""
    texture = latents[:, :1].repeat_interleave(8, 2).repeat_interleave(8, 3)[:, 0]
    floor = (ambient[:, 0].mean((1, 2))[:, None, None] + 18 + texture + 80) / 100
    impact = (20 * torch.log10(roll[:, 1].clamp(min=1e-6)) + 80 + 10) / 100
    return torch.maximum(floor, impact[:, None])[..., : AUDIO.window_frames].clamp(0, 1).float()


def _unit(vector: np.ndarray) -> np.ndarray:
    return (vector / np.linalg.norm(vector)).astype(np.float32)


@dataclass(frozen=True)
class FakeClip:
    id: str
    name: str
    kind: str
    file: str
    seconds: float
    level_db: float
    author: str = "tests"
    licence: str = "CC0-1.0"
    floor_db: float = -90.0
    sha256: str = "fake"


class FakeBank:
    """Three ambiences of white noise and one that is nearly silent."""

    model_hash, sample_rate = "fake", AUDIO.sample_rate

    def __init__(self) -> None:
        levels = {"room": -45.0, "rain": -30.0, "street": -25.0, "silence": -80.0}
        self.clips = tuple(
            FakeClip(kind, kind.title(), kind, f"{kind}.flac", 4.0, level) for kind, level in levels.items()
        )

    @property
    def low_ambient(self) -> FakeClip:
        return self.clips[-1]

    def waveform(self, id: str, sample_rate: int = AUDIO.sample_rate) -> np.ndarray:
        """(n,) float32 at 16 kHz, whatever the rate; KeyError for an unknown id, as in the real bank."""
        clip = {clip.id: clip for clip in self.clips}[id]
        noise = np.random.default_rng(len(id)).standard_normal(round(clip.seconds * AUDIO.sample_rate))
        return (noise * 10 ** (clip.level_db / 20)).astype(np.float32)

    def retrieve(self, embedding: np.ndarray, k: int = 5, model_hash: str | None = None) -> list:
        order = np.argsort(-np.resize(embedding, len(self.clips) - 1), kind="stable")[:k]
        return [SimpleNamespace(clip=self.clips[index], score=float(np.resize(embedding, 3)[index])) for index in order]


def small_bank():
    """The same four as a real bank, embedded by the fake."""
    from a2s.ambient import AmbientBank

    fake = FakeBank()
    known = [
        (fake.waveform(clip.id), {"name": clip.name, "kind": kind, "author": "tests", "licence": "CC0"})
        for clip, kind in zip(fake.clips, ("indoors", "weather", "town", "quiet"), strict=True)
    ]
    return AmbientBank.of(known).embedded(FakePipeline().embed_audio, "fake")


def draw_video(path: Path, seconds: float = 2.0, fps: int = 24, size=(160, 120), hits=(0.5, 1.25), tone=False) -> Path:
    """An mp4 of a block that falls onto the lower edge at each hit (s) and springs back; `tone` adds a soundtrack."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", fps, options={"crf": "18", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        sound = container.add_stream("aac", AUDIO.sample_rate, layout="mono") if tone else None
        for index in range(round(seconds * fps)):
            frame = av.VideoFrame.from_ndarray(_picture(index / fps, size, hits), format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if sound:
            time = np.arange(round(seconds * AUDIO.sample_rate)) / AUDIO.sample_rate
            wave = (0.2 * np.sin(2 * np.pi * 300 * time)).astype(np.float32)[None]
            frame = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = AUDIO.sample_rate, 0, Fraction(1, AUDIO.sample_rate)
            container.mux(sound.encode(frame))
            container.mux(sound.encode())
    return path


def draw_two_places(path: Path, seconds: float = 5.0, cut: float = 2.5, fps: int = 24, size=(160, 120)) -> Path:
    """An mp4 of one block in two shots: before a green wall until `cut` (s), then all colours are others."""
    from a2s.media import encode_frames

    def frames():
        for index in range(round(seconds * fps)):
            picture = _picture(index / fps, size, (0.5, 1.5, 3.5))
            picture[: size[1] // 2] = (30, 130, 50)
            yield index / fps, picture if index / fps < cut else 255 - picture[:, ::-1]

    encode_frames(path, frames(), fps)
    return path


def _picture(time: float, size, hits) -> np.ndarray:
    """RGB with the block as high as the nearest hit is far away."""
    width, height = size
    picture = np.full((height, width, 3), (60, 70, 80), np.uint8)
    picture[::8] += 20
    distance = min((abs(time - hit) for hit in hits), default=1.0)
    bottom = height - 8 - int(min(distance, 0.4) / 0.4 * height / 2)
    picture[max(0, bottom - height // 4) : bottom, width // 3 : width // 2] = (220, 180, 90)
    return picture
