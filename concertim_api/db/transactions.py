"""Transactions: how a query comes to a connection, and what may go wrong.

Errors are in the words of the domain. Messages of drivers are not handed on:
they may hold statements and values, hosts and users. What a driver says of a
connection is the ``detail`` of the error; of a statement, the log has it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import sqlalchemy as sa
import tenacity
from oslo_db import exception as db_exc
from sqlalchemy import exc
from sqlalchemy.engine import Connection, Engine

from concertim_api.domain.errors import Busy, Invalid, OutOfOrder, Unavailable

LOG = logging.getLogger(__name__)

#: Seconds to wait at most for the others to have read; see ``turns``.
TURN = 0.02

T = TypeVar("T")
Turn = Callable[[], contextlib.AbstractContextManager[None]]

#: SQLSTATEs of PostgreSQL: serialization, deadlock, lock time-out.
_RETRIED = {"40001", "40P01", "55P03"}

_NO_TABLES = {"42P01", 1146}

#: What to do where our tables are not. An empty ledger begins to fill at
#: once: nobody who had one wants it made.
LOST = "restore a backup (Backup, in the documentation for administrators)"
_NEW = (
    "the database has no tables. If it had some, restore a backup; only for "
    "a new installation run concertim-manage db sync"
)

#: Errors that a value causes before it gets to the database.
_UNFIT = (ValueError, OverflowError, TypeError)


class Transactions:
    """The transactions of an engine. Threads may share them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = writer(engine)
        self._turn = turns(engine)
        self._had_tables = False

    def read(self, query: Callable[[Connection], T]) -> T:
        """Run a query of our tables in a transaction that only reads.

        Raises Unavailable, Invalid.
        """
        result = self.look(query)
        self._had_tables = True
        return result

    def look(self, query: Callable[[Connection], T]) -> T:
        """Run a query as ``read`` does, which needs none of our tables."""
        with (
            translated(had_tables=self._had_tables),
            self._turn(),
            self._engine.connect() as connection,
        ):
            return query(connection)

    def no_tables(self) -> OutOfOrder:
        """Return the error of a database without our tables."""
        return no_tables(self._had_tables)

    @contextlib.contextmanager
    def stream(self) -> Iterator[Connection]:
        """Lend a connection to read from for a while, beside others."""
        with (
            translated(had_tables=self._had_tables),
            self._engine.connect() as connection,
        ):
            yield connection

    def change(self, work: Callable[[Connection], T]) -> T:
        """Do work in a transaction; do it again after a deadlock.

        Raises Unavailable, Invalid.
        """
        try:
            for attempt in _attempts():
                with (
                    attempt,
                    translated(retried=True, had_tables=self._had_tables),
                    self._writer.begin() as connection,
                ):
                    result = work(connection)
        except Collision as collision:
            raise collision.outcome from None
        self._had_tables = True
        return result


class Adapter:
    """Base of what implements ports. Each call is one transaction.

    All of its methods raise Unavailable and Invalid.
    """

    def __init__(self, transactions: Transactions) -> None:
        self._read = transactions.read
        self._change = transactions.change
        self._stream = transactions.stream

    def _rows(self, query: sa.Executable) -> list[Any]:
        """Return all rows of a query."""
        return self._read(lambda c: list(c.execute(query)))

    def _row(self, query: sa.Executable) -> Any:
        """Return the first row of a query; None: it has none."""
        return self._read(lambda c: c.execute(query).first())

    def _run(self, statement: sa.Executable) -> int:
        """Run a statement that writes; return how many rows it changed."""
        return self._change(lambda c: c.execute(statement).rowcount)


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


def writer(engine: Engine) -> Engine:
    """Return the same engine for transactions that write."""
    return engine.execution_options(concertim_begin="BEGIN IMMEDIATE")


def begin(connection: Connection) -> None:
    how = connection.get_execution_options().get("concertim_begin")
    if how is None:
        # Past SQLAlchemy, which takes longer than SQLite: this never fails.
        dbapi: Any = connection.connection.dbapi_connection
        dbapi.execute("BEGIN")
    else:
        # A reader that turns writer finds the database locked; so those who
        # will write say so at once, and wait.
        connection.exec_driver_sql(how)


