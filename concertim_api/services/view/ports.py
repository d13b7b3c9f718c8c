"""The view: its rows, and the ports of where it is kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol, TypeVar

from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view.model import Fact
from concertim_api.services.common.listing import Filter, Json, Listing, Page

T = TypeVar("T")


class ViewRow(Protocol):
    """A rack, device, template, team or user, as it is shown.

    ``body`` is a JSON object of the fields of its dataclass in
    ``domain.view.model`` that are not columns: see ``services.view.rows``.
    """

    noun: str
    region: str
    id: str
    kind: str
    project_id: str | None
    name: str
    status: str | None
    type: str | None
    rack_id: str | None
    start_u: int | None
    height_u: int | None
    body: Json
    generation: int
    updated_at: datetime


class SlotRow(Protocol):
    """Where a device was put in a rack, from a moment on.

    The row whose resource is the rack itself has the rack's height.
    """

    region: str
    rack_id: str
    kind: str
    resource_id: str
    since: datetime
    start_u: int
    height_u: int


class Resource(NamedTuple):
    """A resource as the ledger has it now.

    ``belongs_to``: see ``attributes.belongs_to``. ``reported_at`` and ``key``
    are those of its newest observation.
    """

    pk: int
    generation: int
    stale: bool
    runs: bool
    belongs_to: str | None
    state: str | None
    reported_at: datetime | None
    key: str | None
    fact: Fact


class RootStack(NamedTuple):
    """A stack that is a root, or may be one."""

    ref: Ref
    project_id: str | None
    runs: bool
    has_rack: bool


class Sibling(NamedTuple):
    """A rack among those of its project; ``state`` is its stack's."""

    pk: int
    ref: Ref
    project_id: str | None
    name: str
    state: str | None


class Member(NamedTuple):
    """A part that a rack was last made of: a device of it (``is_device``),
    or a resource around its devices."""

    rack_pk: int
    ref: Ref
    is_device: bool


class StoredSlot(NamedTuple):
    """Where a device was put in a rack, and since when.

    The row of the rack itself (``device_pk`` is ``rack_pk``) has its height.
    """

    rack_pk: int
    device_pk: int
    since_at: datetime
    start_u: int
    height_u: int


class RowContent(NamedTuple):
    """What a row of the view says. ``body``: see ``ViewRow``."""

    noun: str
    region: str
    kind: str
    id: str
    project_id: str | None
    name: str
    body: Json
    status: str | None = None
    type: str | None = None
    rack_id: str | None = None
    height_u: int | None = None
    start_u: int | None = None


class StoredRow(NamedTuple):
    """A row of the view. The ``rack_pk`` of a rack is its own pk.
    ``generation`` counts the contents that the row has had."""

    pk: int
    rack_pk: int | None
    generation: int
    content: RowContent


class ViewWork(Protocol):
    """The view, and what it is made of. The projector's only.

    While one transaction works, others wait. Each call is one statement.
    Long lists of keys take one for each thousand keys, an empty list none.
    """

    def rules_before(self, rules: int) -> int:
        """Note by which rules the view is made; return those before, or 0.
        If they differ, everything is stale now."""

    def stale(self, limit: int) -> list[Resource]:
        """Return resources that changed, the oldest change first."""

    def resources(self, refs: Collection[Ref]) -> dict[Ref, Resource]:
        """Return these resources, as far as they are known."""

    def belonging(self, kind: str, owners: Collection[Ref]) -> list[Resource]:
        """Return the running resources of a kind that belong to others."""

    def owners(self, refs: Collection[Ref]) -> dict[Ref, str | None]:
        """Return what these resources belong to, as far as they are
        known."""

    def names(self, kind: str, ids: Collection[str]) -> dict[Ref, str]:
        """Return the names of networks or volume types that have one."""

    def racks_of(self, refs: Collection[Ref]) -> list[tuple[Member, Ref]]:
        """Return the racks that these resources are part of."""

    def members_of(self, racks: Collection[int]) -> list[Member]:
        """Return all that these racks are made of."""

    def roots(self, projects: Collection[str]) -> list[RootStack]:
        """Return the stacks of these projects that are or may be roots, if
        they run or are shown."""

    def rows(self, pks: Collection[int]) -> list[StoredRow]:
        """Return the rows of these resources."""

    def rows_of_racks(self, racks: Collection[int]) -> list[StoredRow]:
        """Return the rows of these racks and of their devices."""

    def siblings(self, projects: Collection[str]) -> list[Sibling]:
        """Return the racks of these projects."""

    def slots(self, pks: Collection[int]) -> list[StoredSlot]:
        """Return all slots of these devices, the oldest first."""

    def put(self, rows: Sequence[StoredRow]) -> None:
        """Write rows of the view and make them due to be pushed. 2
        statements."""

    def drop(self, pks: Collection[int]) -> None:
        """Remove rows of the view, and make their removal due to be pushed.
        2 statements."""

    def put_slots(self, slots: Sequence[StoredSlot]) -> None:
        """Note where devices are from now on."""

    def join(self, members: Collection[Member]) -> None:
        """Note what racks are made of."""

    def leave(self, members: Collection[Member]) -> None:
        """Note what racks are no longer made of."""

    def ask(self, moments: Mapping[Ref, datetime], now: datetime) -> int:
        """Ask for refreshes, each not before its moment; return how many of
        them were not asked for already. 2 statements."""

    def settle(
        self, projected: Collection[Resource], outdated: Collection[Ref]
    ) -> None:
        """Take the mark off what has not changed since it was read, and put
        it on what is outdated. 3 statements."""


# The database, outside the projector's transaction: 1 statement each.


class Freshness(Protocol):
    """Whether the view shows what the ledger knows."""

    def is_stale(self) -> bool:
        """Return whether the projector has something to do."""

    def stale(self, refs: Collection[Ref]) -> set[Ref]:
        """Return those of the resources that the view shows as they were."""


class Projection(Freshness, Protocol):
    """The projector's way into the view."""

    def project(self, work: Callable[[ViewWork], T]) -> T:
        """Run the projector's work in one transaction, one projector at a
        time. After a deadlock, run it again.

        Raises ``domain.errors.Unavailable`` if the database can't be
        reached, ``domain.errors.Invalid`` if it refuses a value.
        """


class RefReader(Protocol):
    """What the view shows, and of whom. 1 statement."""

    def refs(self, noun: str) -> list[tuple[str | None, Ref]]:
        """Return the project and the ref of each row of a noun."""


class ViewReader(Protocol):
    """The view, page by page or by id, and what its past needs."""

    def page(self, noun: str, listing: Listing) -> Page:
        """Return ViewRows of a noun (rack, device, template, team, user).

        Fields to filter by: those of ViewRow but ``body``; ``sort`` by id
        (default), name, updated_at or start_u.
        """

    def find(
        self, noun: str, view_id: str, filters: Sequence[Filter] = ()
    ) -> list[ViewRow]:
        """Return the ViewRows of a noun with this id, in any region."""

    def slots(self, racks: Collection[Ref]) -> list[SlotRow]:
        """Return all slots that these racks ever had, the oldest first."""
