"""The ledger: its rows, and the ports of who stores them.

Rows that only pass through on their way to a caller are protocols: an
adapter may hand out its own row objects, so that a page costs no copy.
"""

from __future__ import annotations

import dataclasses as dc
from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeVar

from concertim_api.domain.attributes import Size
from concertim_api.domain.ledger.observations import (
    Life,
    Observation,
    ObservationKey,
    Period,
    Ref,
)
from concertim_api.services.common.listing import Filter, Json, Listing, Page

T = TypeVar("T")

#: (kind, kind of the resources that its types are)
Types = tuple[tuple[str, str], ...]


@dc.dataclass(frozen=True, slots=True)
class Window:
    """[start, end) of time; None: open on that side."""

    start: datetime | None = None
    end: datetime | None = None


class PeriodRow(Protocol):
    """A period with the names of its resource. Times are UTC."""

    id: int
    region: str
    kind: str
    resource_id: str
    name: str | None
    project_id: str | None
    start: datetime
    end: datetime | None
    state: str | None
    type: str | None
    vcpus: int
    ram_mb: int
    disk_gb: int
    shape: Json


class ResourceRow(Protocol):
    """A resource as it is, or as it last was."""

    region: str
    kind: str
    id: str
    name: str | None
    project_id: str | None
    state: str | None
    type: str | None
    shape: Json
    details: Json
    start: datetime | None
    end: datetime | None
    ended: str | None
    updated_at: datetime
    archived_to: datetime | None


class EndedResource(NamedTuple):
    """A resource that has ended, and how many observations it has."""

    pk: int
    ref: Ref
    generation: int
    observed: int


class StoredResource(ResourceRow, Protocol):
    """``generation``: how often it has changed."""

    generation: int


#: A resource, all its periods by their start, all its observations.
StoredHistory = tuple[StoredResource, Sequence[Period], Sequence[Observation]]


class ChangeRow(Protocol):
    """One entry of the feed: the periods of a resource changed."""

    cursor: int
    region: str
    kind: str
    resource_id: str
    project_id: str | None
    since: datetime
    recorded_at: datetime


@dc.dataclass(frozen=True, slots=True)
class UsageRow:
    """The seconds that periods of one size lasted within a window.

    The totals are sums of seconds x size: one row for each size keeps the
    arithmetic exact in every database. ``group`` has the values of the
    fields to group by; ``day`` is a datetime. ``specs`` has the extra specs
    of the flavor, if they were asked for.
    """

    group: tuple[Any, ...]
    size: Size
    seconds: int
    specs: Mapping[str, Any] = dc.field(default_factory=dict)


@dc.dataclass(frozen=True, slots=True)
class DeadLetter:
    """A notification that could not be understood or stored.

    Two with one ``key`` are the same. It is of the region and the id of the
    message, or of its content, if it has none. ``region`` "": the rules of
    the operator refused it. ``origin``: the fields of its ``Origin``; None:
    it has none, and keeps its region.
    """

    id: int
    region: str
    message_id: str | None
    event_type: str | None
    publisher_id: str | None
    received_at: datetime
    error: str
    message: Mapping[str, Any]
    attempts: int = 1
    key: str | None = None
    origin: Mapping[str, Any] | None = None


@dc.dataclass(frozen=True, slots=True)
class Refresh:
    """A resource that the cloud is to be asked for.

    ``asked_at``: the moment of the last request; a later one says that it was
    requested again while the cloud answered. ``attempts``: those that failed.
    """

    ref: Ref
    asked_at: datetime
    attempts: int = 0


@dc.dataclass(frozen=True, slots=True)
class Change:
    """How a resource changes in one transaction.

    ``put``: periods to add, or to replace those of the same start. ``drop``:
    the starts of periods to remove. ``since``: the earliest moment at which
    the periods differ; None: only details do. ``projects``: those of the
    periods that change, as they were and as they are: a transfer concerns
    both.
    """

    ref: Ref
    life: Life
    put: Sequence[Period] = ()
    drop: Sequence[datetime] = ()
    since: datetime | None = None
    projects: Collection[str | None] = ()


