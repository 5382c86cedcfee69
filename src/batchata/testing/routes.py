"""Which operation a request asks for: by its method and the whole of its path."""

import re
from collections.abc import Iterable

from batchata.testing.wire import Request

UNKNOWN = ("unknown", "")


class Routes:
    """Made of (operation, method, pattern of the path); what a pattern calls `id` is what the operation is about."""

    def __init__(self, routes: Iterable[tuple[str, str, str]]) -> None:
        self._routes = [(operation, method, re.compile(pattern)) for operation, method, pattern in routes]

    def find(self, request: Request) -> tuple[str, str]:
        """(operation, the id it names); "unknown" where there is none."""
        for operation, method, pattern in self._routes:
            match = pattern.fullmatch(request.path)
            if match and method == request.method:
                return operation, match.groupdict().get("id", "")
        return UNKNOWN
