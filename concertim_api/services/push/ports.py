"""What the front end holds of the view: rows, and the ports of bindings."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol

from concertim_api.services.common.listing import Listing, Page
from concertim_api.services.view.ports import ViewRow

#: *pushed*: the front end shows it. *waiting*: it is to be pushed. *failing*:
#: that failed, and is tried again. *refused*: it would be deleted, but that
#: must be confirmed. *kept*: it is no more, but others still need it.
State = Literal["pushed", "waiting", "failing", "refused", "kept"]


class Subject(NamedTuple):
    """What is pushed: something of the view, by its id in the cloud.

    Without a region: the front end holds something of the cloud that we
    never showed.
    """

    noun: str
    region: str
    id: str


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """What the front end holds of a subject.

    ``foreign_id`` None: it is not there. ``held``: its fields, as they were
    last seen. ``generation`` is of the view, ``pushed_generation`` the one
    that was last pushed. ``due_at`` None: there is nothing to do.
    ``rack_id`` and ``template_id``, of a device, are the cloud's ids.
    ``name``: what it is called there, or is to be called.
    """

    subject: Subject
    name: str = ""
    resource_pk: int | None = None
    rack_id: str | None = None
    template_id: str | None = None
    foreign_id: str | None = None
    held: Mapping[str, Any] = dc.field(default_factory=dict)
    generation: int = 0
    pushed_generation: int = 0
    state: State = "waiting"
    due_at: datetime | None = None
    attempts: int = 0
    error: str | None = None
    pushed_at: datetime | None = None


class Due(NamedTuple):
    """A binding that is to be looked at, and what the view shows of it.

    ``row`` None: nothing. ``ended``: the ledger knows that it is gone, or
    the rack that it was in.
    """

    binding: Binding
    row: ViewRow | None
    ended: bool


class Known(NamedTuple):
    """A resource of the ledger: is it shown, and is it gone?"""

    resource_pk: int
    is_shown: bool
    ended: bool


class PushRow(Protocol):
    """A binding, as it is listed."""

    id: int
    noun: str
    region: str
    resource_id: str
    name: str
    foreign_id: str | None
    state: State
    attempts: int
    error: str | None
    due_at: datetime | None
    pushed_at: datetime | None


class PushBacklog(Protocol):
    """What waits to be pushed. 1 statement each."""

    def due_since(self, now: datetime) -> datetime | None:
        """Return since when something is to be looked at, the longest due;
        None: nothing is."""

    def unpushed(self) -> Mapping[State, int]:
        """Count what is in each state but *pushed*."""


class PushList(Protocol):
    """Bindings, as people see them. 1 statement each."""

    def pushes(self, listing: Listing) -> Page:
        """Return PushRows. Fields to filter by: those of PushRow but
        ``error``; ``sort`` by id (default)."""

    def push(self, push_id: int) -> PushRow:
        """Return a PushRow. Raises NotFound."""

    def retry(self, now: datetime, push_id: int | None = None) -> int:
        """Make due what waits after a failure or a refusal; return how many
        bindings that are. Raises NotFound for an id that there is not."""


class BindingDoubts(Protocol):
    """What the front end holds that nobody may vouch for. 1 statement
    each, for each thousand keys."""

    def resolve(self, subjects: Collection[Subject]) -> dict[Subject, Known]:
        """Return what the ledger knows of things that have no region."""

    def unwitnessed(self) -> list[Binding]:
        """Return what is to be deleted there, although the ledger knows
        neither that it is gone, nor that its rack is."""

    def bound(self) -> Mapping[str, int]:
        """Count what the front end holds of each noun."""


class Bindings(BindingDoubts, Protocol):
    """The push's own. 1 statement each, for each thousand keys.

    The projector makes bindings due by what it writes.
    """

    def is_due(self, now: datetime) -> bool:
        """Whether anything is to be looked at."""

    def due(self, now: datetime, limit: int) -> list[Due]:
        """Return what is to be looked at, the longest due first."""

    def held(self, subjects: Collection[Subject]) -> dict[Subject, Binding]:
        """Return the bindings of these subjects."""

    def troubled(self) -> int:
        """Count what is failing or refused."""

    def in_use(
        self, column: Literal["rack_id", "template_id"], ids: Collection[str]
    ) -> set[tuple[str, str]]:
        """Return those racks or templates, by region and id, of which the
        front end holds devices."""

    def templates(self) -> list[Binding]:
        """Return the bindings of all templates."""

    def every(self) -> Iterator[Binding]:
        """Yield all bindings that the front end holds something of."""

    def save(
        self, kept: Iterable[Binding], dropped: Iterable[Binding] = ()
    ) -> None:
        """Store what became of bindings, each as of the generation that was
        read. What the view changed since then stays due. 4 statements."""

    def take_stock(
        self, kept: Sequence[Binding], dropped: Sequence[Binding]
    ) -> None:
        """Store what the front end was found to hold, and make all of the
        view due. 4 statements."""

    def wake(self, racks: Collection[str], now: datetime) -> int:
        """Make the devices due that wait for racks, by the racks' ids;
        return how many."""

    def retry(self, now: datetime) -> int:
        """Make due what waits after a failure or a refusal; return how many
        bindings that are."""
