"""LAION-CLAP (Wu et al., ICASSP 2023) through transformers: audio and sentences in one space."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from a2s.errors import WeightsMissing
from a2s.settings import AUDIO

REPOSITORY = "laion/clap-htsat-unfused"
SAMPLE_RATE = 48_000


@dataclass(frozen=True)
class Clap:
    """model: a `ClapModel`. processor: a `ClapProcessor`. `Any`: both have methods that are set at run time."""

    model: Any
    processor: Any

    @classmethod
    def load(cls) -> Clap:
        """Read the folder A2S_CLAP or the Hugging Face cache: safetensors only, no network. Raises WeightsMissing."""
        from transformers import ClapModel, ClapProcessor

        source = os.environ.get("A2S_CLAP") or REPOSITORY
        try:
            processor = ClapProcessor.from_pretrained(source, local_files_only=True)
            model = ClapModel.from_pretrained(source, local_files_only=True, use_safetensors=True)
        except Exception as error:  # transformers raises many types for a missing or wrong folder
            raise WeightsMissing(
                f"The CLAP weights are missing: set A2S_CLAP to a folder with {REPOSITORY} and its model.safetensors,"
                " or put them into the Hugging Face cache."
            ) from error
        return cls(model.float().eval(), processor)

    @torch.inference_mode()
    def embed_audio(self, waves: np.ndarray) -> np.ndarray:
        """(n, samples) float32 at 16 kHz -> (n, E) float32, unit length."""
        from scipy.signal import resample_poly

        resampled = resample_poly(waves, SAMPLE_RATE // AUDIO.sample_rate, 1, axis=1).astype(np.float32)
        inputs = self.processor.feature_extractor(list(resampled), sampling_rate=SAMPLE_RATE, return_tensors="pt")
        return self.model.get_audio_features(**inputs).pooler_output.numpy()

    @torch.inference_mode()
    def embed_texts(self, texts: list[str]) -> np.ndarray:
        """n sentences -> (n, E) float32, unit length."""
        inputs = self.processor.tokenizer(texts, padding=True, return_tensors="pt")
        features = self.model.get_text_features(inputs["input_ids"], attention_mask=inputs["attention_mask"])
        return features.pooler_output.numpy()
