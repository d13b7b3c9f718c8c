"""Batches in which one bad item must not stop the others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

from concertim_api.domain.errors import (
    ConcertimError,
    Unavailable,
    in_full,
)

LOG = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")


def in_parts(
    work: Callable[[Sequence[T]], R], batch: Sequence[T]
) -> tuple[list[R], list[tuple[T, Exception]]]:
    """Do work on a batch; where that fails, on each half of it.

    Returns the results of the parts that succeeded, in their order, and the
    items that fail even alone, each with its error. One bad item of n costs
    about 2 log2(n) calls more; n bad ones 2 n.

    Raises Unavailable: the fault is no item's.
    """
    if not batch:
        return [], []
    try:
        return [work(batch)], []
    except Unavailable:
        raise
    except Exception as exc:  # whatever an item holds, the others go on
        if len(batch) == 1:
            return [], [(batch[0], exc)]
    middle = len(batch) // 2
    results, failures = in_parts(work, batch[:middle])
    more_results, more_failures = in_parts(work, batch[middle:])
    return results + more_results, failures + more_failures


def reason(error: Exception) -> str:
    """Return what operators may read of an error, and log what not.

    Errors of our own explain themselves. Of others only the type is told:
    their texts may hold statements, values and addresses.
    """
    if isinstance(error, ConcertimError):
        return in_full(error)
    LOG.error("Unforeseen: %s", type(error).__name__, exc_info=error)
    return f"{type(error).__name__}: see the log"
