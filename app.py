"""The page: `python app.py`, on this machine or as a Space."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys

from a2s.errors import A2SError
from a2s.ui import Engine, build, launch_options

ON_SPACE = bool(os.environ.get("SPACE_ID"))


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Open the a2s page in a browser at the address that is printed.")
    parser.add_argument(
        "--host", default="0.0.0.0" if ON_SPACE else "127.0.0.1", help="address to listen on (this machine only)"
    )
    parser.add_argument("--port", type=int, help="default: GRADIO_SERVER_PORT, or the first free one from 7860")
    parser.add_argument("--model", default="compact", help="compact, official or a model's folder")
    parser.add_argument(
        "--share", action="store_true", help="also serve through a public link of gradio's (needs the internet)"
    )
    parser.add_argument("--mcp", action="store_true", help="also offer the endpoints as MCP tools")
    return parser.parse_args(arguments)


def main() -> int:
    flags = parse()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.getLogger("a2s").setLevel(logging.INFO)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that the visits' folders are removed then as well
    try:
        engine = Engine(flags.model)
        engine.check()
    except A2SError as error:
        print(error, file=sys.stderr)
        return 2
    page = build(engine)
    engine.warm()
    port = 7860 if ON_SPACE and flags.port is None else flags.port
    page.launch(server_name=flags.host, server_port=port, share=flags.share, mcp_server=flags.mcp, **launch_options())
    return 0


if __name__ == "__main__":
    sys.exit(main())
