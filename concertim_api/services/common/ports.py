"""What the services need of the world, as protocols.

Adapters implement them; ``bootstrap`` puts the two together. What is asked and
answered is in ``listing``, the port of a cloud in ``cloud``.
"""

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
from typing import Any, Protocol, TypeVar

from concertim_api.domain.ledger.observations import (
    Observation,
    Period,
    Ref,
)
from concertim_api.services.access.ports import Key
from concertim_api.services.common.listing import Filter, Listing, Page
from concertim_api.services.jobs.ports import JobRecord
from concertim_api.services.ledger.ports import (
    ChangeRow,
    DeadLetter,
    Ledger,
    PeriodRow,
    Refresh,
    ResourceRow,
    Types,
    UsageRow,
    Window,
)
from concertim_api.services.operations.ports import OperationLog
from concertim_api.services.push.ports import Bindings
from concertim_api.services.view.ports import PlacementRow, ViewRow, ViewWork

T = TypeVar("T")


class Clock(Protocol):
    def now(self) -> datetime:
        """Return the current time in UTC."""


class Store(Protocol):
    """The database."""

    @property
    def bindings(self) -> Bindings:
        """What the front end holds of the view."""

    @property
    def operations(self) -> OperationLog:
        """What somebody had the cloud do."""

    def write(self, work: Callable[[Ledger], T]) -> T:
        """Do work in one transaction; do it again after a deadlock.

        Raises ``domain.errors.Unavailable`` if the database can't be
        reached, ``domain.errors.Invalid`` if it refuses a value.
        """

    def check(self) -> None:
        """Raise ``Unavailable`` with a reason unless it can be used."""

    # Lists and look-ups: 1 statement each.

    def periods(
        self, listing: Listing, window: Window, types: Types = ()
    ) -> Page:
        """Return PeriodRows that overlap the window.

        ``types`` of kinds are shown by their names, where they have one.
        Fields to filter and sort by: those of PeriodRow but ``shape`` and
        ``name``; ``sort`` by start (default), end or id.
        """

    def all_periods(self) -> Iterator[PeriodRow]:
        """Stream every period, by region, kind, resource id and start."""

    def usage(
        self,
        group: Sequence[str],
        filters: Sequence[Filter],
        window: Window,
        limit: int,
    ) -> list[UsageRow]:
        """Add up periods clipped to a bounded window.

        ``group`` names any of project_id, kind, type, state, region, day.
        More rows than ``limit`` are not fetched.
        """

    def resource_counts(
        self,
        group: Sequence[str],
        filters: Sequence[Filter],
        window: Window,
    ) -> dict[tuple[Any, ...], int]:
        """Count the distinct resources behind each group of ``usage``."""

    def resources(self, listing: Listing) -> Page:
        """Return ResourceRows. ``sort`` by id (default), name,
        updated_at."""

    def resources_at(self, listing: Listing, at: datetime) -> Page:
        """Return PeriodRows, one for each resource that existed then."""

    def history(
        self, ref: Ref
    ) -> tuple[ResourceRow, list[Period], list[Observation]]:
        """Return all that is stored of a resource, by 3 statements.

        Raises NotFound.
        """

    def find(self, resource_id: str) -> list[ResourceRow]:
        """Return the resources with this id, in any region and kind."""

    def histories(self, refs: Collection[Ref]) -> dict[Ref, list[Observation]]:
        """Return the observations of several resources."""

    def observations(self, listing: Listing) -> Page:
        """Return Observations with ``received_at``; ``sort`` by
        reported_at or received_at."""

    def changes(
        self, after: int, filters: Sequence[Filter], limit: int
    ) -> list[ChangeRow]:
        """Return the next entries of the feed."""

    def feed_bounds(self) -> tuple[int, int]:
        """Return the cursors before the first and at the last entry."""

    def regions(self) -> list[Mapping[str, Any]]:
        """Return name, number of resources and newest observation of each
        region."""

    def names(self, kind: str, ids: Collection[str]) -> dict[str, str]:
        """Return the names of resources of a kind, by id."""

    def ids(self, kind: str, names: Collection[str]) -> list[str]:
        """Return the ids of resources of a kind with one of these names."""

    # Dead letters

    def bury(self, letters: Iterable[DeadLetter]) -> None:
        """Keep dead letters; a message that is there already counts one
        attempt more. Their messages are ``domain.storable``, and of 1 MiB
        at most."""

    def dead_letters(self, listing: Listing) -> Page: ...

    def dead_letter(self, letter_id: int) -> DeadLetter: ...

    def revive(self, letter_id: int) -> None:
        """Remove a dead letter whose message has been recorded."""

    def fail_again(self, letter_id: int, error: str) -> None:
        """Count one attempt more, and why it failed. Raises NotFound."""

    def count_dead_letters(self, most: int) -> int:
        """Count dead letters, so many at most."""

    def purge_dead_letters(self, filters: Sequence[Filter]) -> int: ...

    # Named keys

    def key(self, digest: str) -> Key | None: ...

    def keys(self) -> list[Key]: ...

    def add_key(self, key: Key) -> None: ...

    def revoke_key(self, name: str) -> None: ...

    # The view. 1 statement each, unless another number is told.

    def project(self, work: Callable[[ViewWork], T]) -> T:
        """Do the projector's work in one transaction, one projector at a
        time; do it again after a deadlock. Raises what ``write`` raises."""

    def is_stale(self) -> bool:
        """Whether there is anything for the projector to do."""

    def shown(self, noun: str, listing: Listing) -> Page:
        """Return ViewRows of a noun (rack, device, template, team, user).

        Fields to filter by: those of ViewRow but ``body``; ``sort`` by id
        (default), name, updated_at or start_u.
        """

    def find_shown(
        self, noun: str, view_id: str, filters: Sequence[Filter] = ()
    ) -> list[ViewRow]:
        """Return the ViewRows of a noun with this id, in any region."""

    def racks_at(self, listing: Listing, at: datetime) -> Page:
        """Return PeriodRows of the root stacks that existed at a moment, of
        any project. Fields as for ``resources_at``."""

    def placements(self, racks: Collection[Ref]) -> list[PlacementRow]:
        """Return all that is remembered of the slots of these racks, oldest
        first."""

    def periods_of(self, refs: Collection[Ref]) -> dict[Ref, list[Period]]:
        """Return the periods of several resources, by their start."""

    def belonging(self, kind: str, owners: Collection[Ref]) -> list[Ref]:
        """Return the resources of a kind that belong to others, or did
        when they went: ports to servers, floating IPs to ports."""

    # The sync, and refreshes. 1 statement each, unless another number is
    # told.

    def running(self, region: str, kind: str) -> dict[str, datetime]:
        """Return the ids of the resources of a kind that run, and when each
        was last heard of."""

    def read_marks(self, region: str) -> dict[str, datetime]:
        """Return the ids of the root stacks that run, those whose resources
        were ever read, and when that last was."""

    def ask(self, refs: Collection[Ref], now: datetime) -> int:
        """Ask for refreshes; return how many of them were not asked for
        already. 2 statements."""

    def due(self, now: datetime, limit: int) -> list[Refresh]:
        """Return refreshes that are due, those asked for first at first."""

    def answered(self, refresh: Refresh) -> None:
        """Forget a refresh, unless it was asked for again meanwhile."""

    def postponed(
        self, refresh: Refresh, not_before: datetime, error: str
    ) -> None:
        """Note that a refresh failed, and when to try again."""

    def refreshes(self) -> Mapping[str, int]:
        """Count the refreshes: those ``waiting``, and those of them that
        are ``failing``."""

    # Jobs

    def jobs(self) -> list[JobRecord]:
        """Return all jobs, by name."""

    def job(self, name: str) -> JobRecord | None: ...

    def save_job(self, job: JobRecord) -> None:
        """Store a job, but for what it is asked.

        If it is finished, it is done with what ``job.asked_at`` says it was
        asked; what it was asked since then stays. 3 statements at most.
        """

    def ask_job(
        self, name: str, asked: Mapping[str, Any], now: datetime
    ) -> JobRecord:
        """Ask for a job to run soon; the latest word counts. 2 statements.

        Raises NotFound if no agent ever knew such a job.
        """

    def forget_job(self, name: str, before: datetime) -> bool:
        """Forget a job unless it ran since; return whether it is forgotten.

        1 statement.
        """
