"""`python -m batchata`: the command line."""

import sys

from batchata.cli import main

if __name__ == "__main__":
    sys.exit(main())
