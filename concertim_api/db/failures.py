"""What goes wrong with a database, in the words of the domain.

Messages of drivers are not handed on: they may hold statements and values,
hosts and users. What a driver says of a connection is the ``detail`` of the
error; of a statement, the log has it.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Iterator

from oslo_db import exception as db_exc
from sqlalchemy import exc

from concertim_api.domain.errors import Busy, Invalid, Unavailable

LOG = logging.getLogger(__name__)

#: SQLSTATEs of PostgreSQL: serialization, deadlock, lock time-out.
_RETRIED = {"40001", "40P01", "55P03"}

_NO_TABLES = {"42P01", 1146}

#: Errors that a value causes before it gets to the database.
_UNFIT = (ValueError, OverflowError, TypeError)


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
def translated(*, retried: bool = False) -> Iterator[None]:
    """Raise Unavailable, Invalid or FaultyStatement for errors of a
    database; Collision for those that go away when it is ``retried``."""
    try:
        yield
    except (
        db_exc.DBError,
        db_exc.DBInvalidUnicodeParameter,  # not one of the former
        exc.SQLAlchemyError,
    ) as error:
        outcome = _translate(error)
        if isinstance(outcome, FaultyStatement):
            raise outcome from error
        LOG.debug("The database refused: %s", outcome, exc_info=True)
        if isinstance(outcome, Collision) and not retried:
            outcome = outcome.outcome
        raise outcome from None


def _translate(error: Exception) -> Exception:
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
        return Unavailable(
            "the database does not exist, or can't be opened", detail
        )
    code = _code(cause)
    if isinstance(error, db_exc.DBNonExistentTable) or code in _NO_TABLES:
        return Unavailable(
            "the database has no tables: run concertim-manage db sync"
        )
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
