"""The store: ``ports.Store`` on a database."""

from __future__ import annotations

from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

import tenacity
from oslo_config import cfg
from sqlalchemy.engine import Connection

from concertim_api.db import engine as engines
from concertim_api.db import jobs, schema
from concertim_api.db import keys as named_keys
from concertim_api.db.bulk import bulk
from concertim_api.db.failures import Collision, translated
from concertim_api.db.ledger import dead_letters as letters
from concertim_api.db.ledger import feed, queries, refreshes
from concertim_api.db.ledger import histories as past
from concertim_api.db.ledger import usage as sums
from concertim_api.db.ledger.refreshes import Refreshes
from concertim_api.db.ledger.transaction import SqlLedger, Statements
from concertim_api.db.operations import SqlOperations
from concertim_api.db.push.bindings import SqlBindings
from concertim_api.db.view import queries as view
from concertim_api.db.view.work import SqlViewWork, ViewStatements
from concertim_api.domain.errors import Unavailable
from concertim_api.domain.ledger.observations import Observation, Period, Ref
from concertim_api.services.access.ports import Key
from concertim_api.services.common.listing import Filter, Listing, Page
from concertim_api.services.jobs.ports import JobRecord
from concertim_api.services.ledger.ports import (
    DeadLetter,
    Ledger,
    Refresh,
    Types,
    UsageRow,
    Window,
)
from concertim_api.services.view.ports import ViewWork

P = ParamSpec("P")
T = TypeVar("T")


