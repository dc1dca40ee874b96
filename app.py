"""The page: `python app.py`, on this machine or as a Hugging Face Space."""

from __future__ import annotations

import argparse
import os
import signal
import sys

from a2s.limits import LOOPBACK, Limits, limits_help

ON_SPACE = bool(os.environ.get("SPACE_ID"))


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    about = "Open the a2s page in a browser at the address that is printed."
    parser = argparse.ArgumentParser(None, None, about, limits_help(), [], argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--host", default="0.0.0.0" if ON_SPACE else "127.0.0.1", help="address to listen on (default: this machine)")
    add("--port", type=int, help="default: GRADIO_SERVER_PORT, or the first free port from 7860")
    add("--model", default="compact", help="compact, official, or the folder of a model")
    add("--share", action="store_true", help="also serve through a public gradio link (needs the internet)")
    add("--auth", metavar="USER:PASSWORD", default=os.environ.get("A2S_AUTH"), help="require a login; or set A2S_AUTH")
    add("--mcp", action="store_true", help="also offer the endpoints as MCP tools")
    add("--limit", metavar="NAME=VALUE", action="append", default=[], help="e.g. max_seconds=60; or A2S_MAX_SECONDS=60")
    add("--log-json", action="store_true", help="log to stderr as JSON, one object per line")
    flags = parser.parse_args(arguments)
    if flags.auth is not None and not all(flags.auth.partition(":")):
        parser.error("--auth needs a user name and a password with a colon between them")
    return flags


def main(arguments: list[str] | None = None) -> int:
    flags = parse(arguments)
    from a2s.errors import A2SError  # after the flags: keeps `python app.py --help` fast
    from a2s.log import Request, to_stderr

    to_stderr(flags.log_json)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # an exit removes the visits' files, a kill does not
    try:
        limits = Limits.read(flags.limit, served=flags.share or flags.host not in LOOPBACK)
        from a2s.ui import Engine, build, serve
        from a2s.ui.malloc_arenas import limit_malloc_arenas

        limit_malloc_arenas()
        engine = Engine(flags.model, limits=limits)
        engine.check_model()
    except A2SError as error:
        Request("start").finish(error, message=str(error)) if flags.log_json else print(error, file=sys.stderr)
        return 2
    port = 7860 if ON_SPACE and flags.port is None else flags.port
    auth = tuple(flags.auth.split(":", 1)) if flags.auth else None
    options = {"server_name": flags.host, "server_port": port, "share": flags.share, "mcp_server": flags.mcp}
    serve(build(engine), engine, auth=auth, **options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
