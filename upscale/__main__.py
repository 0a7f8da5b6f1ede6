"""The `upscale` command, and `python -m upscale`."""

import sys

from upscale.errors import INTERRUPTED


def main() -> None:
    """Load the command line, which takes a while, and run it."""
    try:
        from upscale.cli.app import main as run
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    run()


if __name__ == "__main__":
    main()
