"""Transactions: how a query comes to a connection."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

import tenacity
from sqlalchemy.engine import Connection, Engine

from concertim_api.db.engine import writer
from concertim_api.db.failures import Collision, translated

#: Seconds to wait at most for the others to have read; see ``turns``.
TURN = 0.02

T = TypeVar("T")
Turn = Callable[[], contextlib.AbstractContextManager[None]]


class Read(Protocol):
    def __call__(self, query: Callable[[Connection], T], /) -> T:
        """Run a query in a transaction that only reads.

        Raises Unavailable, Invalid.
        """


class Change(Protocol):
    def __call__(self, work: Callable[[Connection], T], /) -> T:
        """Do work in a transaction; do it again after a deadlock.

        Raises Unavailable, Invalid.
        """


class Transactions:
    """The transactions of an engine. Threads may share them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = writer(engine)
        self._turn = turns(engine)

    def read(self, query: Callable[[Connection], T], /) -> T:
        with (
            translated(),
            self._turn(),
            self._engine.connect() as connection,
        ):
            return query(connection)

    @contextlib.contextmanager
    def stream(self) -> Iterator[Connection]:
        """Lend a connection to read from for a while, beside others."""
        with translated(), self._engine.connect() as connection:
            yield connection

    def change(self, work: Callable[[Connection], T], /) -> T:
        try:
            for attempt in _attempts():
                with (
                    attempt,
                    translated(retried=True),
                    self._writer.begin() as connection,
                ):
                    return work(connection)
        except Collision as collision:
            raise collision.outcome from None
        raise AssertionError("an attempt returns or raises")


def _attempts() -> tenacity.Retrying:
    return tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(Collision),
        stop=tenacity.stop_after_attempt(10) | tenacity.stop_after_delay(30),
        wait=tenacity.wait_random_exponential(multiplier=0.02, max=1),
        reraise=True,
    )


def turns(engine: Engine) -> Turn:
    """Return what threads enter to read one after the other, if that helps.

    SQLite lets go of Python's lock for each row, and takes it again: while
    other threads want it, a hundred rows cost four times as much. Who has to
    wait too long, for a report perhaps, does not wait for its turn.
    """
    if engine.dialect.name != "sqlite":
        return contextlib.nullcontext
    reading = threading.Lock()

    @contextlib.contextmanager
    def turn() -> Iterator[None]:
        mine = reading.acquire(timeout=TURN)
        try:
            yield
        finally:
            if mine:
                reading.release()

    return turn
