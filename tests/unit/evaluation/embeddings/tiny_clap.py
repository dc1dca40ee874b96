"""A CLAP of random weights that is saved and loaded in a second."""

from __future__ import annotations

import json
from pathlib import Path

import torch


def save_tiny_clap(folder: Path) -> Path:
    """Model (safetensors), feature extractor and a byte-level tokenizer, as transformers stores them."""
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import ClapConfig, ClapFeatureExtractor, ClapModel, ClapProcessor, RobertaTokenizerFast

    folder.mkdir(parents=True, exist_ok=True)
    words = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *sorted(ByteLevel.alphabet())]
    (folder / "vocab.json").write_text(json.dumps({word: i for i, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = RobertaTokenizerFast(str(folder / "vocab.json"), str(folder / "merges.txt"))
    torch.manual_seed(0)
    config = ClapConfig(
        text_config={
            "vocab_size": len(words),
            "hidden_size": 16,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "intermediate_size": 16,
            "max_position_embeddings": 80,
        },
        audio_config={
            "spec_size": 128,
            "num_mel_bins": 16,
            "window_size": 2,
            "patch_size": 4,
            "patch_stride": [4, 4],
            "patch_embeds_hidden_size": 8,
            "hidden_size": 16,
            "depths": [1, 1],
            "num_attention_heads": [1, 2],
            "enable_fusion": False,
        },
        projection_dim=12,
    )
    ClapModel(config).save_pretrained(folder)
    extractor = ClapFeatureExtractor(feature_size=16, max_length_s=4, truncation="rand_trunc")
    ClapProcessor(extractor, tokenizer).save_pretrained(folder)
    return folder
