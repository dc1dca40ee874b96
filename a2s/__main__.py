"""The program `a2s`, also `python -m a2s`."""

from __future__ import annotations

import sys
from typing import NoReturn


def run() -> NoReturn:
    """Run one command and exit with its code."""
    try:
        from a2s.cli.main import main  # imported here so that Ctrl-C during the imports is handled too

        sys.exit(main())
    except KeyboardInterrupt:
        print("a2s: Stopped.", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    run()
