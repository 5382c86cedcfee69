"""One module per provider, imported on first use, behind the seam in `base`."""
