"""The version, in one place."""

__version__ = "2.1.1"
