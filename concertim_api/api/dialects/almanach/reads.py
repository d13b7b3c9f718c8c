"""The routes that read: entities of a project or a resource, and counts."""

from __future__ import annotations

import dataclasses as dc
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cachetools import TTLCache, cached

from concertim_api.api.dialects.almanach import documents
from concertim_api.api.dialects.almanach.callers import Callers
from concertim_api.api.dialects.almanach.documents import Missing, Request
from concertim_api.api.dialects.almanach.entities import (
    Entity,
    Rules,
    entities,
)
from concertim_api.api.dialects.dialect import Reply, route
from concertim_api.services.common.listing import Filter, Scope
from concertim_api.services.common.ports import Clock
from concertim_api.services.ledger.periods import Lifetimes
from concertim_api.services.ledger.ports import Window

#: Around the window of a caller: the ledger has whole seconds.
_SECOND = timedelta(seconds=1)

#: Seconds for which the counts are kept: anybody may ask for them.
_COUNTS_TTL = 60


@dc.dataclass(frozen=True, slots=True)
class Reader:
    """Reads entities from the ledger."""

    lifetimes: Lifetimes
    rules: Rules

    def entities(
        self,
        scope: Scope,
        conditions: Mapping[str, str],
        window: Window = Window(),  # noqa: B008
    ) -> Iterator[Entity]:
        """Yield the entities of resources whose periods have these values,
        and of which one is in the window."""
        filters = [Filter(k, "eq", v) for k, v in conditions.items()]
        rows = self.lifetimes.stream(scope, filters, window)
        return entities(rows, self.rules)


@dc.dataclass(frozen=True, slots=True)
class Lists:
    """The entities of a project."""

    reader: Reader
    callers: Callers
    clock: Clock
    max_rows: int

    @route("GET", "/project/{project}/instances")
    def servers(self, request: Request) -> Reply:
        return self._list(request, {"kind": "instance"})

    @route("GET", "/project/{project}/volumes")
    def volumes(self, request: Request) -> Reply:
        return self._list(request, {"kind": "volume"})

    @route("GET", "/project/{project}/entities")
    def all(self, request: Request) -> Reply:
        return self._list(request, {})

    def _list(self, request: Request, kind: Mapping[str, str]) -> Reply:
        scope = self.callers.reading(request)
        start, end = self._bounds(request)
        window = Window(_moved(start, -_SECOND), _moved(end, _SECOND))
        conditions = {"project_id": request.path["project"], **kind}
        rules = self.reader.rules
        return documents.answer(
            (
                entity
                for entity in self.reader.entities(scope, conditions, window)
                if rules.holds(entity, start, end)
            ),
            self.max_rows,
        )

    def _bounds(self, request: Request) -> tuple[datetime, datetime]:
        query = request.query
        if "start" not in query:
            raise documents.mandatory("start")
        start = documents.query_date(query["start"])
        if "end" in query:
            return start, documents.query_date(query["end"])
        now = self.clock.now()
        if self.reader.rules.has_local_end:
            now = now.astimezone().replace(tzinfo=UTC)
        return start, now


def _moved(moment: datetime, by: timedelta) -> datetime:
    try:
        return moment + by
    except OverflowError:
        return moment


@dc.dataclass(frozen=True, slots=True)
class Resources:
    """The entities of a resource: all that it ever had."""

    reader: Reader
    callers: Callers
    max_rows: int

    @route("GET", "/entity/{entity}")
    def show(self, request: Request) -> Reply:
        scope = self.callers.reading(request)
        conditions = {"resource_id": request.path["entity"]}
        entities = self.reader.entities(scope, conditions)
        reply = documents.answer(entities, self.max_rows)
        if reply.file is not None and reply.file.tell() > len("[]"):
            return reply
        raise Missing("Entity not found")


class Information:
    """The version, and the counts of entities. Anybody may ask."""

    def __init__(self, lifetimes: Lifetimes, version: str) -> None:
        self._version = version
        self._counts = cached(
            TTLCache[Any, tuple[int, int]](1, _COUNTS_TTL),
            lock=threading.Lock(),
        )(lifetimes.counts)

    def show(self, request: Request) -> Reply:
        entities, running = self._counts()
        return Reply(
            {
                "info": {"version": self._version},
                "database": {
                    "all_entities": entities,
                    "active_entities": running,
                },
            }
        )
