"""One folder per provider, imported on first use, behind the seam in `base`; beside them what several of them share."""
