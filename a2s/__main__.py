"""`python -m a2s`."""

import sys

if __name__ == "__main__":
    try:
        from a2s.cli.main import main

        sys.exit(main())
    except KeyboardInterrupt:  # while modules were still being loaded
        sys.exit(130)
