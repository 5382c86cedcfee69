"""What `make crash` runs at length is run from the repository's root and is no part of the package."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
