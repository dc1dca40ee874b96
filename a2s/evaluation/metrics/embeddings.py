"""What a Frechet distance is measured in: sounds as vectors, by several models, since one alone flatters its kin.

    av-sim   our own AV-Sim's audio tower, (n, E), unit length: what retrieval goes by
    judge    the judge of actions and materials before its answers, (n, 192): trained on sound that no generator saw
    mel      no learning at all: statistics of log-mel bands, (n, 128)
    clap     LAION-CLAP's audio tower through transformers, (n, 512), unit length; weights from A2S_CLAP
    vggish   VGGish, (n, 128): the paper's; weights from A2S_VGGISH

The last two need published weights, which come in no package that we found. They could not be had where this was
written, so their figures haven't been compared with anybody's.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from a2s.audio.mel import mel_spectrogram
from a2s.errors import BadSettings, WeightsMissing
from a2s.evaluation.judges.events import Judge
from a2s.settings import AUDIO

CLAP = "laion/clap-htsat-unfused"
CLAP_RATE = 48_000
OFFLINE = ("av-sim", "judge", "mel")
"""Embeddings that need nothing but the project."""

NAMES = (*OFFLINE, "clap", "vggish")

MEL_GROUPS = 32
"""Bands of the mel statistics, of four mel bands each."""

MODULATION_HZ = (4.0, 31.25)
"""Upper edges of the two modulation bands: slow swells, then flutter and attacks."""


@dataclass(frozen=True)
class Embedding:
    """A way to make vectors of sounds. frames: (n, samples) float32 in [-1, 1] at 16 kHz -> (n, F, D) float32."""

    name: str
    frames: Callable[[np.ndarray], np.ndarray]

    def __call__(self, waves: np.ndarray, batch: int = 16) -> np.ndarray:
        """(n, samples) -> (n, D), the mean over a clip's frames."""
        return self.in_frames(waves, batch).mean(1)

    def in_frames(self, waves: np.ndarray, batch: int = 16) -> np.ndarray:
        """(n, samples) -> (n, F, D). VGGish has a frame each 0.96 s, which published FADs count as samples."""
        waves = np.ascontiguousarray(waves, np.float32)
        with torch.inference_mode():
            return np.concatenate([self.frames(waves[i : i + batch]) for i in range(0, len(waves), batch)])


def embedding(name: str, pipe=None, judge: Judge | None = None) -> Embedding:
    """An embedding by name, one of NAMES. pipe: for "av-sim". judge: for "judge".

    Raises WeightsMissing that says where weights are looked for, BadSettings where the name is unknown or its model
    wasn't given.
    """
    if name == "mel":
        return Embedding(name, mel_statistics)
    if name == "av-sim" and pipe is not None:
        return Embedding(name, lambda waves: _av_sim(pipe, waves))
    if name == "judge" and judge is not None:
        return Embedding(name, judge.features)
    if name == "clap":
        return Clap.load().embedding
    if name == "vggish":
        return _vggish()
    needs = {"av-sim": "a pipeline", "judge": "a judge"}
    if name in needs:
        raise BadSettings(f"The embedding {name} needs {needs[name]}.")
    raise BadSettings(f"There is no embedding {name}; there are {', '.join(NAMES)}.")


def mel_statistics(waves: np.ndarray) -> np.ndarray:
    """(n, samples) -> (n, 1, 128): of each of 32 log-mel bands mean, deviation, and two modulation levels.

    Nothing is learned, so no model is favoured, and nothing of it was fitted to what people hear: it tells spectra and
    envelopes apart. Modulation: deviation of the band's level within MODULATION_HZ. All in units of 100 dB.
    """
    mel = mel_spectrogram(torch.from_numpy(waves).clamp(-1, 1))
    bands = mel.unflatten(1, (MEL_GROUPS, -1)).mean(2)
    spectrum = torch.fft.rfft(bands - bands.mean(-1, keepdim=True)).abs().square() / bands.shape[-1] ** 2
    rates = torch.fft.rfftfreq(bands.shape[-1], AUDIO.frame_seconds)
    edges = (0.0, *MODULATION_HZ)
    swings = [(2 * spectrum[..., (rates > a) & (rates <= b)].sum(-1)).sqrt() for a, b in zip(edges[:-1], edges[1:])]
    return torch.cat([bands.mean(-1), bands.std(-1), *swings], 1)[:, None].numpy()


def _av_sim(pipe, waves: np.ndarray) -> np.ndarray:
    component = getattr(pipe, "av_sim", None)
    if hasattr(component, "embed_audio") and waves.shape[1] >= AUDIO.window_samples:
        mel = mel_spectrogram(torch.from_numpy(waves).to(component.device))
        return component.embed_audio(mel)[:, None].float().cpu().numpy()
    return np.stack([pipe.embed_audio(wave) for wave in waves])[:, None]


def _vggish() -> Embedding:
    from a2s.evaluation.metrics.vggish import examples_of, load_vggish

    file = os.environ.get("A2S_VGGISH", "")
    if not Path(file).is_file():
        raise WeightsMissing(
            "VGGish weights are not here: put torchvggish's vggish-10086976.pth anywhere and its path into A2S_VGGISH."
        )
    model = load_vggish(file)

    def frames(waves: np.ndarray) -> np.ndarray:
        examples = examples_of(torch.from_numpy(waves))
        return model(examples.flatten(0, 1)).unflatten(0, examples.shape[:2]).numpy()

    return Embedding("vggish", frames)


@dataclass(frozen=True)
class Clap:
    """LAION-CLAP (Wu et al. 2023) through transformers: sounds and sentences in one space."""

    model: torch.nn.Module
    processor: object

    @classmethod
    def load(cls) -> Clap:
        """From the folder A2S_CLAP or the Hugging Face cache; safetensors alone, never the network."""
        from transformers import ClapModel, ClapProcessor

        source = os.environ.get("A2S_CLAP") or CLAP
        try:
            processor = ClapProcessor.from_pretrained(source, local_files_only=True)
            model = ClapModel.from_pretrained(source, local_files_only=True, use_safetensors=True)
        except Exception as error:  # whatever transformers trips over, the folder is at fault
            raise WeightsMissing(
                f"CLAP weights are not here: put {CLAP} with its model.safetensors into a folder and the folder into"
                " A2S_CLAP, or into the Hugging Face cache."
            ) from error
        return cls(model.float().eval(), processor)

    @property
    def embedding(self) -> Embedding:
        return Embedding("clap", lambda waves: self.embed_sounds(waves)[:, None])

    @torch.inference_mode()
    def embed_sounds(self, waves: np.ndarray) -> np.ndarray:
        """(n, samples) float32 at 16 kHz -> (n, E) float32, unit length."""
        from scipy.signal import resample_poly

        high = resample_poly(waves, CLAP_RATE // AUDIO.sample_rate, 1, axis=1).astype(np.float32)
        inputs = self.processor.feature_extractor(list(high), sampling_rate=CLAP_RATE, return_tensors="pt")
        return self.model.get_audio_features(**inputs).pooler_output.numpy()

    @torch.inference_mode()
    def embed_texts(self, texts: list[str]) -> np.ndarray:
        """n sentences -> (n, E) float32, unit length."""
        inputs = self.processor.tokenizer(texts, padding=True, return_tensors="pt")
        found = self.model.get_text_features(inputs["input_ids"], attention_mask=inputs["attention_mask"])
        return found.pooler_output.numpy()