class SqlStore:
    """The database of [database]. Threads may share it."""

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self.engine = engines.create(conf)
        self._writer = engines.writer(self.engine)
        self._turn = engines.turns(self.engine)
        many = bulk(self.engine.dialect)
        self._statements = Statements(many)
        self._refreshes = Refreshes(many)
        self._view = ViewStatements(many, self._refreshes)
        self.bindings = SqlBindings(many, self._read, self._change)
        self.operations = SqlOperations(self._read, self._change)

    def close(self) -> None:
        """Close all connections; what comes later opens new ones."""
        self.engine.dispose()

    def write(self, work: Callable[[Ledger], T]) -> T:
        return self._change(
            lambda connection: work(SqlLedger(connection, self._statements))
        )

    def _change(self, work: Callable[[Connection], T]) -> T:
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

    def _read(
        self,
        query: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        with (
            translated(),
            self._turn(),
            self.engine.connect() as connection,
        ):
            return query(connection, *args, **kwargs)

    def check(self) -> None:
        found = self._read(schema.current)
        if not schema.serves(found):
            raise Unavailable(
                f"the database has schema {found or 'none'}, not "
                f"{schema.head()}: run concertim-manage db sync"
            )

    def periods(
        self, listing: Listing, window: Window, types: Types = ()
    ) -> Page:
        return self._read(queries.periods, listing, window, types)

    def all_periods(self) -> Iterator[Any]:
        with translated(), self.engine.connect() as connection:
            yield from queries.all_periods(connection)

    def usage(
        self,
        group: Sequence[str],
        filters: Sequence[Filter],
        window: Window,
        limit: int,
    ) -> list[UsageRow]:
        return self._read(sums.usage, group, filters, window, limit)

    def resource_counts(
        self,
        group: Sequence[str],
        filters: Sequence[Filter],
        window: Window,
    ) -> dict[tuple[Any, ...], int]:
        return self._read(sums.resource_counts, group, filters, window)

    def resources(self, listing: Listing) -> Page:
        return self._read(queries.resources, listing)

    def resources_at(self, listing: Listing, at: datetime) -> Page:
        return self._read(queries.resources_at, listing, at)

    def history(self, ref: Ref) -> tuple[Any, list[Period], list[Observation]]:
        return self._read(queries.history, ref)

    def find(self, resource_id: str) -> list[Any]:
        return self._read(queries.find, resource_id)

    def histories(self, refs: Collection[Ref]) -> dict[Ref, list[Observation]]:
        return self._read(past.histories, refs)

    def observations(self, listing: Listing) -> Page:
        return self._read(past.observations, listing)

    def changes(
        self, after: int, filters: Sequence[Filter], limit: int
    ) -> list[Any]:
        return self._read(feed.changes, after, filters, limit)

    def feed_bounds(self) -> tuple[int, int]:
        return self._read(feed.feed_bounds)

    def regions(self) -> list[Mapping[str, Any]]:
        return self._read(queries.regions)

    def names(self, kind: str, ids: Collection[str]) -> dict[str, str]:
        return self._read(queries.names, kind, ids)

    def ids(self, kind: str, names: Collection[str]) -> list[str]:
        return self._read(queries.ids, kind, names)

    def bury(self, buried: Iterable[DeadLetter]) -> None:
        kept = list(buried)
        self._change(lambda connection: letters.bury(connection, kept))

    def dead_letters(self, listing: Listing) -> Page:
        return self._read(letters.dead_letters, listing)

    def dead_letter(self, letter_id: int) -> DeadLetter:
        return self._read(letters.dead_letter, letter_id)

    def revive(self, letter_id: int) -> None:
        self._change(lambda connection: letters.revive(connection, letter_id))

    def fail_again(self, letter_id: int, error: str) -> None:
        self._change(
            lambda connection: letters.fail_again(connection, letter_id, error)
        )

    def count_dead_letters(self, most: int) -> int:
        return self._read(letters.count, most)

    def purge_dead_letters(self, filters: Sequence[Filter]) -> int:
        return self._change(
            lambda connection: letters.purge(connection, filters)
        )

    def key(self, digest: str) -> Key | None:
        return self._read(named_keys.key, digest)

    def keys(self) -> list[Key]:
        return self._read(named_keys.keys)

    def add_key(self, key: Key) -> None:
        self._change(lambda connection: named_keys.add(connection, key))

    def revoke_key(self, name: str) -> None:
        self._change(lambda connection: named_keys.revoke(connection, name))

    def project(self, work: Callable[[ViewWork], T]) -> T:
        return self._change(
            lambda connection: work(SqlViewWork(connection, self._view))
        )

    def is_stale(self) -> bool:
        return self._read(view.is_stale)

    def shown(self, noun: str, listing: Listing) -> Page:
        return self._read(view.shown, noun, listing)

    def find_shown(
        self, noun: str, view_id: str, filters: Sequence[Filter] = ()
    ) -> list[Any]:
        return self._read(view.find_shown, noun, view_id, filters)

    def racks_at(self, listing: Listing, at: datetime) -> Page:
        return self._read(view.racks_at, listing, at)

    def placements(self, racks: Collection[Ref]) -> list[Any]:
        return self._read(view.placements, racks)

    def periods_of(self, refs: Collection[Ref]) -> dict[Ref, list[Period]]:
        return self._read(view.periods_of, refs)

    def belonging(self, kind: str, owners: Collection[Ref]) -> list[Ref]:
        return self._read(view.belonging, kind, owners)

    def running(self, region: str, kind: str) -> dict[str, datetime]:
        return self._read(view.running, region, kind)

    def read_marks(self, region: str) -> dict[str, datetime]:
        return self._read(view.read_marks, region)

    def ask(self, refs: Collection[Ref], now: datetime) -> int:
        wanted = dict.fromkeys(refs, now)
        return self._change(
            lambda connection: self._refreshes.ask(connection, wanted, now)
        )

    def due(self, now: datetime, limit: int) -> list[Refresh]:
        return self._read(refreshes.due, now, limit)

    def answered(self, refresh: Refresh) -> None:
        self._change(
            lambda connection: refreshes.answered(connection, refresh)
        )

    def postponed(
        self, refresh: Refresh, not_before: datetime, error: str
    ) -> None:
        self._change(
            lambda connection: refreshes.postponed(
                connection, refresh, not_before, error
            )
        )

    def refreshes(self) -> Mapping[str, int]:
        return self._read(refreshes.counts)

    def jobs(self) -> list[JobRecord]:
        return self._read(jobs.jobs)

    def job(self, name: str) -> JobRecord | None:
        return self._read(jobs.job, name)

    def save_job(self, job: JobRecord) -> None:
        self._change(lambda connection: jobs.save(connection, job))

    def ask_job(
        self, name: str, asked: Mapping[str, Any], now: datetime
    ) -> JobRecord:
        return self._change(
            lambda connection: jobs.ask(connection, name, asked, now)
        )

    def forget_job(self, name: str, before: datetime) -> bool:
        return self._change(
            lambda connection: jobs.forget(connection, name, before)
        )


def _attempts() -> tenacity.Retrying:
    return tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(Collision),
        stop=tenacity.stop_after_attempt(10) | tenacity.stop_after_delay(30),
        wait=tenacity.wait_random_exponential(multiplier=0.02, max=1),
        reraise=True,
    )