class Ledger(Protocol):
    """The observed state, within one transaction. For the recorder alone."""

    def lives(self, refs: Collection[Ref]) -> dict[Ref, Life]:
        """Lock these resources, the new ones too, and return their lives.

        3 statements at most, 1 if all are known.
        """

    def receipts(
        self, ids: Collection[ObservationKey]
    ) -> dict[ObservationKey, datetime]:
        """Return which of these observations of locked resources are stored,
        and when each was received. 1 statement."""

    def add(self, observations: Sequence[Observation]) -> None:
        """Store new observations of locked resources. 1 statement."""

    def replace(self, observations: Sequence[Observation]) -> None:
        """Store observations in the place of those with their ids. 1
        statement."""

    def observations(
        self, refs: Collection[Ref], limit: int
    ) -> dict[Ref, list[Observation]]:
        """Return all observations of these resources, but only of as many
        resources as have so many together. 1 statement."""

    def observed(self, refs: Collection[Ref]) -> dict[Ref, int]:
        """Count the observations of locked resources. 1 statement."""

    def generation(self, ref: Ref) -> int:
        """Return how often a locked resource has changed. No statement."""

    def periods(self, refs: Collection[Ref]) -> dict[Ref, list[Period]]:
        """Return the stored periods of these resources. 1 statement."""

    def save(self, changes: Sequence[Change]) -> None:
        """Store the changes of locked resources.

        Where periods changed, the change enters the feed, whose cursor
        grows in the order of commits. 5 statements at most. An archived
        resource that is saved is so no more.
        """

    def archive(self, refs: Collection[Ref], before: datetime) -> None:
        """Remove the observations and periods of locked resources, which all
        ended before a moment, and mark them as archived. 3 statements."""


class LedgerTransactions(Protocol):
    """The recorder's way into the ledger."""

    def write(self, work: Callable[[Ledger], T]) -> T:
        """Run work in one transaction. After a deadlock, run it again.

        Raises ``domain.errors.Unavailable`` if the database can't be
        reached, ``domain.errors.Invalid`` if it refuses a value.
        """


# Readers of the ledger. Each call is 1 statement if its docstring has no other
# number.


class ArchiveReader(Protocol):
    """What of the ledger is archived."""

    def archived_before(self) -> datetime | None:
        """Return the moment from which on the ledger is complete. Resources
        that ended before it may be archived. None: no resource is."""


class ArchiveQueue(Protocol):
    """The resources that have ended, and old entries of the feed."""

    def ended(
        self, before: datetime, after: int, limit: int
    ) -> list[EndedResource]:
        """Return resources without a period from a moment on, of which
        nothing was received since then, and that are finished; by their pk,
        from the one ``after`` another."""

    def histories(self, refs: Collection[Ref]) -> dict[Ref, list[Observation]]:
        """As of ``HistoryReader``."""

    def old_entries(self, before: datetime) -> tuple[int, int]:
        """Return the cursors [first, last) of the entries of the feed that
        were recorded before a moment. 2 statements."""

    def drop_entries(self, cursor: int) -> None:
        """Remove the entries of the feed before a cursor."""


class NameReader(Protocol):
    """Names of resources, and resources by their names."""

    def names(self, kind: str, ids: Collection[str]) -> dict[str, str]:
        """Return the names of resources of a kind, by id."""

    def ids(self, kind: str, names: Collection[str]) -> list[str]:
        """Return the ids of resources of a kind with one of these names."""

    def kinds(self, names: Collection[str]) -> set[str]:
        """Return those kinds of which there are resources."""


class PersonErasure(Protocol):
    """What is stored of persons."""

    def erase(self, user: Ref, name: str | None) -> int:
        """Take all but the id of a user out of the ledger, and the user's
        name out of stacks that have ended; return of how many observations.

        3 statements; for each 200 observations of these stacks 1, and 1 for
        each of them. All in one transaction.
        """


