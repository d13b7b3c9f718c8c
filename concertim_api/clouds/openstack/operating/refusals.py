"""How Cinder refuses what the state of a volume does not allow.

With 400, where all others say 409; Nova hands that on. Its words tell it
from a value that is wrong.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from concertim_api.domain.errors import Conflict, Invalid


@contextlib.contextmanager
def states_told() -> Iterator[None]:
    """Raise Conflict for what Cinder calls an invalid volume."""
    try:
        yield
    except Invalid as exc:
        if "invalid volume" in exc.problem.lower():
            raise Conflict(exc.problem) from None
        raise
