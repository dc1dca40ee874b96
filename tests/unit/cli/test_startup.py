"""The command line imports diffusers without transformers and torch's compiler; both still work afterwards."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.fakes import draw_video

ROOT = Path(__file__).resolve().parents[3]


def run(code: str, *arguments: object) -> str:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


HELP = """
import sys
from a2s.cli.main import main
assert main(["--help"]) == main(["--version"]) == 0
heavy = {"numpy", "torch", "scipy", "librosa", "rich", "diffusers", "transformers", "gradio", "cv2", "av"}
print("loaded", sorted(heavy & set(sys.modules)))
"""


def test_help_imports_nothing_large():
    assert run(HELP).splitlines()[-1] == "loaded []"


DUB = """
import sys
from a2s.cli.main import main
assert main(["dub", sys.argv[1], "-o", sys.argv[2], "--steps", "1", "--model", sys.argv[3], "--bank", sys.argv[4]]) == 0
assert not {"transformers", "torch._dynamo", "sympy", "gradio"} & set(sys.modules)

import torch
from diffusers.loaders.lora_base import PreTrainedModel
from diffusers.pipelines import pipeline_loading_utils

assert not issubclass(torch.nn.Module, PreTrainedModel) and not isinstance(3, PreTrainedModel)
from transformers import ASTConfig, ASTForAudioClassification, PreTrainedModel as real

small = ASTConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8)
assert issubclass(ASTForAudioClassification, PreTrainedModel)
assert PreTrainedModel.from_pretrained == real.from_pretrained
assert isinstance(ASTForAudioClassification(small), (int, PreTrainedModel))

class Model(PreTrainedModel): ...

assert issubclass(Model, real)
layer = torch.nn.Linear(1, 1)
assert not pipeline_loading_utils.is_compiled_module(layer)
assert pipeline_loading_utils.is_compiled_module(torch.compile(layer))
assert sys.modules["torch._dynamo"] is torch._dynamo
"""


def test_a_dub_imports_neither_transformers_nor_the_compiler_and_both_work_later(home, tmp_path):
    clip = draw_video(tmp_path / "clip.mp4", seconds=0.5)
    run(DUB, clip, tmp_path / "out.wav", home / "model", home / "bank")