def refuse_the_parents(connection: Any, record: Any, proxy: Any) -> None:
    """Open a connection anew in a child: SQLite's do not outlive a fork."""
    if record.info["pid"] != os.getpid():
        record.dbapi_connection = proxy.dbapi_connection = None
        raise exc.DisconnectionError("opened before the fork")


class FaultyStatement(Exception):
    """The database does not understand a statement: a mistake of ours.

    Neither the statement nor a value is in its text; both are in its cause.
    """


class Collision(Exception):
    """Another transaction was in the way; doing it again may help.

    ``outcome`` is what to raise when it did not.
    """

    def __init__(self, outcome: Exception) -> None:
        super().__init__(str(outcome))
        self.outcome = outcome


@contextlib.contextmanager
def translated(
    *, retried: bool = False, had_tables: bool = False
) -> Iterator[None]:
    """Raise Unavailable, Invalid or FaultyStatement for errors of a
    database; Collision for those that go away when it is ``retried``.

    ``had_tables``: this process has used our tables. They are lost if they
    are not there.
    """
    try:
        yield
    except (
        db_exc.DBError,
        db_exc.DBInvalidUnicodeParameter,  # not one of the former
        exc.SQLAlchemyError,
    ) as error:
        outcome = _translate(error, had_tables)
        if isinstance(outcome, FaultyStatement):
            raise outcome from error
        LOG.debug("The database refused: %s", outcome, exc_info=True)
        if isinstance(outcome, Collision) and not retried:
            outcome = outcome.outcome
        raise outcome from None


def no_tables(had_tables: bool) -> OutOfOrder:
    """Return the error of a database that has none of our tables."""
    if had_tables:
        return OutOfOrder(f"the database has lost its tables: {LOST}")
    return OutOfOrder(_NEW)


def _translate(error: Exception, had_tables: bool) -> Exception:
    """Return what to raise instead."""
    if isinstance(error, db_exc.DBDeadlock):
        return Collision(Busy("the database is busy with other writers"))
    if isinstance(error, db_exc.DBDuplicateEntry):
        return Collision(Invalid("value", "stored already"))
    cause = _cause(error)
    detail = _of_connection(error, cause)
    if isinstance(error, db_exc.DBConnectionError | exc.TimeoutError):
        return Unavailable("the database does not answer", detail)
    if isinstance(error, db_exc.DBNonExistentDatabase):
        text = "the database does not exist, or can't be opened"
        return OutOfOrder(
            f"{text}. If it is lost, {LOST}" if had_tables else text, detail
        )
    code = _code(cause)
    if isinstance(error, db_exc.DBNonExistentTable) or code in _NO_TABLES:
        return no_tables(had_tables)
    if code in _RETRIED or "database is locked" in str(cause):
        return Collision(Busy("the database is busy"))
    if isinstance(error, _DATA) or isinstance(cause, _UNFIT):
        return Invalid("value", f"refused by the database ({_name(cause)})")
    broken = type(cause) is sqlite3.DatabaseError
    if broken or isinstance(error, exc.OperationalError | exc.InterfaceError):
        return Unavailable(
            f"the database has a problem ({_name(cause)})", detail
        )
    return FaultyStatement(f"the database refused it ({_name(cause)})")


_DATA = (
    db_exc.DBDataError,
    db_exc.DBInvalidUnicodeParameter,
    db_exc.DBConstraintError,
    exc.DataError,
    exc.IntegrityError,
)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those within it; the last is the driver's own."""
    inner: BaseException | None = error
    while inner is not None:
        error = inner
        yield error
        inner = getattr(error, "inner_exception", None) or getattr(
            error, "orig", None
        )


def _cause(error: BaseException) -> BaseException:
    """Return the driver's own error."""
    *_, cause = _chain(error)
    return cause


def _of_connection(error: BaseException, cause: BaseException) -> str:
    """Return what the driver says, in one line; "": it is of a statement,
    and may repeat it."""
    if any(getattr(link, "statement", None) for link in _chain(error)):
        return ""
    return " ".join(str(cause).split())


def _code(cause: BaseException) -> object:
    """Return a driver's short code; "": it has none."""
    for name in ("pgcode", "sqlite_errorname"):
        if code := getattr(cause, name, None):
            return code
    first = cause.args[0] if cause.args else None
    return first if isinstance(first, int) else ""


def _name(cause: BaseException) -> str:
    return f"{type(cause).__name__} {_code(cause)}".strip()