class PeriodReader(NameReader, ArchiveReader, Protocol):
    """Periods, and the names of their types."""

    def periods(
        self, listing: Listing, window: Window, types: Types = ()
    ) -> Page:
        """Return PeriodRows that overlap the window.

        ``types`` of kinds are shown by their names, where they have one. The
        page has the moment of ``archived_before``, for which it needs a
        second statement if it has no rows. Fields to filter and sort by:
        those of PeriodRow but ``shape`` and ``name``; ``sort`` by start
        (default), end or id.
        """


class LifetimeReader(ArchiveReader, Protocol):
    """All periods of resources, for who joins them."""

    def lifetimes(
        self,
        filters: Sequence[Filter],
        window: Window,
        types: Types = (),
    ) -> Iterator[PeriodRow]:
        """Stream the periods of those resources that have one in a window.

        Fields to filter by, as of ``PeriodReader.periods``: a period counts
        if it fits, and one that fits must be in the window. The rows come by
        kind, resource id, region and start; each has ``updated_at`` of its
        resource, too. They are read in blocks, from a connection that is
        lent until the last.
        """

    def period_counts(self, kinds: Collection[str]) -> tuple[int, int]:
        """Count the periods of some kinds, and those of them that run."""


class ResourceReader(ArchiveReader, Protocol):
    """Resources, as they are and as they were."""

    def resources(self, listing: Listing) -> Page:
        """Return ResourceRows. ``sort`` by id (default), name,
        updated_at."""

    def find(self, resource_id: str) -> list[ResourceRow]:
        """Return the resources with this id, in any region and kind."""

    def resources_at(self, listing: Listing, at: datetime) -> Page:
        """Return PeriodRows, one for each resource that existed then."""


class LedgerReader(ResourceReader, PeriodReader, Protocol):
    """Resources and their periods."""


class PastReader(ResourceReader, Protocol):
    """What the view of a past moment is made of."""

    def racks_at(self, listing: Listing, at: datetime) -> Page:
        """Return PeriodRows of the root stacks that existed at a moment, of
        any project. Fields as for ``resources_at``."""

    def belonging(self, kind: str, owners: Collection[Ref]) -> list[Ref]:
        """Return the resources of a kind that belong to others, or did
        when they went: ports to servers, floating IPs to ports."""


class HistoryReader(Protocol):
    """The observations of resources, and their periods."""

    def observations(self, listing: Listing) -> Page:
        """Return Observations; ``sort`` by reported_at or received_at."""

    def histories(self, refs: Collection[Ref]) -> dict[Ref, list[Observation]]:
        """Return the observations of several resources."""

    def periods_of(self, refs: Collection[Ref]) -> dict[Ref, list[Period]]:
        """Return the periods of several resources, by their start."""

    def history(self, ref: Ref) -> StoredHistory:
        """Return all that is stored of a resource, by 3 statements.

        The row is the oldest: what was stored meanwhile is in the others.
        Raises NotFound.
        """


class MomentReader(Protocol):
    """The observations of resources, up to a moment."""

    def observations(self, listing: Listing) -> Page:
        """As of ``HistoryReader``."""

    def histories_until(
        self, refs: Collection[Ref], until: datetime, limit: int | None
    ) -> dict[Ref, list[Observation]] | None:
        """Return the observations of several resources up to a moment.

        None: they are more than ``limit``. No more than that are read, and
        one.
        """


class RefoldQueue(Protocol):
    """The resources that are unfinished."""

    def unfinished(self, limit: int) -> list[Ref]:
        """Return those that were left so for the longest time."""

    def history(self, ref: Ref) -> StoredHistory:
        """As of ``HistoryReader``."""

    def unfinished_count(self) -> int:
        """Count the resources that are unfinished."""


