"""The real page over stand-ins for model and bank: `python -m tests.e2e.serve EXAMPLES [SECONDS_PER_STEP]`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from a2s.log import to_stderr
from a2s.ui import Engine, build, serve
from tests.fakes import FakePipeline, small_bank

BROKEN_STEPS = 13
"""With so many steps the stand-in breaks, as a bug would break it."""


class PacedPipeline(FakePipeline):
    """A fake that takes its time, so that a person, or a test, can press Cancel."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    def sample(self, *inputs, callback_on_step_end=None, **more):
        if more.get("num_inference_steps") == BROKEN_STEPS:
            raise RuntimeError("out of order")

        def paced(pipe, step, left, tensors):
            time.sleep(self.seconds)
            print(f"STEP {step}", flush=True)
            return callback_on_step_end(pipe, step, left, tensors) if callback_on_step_end else tensors

        return super().sample(*inputs, callback_on_step_end=paced, **more)


class LouderPipeline(FakePipeline):
    """Another model: all that it makes is twice as loud."""

    def vocode(self, mel):
        return 2 * super().vocode(mel)


def main() -> None:
    to_stderr(as_json=True)
    examples = Path(sys.argv[1])
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 0.0
    engine = Engine(PacedPipeline(seconds), small_bank(), more={"louder": LouderPipeline(), "official": "official"})
    page = build(engine, examples)
    serve(page, engine, examples, server_name="127.0.0.1", mcp_server=True)


if __name__ == "__main__":
    main()
