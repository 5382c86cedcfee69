"""What the collector is told is old is in its oldest generation, and can still be garbage."""

import gc
import weakref

from batchata.old_objects import count_all_as_old


class Node:
    def __init__(self) -> None:
        self.itself = self


def in_generation(number: int, one: object) -> bool:
    return any(other is one for other in gc.get_objects(generation=number))


def test_objects_are_old_at_once_and_are_still_collected() -> None:
    node = Node()
    assert in_generation(0, node) or in_generation(1, node)
    count_all_as_old()
    assert in_generation(2, node)
    seen = weakref.ref(node)
    del node
    gc.collect()
    assert seen() is None


def test_what_somebody_put_aside_stays_there() -> None:
    gc.freeze()
    try:
        frozen = gc.get_freeze_count()
        count_all_as_old()
        assert gc.get_freeze_count() == frozen
    finally:
        gc.unfreeze()