class UsageReader(ArchiveReader, Protocol):
    """Sums of periods."""

    def sums(
        self,
        group: Sequence[str],
        filters: Sequence[Filter],
        window: Window,
        limit: int,
        with_specs: bool = False,
    ) -> list[UsageRow]:
        """Add up periods clipped to a bounded window.

        ``group`` names any of project_id, kind, type, state, region, day.
        The rows are as many as there are groups and, in each, sizes; with
        ``with_specs``, sizes and extra specs of flavors. They are never as
        many as periods, and more than ``limit`` are not fetched.
        ``with_specs`` makes the database read the shape of each period in
        the window.
        """

    def resource_counts(
        self,
        group: Sequence[str],
        filters: Sequence[Filter],
        window: Window,
    ) -> dict[tuple[Any, ...], int]:
        """Count the distinct resources behind each group of ``sums``."""


class FeedReader(Protocol):
    """The feed of changes."""

    def changes(
        self, after: int, filters: Sequence[Filter], limit: int
    ) -> list[ChangeRow]:
        """Return the next entries of the feed."""

    def bounds(self) -> tuple[int, int]:
        """Return the cursors before the first and at the last entry."""


class FeedWriter(Protocol):
    """The feed of a database that was restored."""

    def restart(self, least: int) -> int:
        """Remove all entries; return the cursor after which others come.

        It is ``least`` or more, and more than any cursor in the feed. 2
        statements, 3 more, and 1 for each 10,000 entries.
        """


class RegionReader(Protocol):
    """The regions that the ledger knows."""

    def regions(self) -> list[Mapping[str, Any]]:
        """Return name, number of resources and newest observation of each
        region."""


class SyncReader(Protocol):
    """What the sync compares the cloud with."""

    def running(self, region: str, kind: str) -> dict[str, datetime]:
        """Return the ids of the resources of a kind that run, and when each
        was last heard of."""

    def read_marks(self, region: str) -> dict[str, datetime]:
        """Return the ids of the root stacks that run, those whose resources
        were ever read, and when that last was."""


# Dead letters. 1 statement each.


class LetterBox(Protocol):
    """The notifications that can't be recorded."""

    def bury(self, letters: Iterable[DeadLetter]) -> None:
        """Store dead letters. A message that is stored already counts one
        attempt more. Messages are ``domain.storable``, and of 1 MiB at
        most."""

    def count(self, most: int) -> int:
        """Count dead letters, so many at most."""


class LetterList(Protocol):
    """The stored dead letters."""

    def page(self, listing: Listing) -> Page:
        """Return DeadLetters. Fields to filter by: those of DeadLetter but
        ``error``, ``message``, ``key`` and ``origin``; ``sort`` by id
        (default) or received_at."""

    def letter(self, letter_id: int) -> DeadLetter:
        """Return a dead letter. Raises NotFound."""

    def revive(self, letter_id: int) -> None:
        """Remove a dead letter whose message has been recorded. Raises
        NotFound."""

    def fail_again(self, letter_id: int, error: str) -> None:
        """Count one attempt more, and why it failed. Raises NotFound."""

    def purge(self, filters: Sequence[Filter]) -> int:
        """Remove dead letters; return how many. Fields as for ``page``."""


# Refreshes. Each call is 1 statement if its docstring has no other number.


class RefreshRequests(Protocol):
    """Requests for refreshes, and how many wait."""

    def ask(self, refs: Collection[Ref], now: datetime) -> int:
        """Ask for refreshes; return how many were not asked for before. 2
        statements."""

    def counts(self) -> Mapping[str, int]:
        """Count the refreshes: those ``waiting``, and those of them that
        are ``failing``."""


class RefreshQueue(Protocol):
    """The refreshes that wait."""

    def due(self, now: datetime, limit: int) -> list[Refresh]:
        """Return due refreshes, the oldest first."""

    def answered(self, refresh: Refresh) -> None:
        """Forget a refresh, unless it was asked for again meanwhile."""

    def postponed(
        self, refresh: Refresh, not_before: datetime, error: str
    ) -> None:
        """Note that a refresh failed, and when to try again."""
