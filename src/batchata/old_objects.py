"""Python's collector of garbage, told what is none."""

import gc


def count_all_as_old() -> None:
    """What there is now is looked through only where everything is. A large import leaves a hundred thousand young objects, which
    are gone through twice on their way to being old, some 0.1 s each time, while every thread waits.

    For once in a while, after an import: young garbage grows old with the rest, and goes later.

    Does nothing where somebody has put objects aside for good (`gc.freeze`): they would come back.
    """
    if not gc.get_freeze_count():
        gc.freeze()
        gc.unfreeze()  # into the oldest generation
