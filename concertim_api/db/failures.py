"""What goes wrong with a database, in the words of the domain.

Messages of drivers are not handed on: they may hold statements and values.
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


class Collision(Exception):
    """Another transaction was in the way; doing it again may help.

    ``outcome`` is what to raise when it did not.
    """

    def __init__(self, outcome: Exception) -> None:
        super().__init__(str(outcome))
        self.outcome = outcome


@contextlib.contextmanager
def translated(*, retried: bool = False) -> Iterator[None]:
    """Raise Unavailable or Invalid for errors of a database; Collision for
    those that go away when it is ``retried``."""
    try:
        yield
    except (
        db_exc.DBError,
        db_exc.DBInvalidUnicodeParameter,  # not one of the former
        exc.SQLAlchemyError,
    ) as error:
        told = _translate(error)
        if told is None:
            raise
        LOG.debug("The database refused: %s", told, exc_info=True)
        if isinstance(told, Collision) and not retried:
            told = told.outcome
        raise told from None


def _translate(error: Exception) -> Exception | None:
    """Return what to raise instead; None: it is our own mistake."""
    if isinstance(error, db_exc.DBDeadlock):
        return Collision(Busy("the database is busy with other writers"))
    if isinstance(error, db_exc.DBDuplicateEntry):
        return Collision(Invalid("value", "stored already"))
    if isinstance(error, db_exc.DBConnectionError | exc.TimeoutError):
        return Unavailable("the database does not answer")
    if isinstance(error, db_exc.DBNonExistentDatabase):
        return Unavailable("the database does not exist, or can't be opened")
    cause = _cause(error)
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
        return Unavailable(f"the database has a problem ({_name(cause)})")
    return None


_DATA = (
    db_exc.DBDataError,
    db_exc.DBInvalidUnicodeParameter,
    db_exc.DBConstraintError,
    exc.DataError,
    exc.IntegrityError,
)


def _cause(error: Exception) -> BaseException:
    """Return the driver's own error."""
    while True:
        inner = getattr(error, "inner_exception", None) or getattr(
            error, "orig", None
        )
        if inner is None:
            return error
        error = inner


def _code(cause: BaseException) -> object:
    return getattr(cause, "pgcode", None) or (
        cause.args[0] if cause.args else None
    )


def _name(cause: BaseException) -> str:
    return f"{type(cause).__name__} {_code(cause)}".strip()
