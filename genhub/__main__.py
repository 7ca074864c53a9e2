"""`python -m genhub …`: the command line, see genhub/cli.py."""

import sys

from genhub.cli import leave, main

if __name__ == "__main__":
    try:
        sys.exit(main())
    finally:
        leave()
