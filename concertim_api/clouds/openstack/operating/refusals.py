"""How Cinder refuses an order that the state of a volume does not allow.

It answers 400, where all other services answer 409. Nova passes that on. The
text of the answer tells it from a wrong value.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from concertim_api.domain.errors import Conflict, Invalid


@contextlib.contextmanager
def state_conflicts() -> Iterator[None]:
    """Raise Conflict if Cinder says that a volume is invalid."""
    try:
        yield
    except Invalid as exc:
        if "invalid volume" in exc.problem.lower():
            raise Conflict(exc.problem) from None
        raise
