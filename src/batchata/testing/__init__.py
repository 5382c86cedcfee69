"""Providers to test a pipeline against: HTTP servers on loopback that the official SDKs take for the real thing.

Nothing here is shared with the rest of batchata: what it says of a provider was read from the provider's documentation a
second time.
"""

from batchata.testing.answers import Answer
from batchata.testing.emulator import Emulator
from batchata.testing.faults import Fault
from batchata.testing.ledger import Bill, Ledger, Rates, Tokens
from batchata.testing.process import EmulatorProcess
from batchata.testing.uploaded import UploadedFile, Uploads
from batchata.testing.wire import Exchange

__all__ = [
    "Answer",
    "Bill",
    "Emulator",
    "EmulatorProcess",
    "Exchange",
    "Fault",
    "Ledger",
    "Rates",
    "Tokens",
    "UploadedFile",
    "Uploads",
]
