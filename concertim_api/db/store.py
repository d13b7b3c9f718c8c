"""The database: its engine, and a port of it for each capability."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TypeVar

import tenacity
from oslo_config import cfg
from sqlalchemy.engine import Connection

from concertim_api.db import engine as engines
from concertim_api.db import schema
from concertim_api.db.bulk import bulk
from concertim_api.db.failures import Collision, translated
from concertim_api.db.jobs import SqlJobs
from concertim_api.db.keys import SqlKeys
from concertim_api.db.ledger.dead_letters import SqlDeadLetters
from concertim_api.db.ledger.feed import SqlFeed
from concertim_api.db.ledger.histories import SqlHistories
from concertim_api.db.ledger.queries import SqlLedgerReader
from concertim_api.db.ledger.refreshes import RefreshStatements, SqlRefreshes
from concertim_api.db.ledger.running import SqlSyncReader
from concertim_api.db.ledger.transaction import (
    SqlLedgerTransactions,
    Statements,
)
from concertim_api.db.ledger.usage import SqlUsage
from concertim_api.db.operations import SqlOperations
from concertim_api.db.push.bindings import SqlBindings
from concertim_api.db.view.queries import SqlView
from concertim_api.db.view.work import SqlProjection, ViewStatements
from concertim_api.domain.errors import Unavailable

T = TypeVar("T")


class SqlStore:
    """The database of [database]. Threads may share it.

    Each attribute implements the ports of one capability: ``bootstrap``
    hands them to those who use them.
    """

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self.engine = engines.create(conf)
        self._writer = engines.writer(self.engine)
        self._turn = engines.turns(self.engine)
        many = bulk(self.engine.dialect)
        read, change = self._read, self._change
        asks = RefreshStatements(many)
        self.transactions = SqlLedgerTransactions(Statements(many), change)
        self.ledger = SqlLedgerReader(read, self._stream)
        self.histories = SqlHistories(read)
        self.usage = SqlUsage(read)
        self.feed = SqlFeed(read)
        self.sync = SqlSyncReader(read)
        self.dead_letters = SqlDeadLetters(read, change)
        self.refreshes = SqlRefreshes(asks, read, change)
        self.view = SqlView(read)
        self.projection = SqlProjection(
            ViewStatements(many, asks), read, change
        )
        self.bindings = SqlBindings(many, read, change)
        self.operations = SqlOperations(read, change)
        self.jobs = SqlJobs(read, change)
        self.keys = SqlKeys(read, change)

    def close(self) -> None:
        """Close all connections; what comes later opens new ones."""
        self.engine.dispose()

    def check(self) -> None:
        revision = self._read(schema.current)
        if not schema.serves(revision):
            raise Unavailable(
                f"the database has schema {revision or 'none'}, not "
                f"{schema.head()}: run concertim-manage db sync"
            )

    def _read(self, query: Callable[[Connection], T], /) -> T:
        with (
            translated(),
            self._turn(),
            self.engine.connect() as connection,
        ):
            return query(connection)

    @contextlib.contextmanager
    def _stream(self) -> Iterator[Connection]:
        with translated(), self.engine.connect() as connection:
            yield connection

    def _change(self, work: Callable[[Connection], T], /) -> T:
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
