"""The page: `python app.py`, on this machine or as a Space."""

from __future__ import annotations

import argparse
import os
import signal
import sys

ON_SPACE = bool(os.environ.get("SPACE_ID"))


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Open the a2s page in a browser at the address that is printed.")
    add = parser.add_argument
    add("--host", default="0.0.0.0" if ON_SPACE else "127.0.0.1", help="address to listen on (this machine only)")
    add("--port", type=int, help="default: GRADIO_SERVER_PORT, or the first free one from 7860")
    add("--model", default="compact", help="compact, official or a model's folder")
    add("--share", action="store_true", help="also serve through a public link of gradio's (needs the internet)")
    add("--mcp", action="store_true", help="also offer the endpoints as MCP tools")
    add("--auth", metavar="USER:PASSWORD", default=os.environ.get("A2S_AUTH"), help="who may come in, or A2S_AUTH")
    add("--log-json", action="store_true", help="log to stderr as JSON, one object a line")
    add("--limit", metavar="NAME=NUMBER", action="append", default=[], help="max_seconds=60 is A2S_MAX_SECONDS=60")
    flags = parser.parse_args(arguments)
    if flags.auth is not None and not all(flags.auth.partition(":")):
        parser.error("--auth needs a name and a password with a colon between them")
    return flags


def main() -> int:
    flags = parse()
    for name, _, number in (limit.partition("=") for limit in flags.limit):
        os.environ[f"A2S_{name.upper()}"] = number
    from a2s.errors import A2SError  # only now: the limits are settled when a2s is imported
    from a2s.log import Request, to_stderr
    from a2s.settings import Limits
    from a2s.ui.malloc_arenas import limit_malloc_arenas

    to_stderr(flags.log_json)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that the visits' folders are removed then as well
    try:
        Limits()
        limit_malloc_arenas()
        from a2s.ui import Engine, build, serve

        engine = Engine(flags.model)
        engine.check()
    except A2SError as error:
        Request("start").finish(error, message=str(error)) if flags.log_json else print(error, file=sys.stderr)
        return 2
    page, port = build(engine), 7860 if ON_SPACE and flags.port is None else flags.port
    where = {"server_name": flags.host, "server_port": port, "share": flags.share, "mcp_server": flags.mcp}
    auth = tuple(flags.auth.split(":", 1)) if flags.auth else None
    serve(page, engine, auth=auth, **where)
    return 0


if __name__ == "__main__":
    sys.exit(main())
