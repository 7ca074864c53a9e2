"""`python -m genhub …`: the command line, see genhub/cli.py."""

import sys

from genhub.cli import main

if __name__ == "__main__":
    sys.exit(main())
