"""`python -m a2s`."""

import sys

from a2s.cli import main

if __name__ == "__main__":
    sys.exit(main())
