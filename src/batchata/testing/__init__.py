"""A provider emulator to test pipelines on."""
