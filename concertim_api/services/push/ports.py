"""What the front end holds of the view: rows, and the ports of bindings."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol

from concertim_api.services.common.listing import Listing, Page
from concertim_api.services.view.ports import ViewRow

#: *pushed*: the front end shows it. *waiting*: it is to be pushed. *failing*:
#: the push failed, and is tried again. *refused*: it would be deleted, but a
#: person must confirm that. *kept*: it is gone, but others still need it.
PushState = Literal["pushed", "waiting", "failing", "refused", "kept"]


class BindingKey(NamedTuple):
    """An object of the view, by its id in the cloud.

    Without a region: a stray, an object of the cloud that the front end
    holds and we never showed.
    """

    noun: str
    region: str
    id: str


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """What the front end holds of an object of the view.

    ``foreign_id`` None: it is not there. ``actual``: its fields there, as
    they were last seen; the column is called ``held``. ``generation`` is the
    view's, ``pushed_generation`` the last one that was pushed. ``due_at``
    None: there is nothing to do. ``rack_id`` and ``template_id``, of a
    device, are the cloud's ids. ``name``: its name there, or the one that it
    is to get.
    """

    key: BindingKey
    name: str = ""
    resource_pk: int | None = None
    rack_id: str | None = None
    template_id: str | None = None
    foreign_id: str | None = None
    actual: Mapping[str, Any] = dc.field(default_factory=dict)
    generation: int = 0
    pushed_generation: int = 0
    state: PushState = "waiting"
    due_at: datetime | None = None
    attempts: int = 0
    error: str | None = None
    pushed_at: datetime | None = None


class DueBinding(NamedTuple):
    """A binding that is to be looked at, and what the view shows of it.

    ``row`` None: nothing. ``is_ended``: the ledger knows that the resource
    is gone, or the rack that it was in.
    """

    binding: Binding
    row: ViewRow | None
    is_ended: bool


class BoundResource(NamedTuple):
    """A resource of the ledger that a binding is about."""

    resource_pk: int
    is_shown: bool
    is_ended: bool


class PushRow(Protocol):
    """A binding, as it is listed."""

    id: int
    noun: str
    region: str
    resource_id: str
    name: str
    foreign_id: str | None
    state: PushState
    attempts: int
    error: str | None
    due_at: datetime | None
    pushed_at: datetime | None


class PushBacklog(Protocol):
    """What waits to be pushed. 1 statement each."""

    def due_since(self, now: datetime) -> datetime | None:
        """Return since when the oldest binding is due; None: none is."""

    def unpushed(self) -> Mapping[PushState, int]:
        """Count the bindings of each state but *pushed*."""


class PushList(Protocol):
    """Bindings, as people see them. 1 statement each."""

    def pushes(self, listing: Listing) -> Page:
        """Return PushRows. Fields to filter by: those of PushRow but
        ``error``; ``sort`` by id (default)."""

    def push(self, push_id: int) -> PushRow:
        """Return a PushRow. Raises NotFound."""

    def retry(self, now: datetime, push_id: int | None = None) -> int:
        """Make due what waits after a failure or a refusal.

        Returns how many bindings that are. Raises NotFound for an unknown id.
        """


class DoubtfulBindings(Protocol):
    """Bindings whose objects may have to stay. 1 statement each, for each
    thousand keys."""

    def resolve(
        self, keys: Collection[BindingKey]
    ) -> dict[BindingKey, BoundResource]:
        """Return the resources of strays, where the ledger has them."""

    def unconfirmed(self) -> list[Binding]:
        """Return the bindings whose objects are to be deleted, although the
        ledger knows neither the resource nor its rack to be gone."""

    def counts(self) -> Mapping[str, int]:
        """Count the objects that the front end holds, by noun."""


class Bindings(DoubtfulBindings, Protocol):
    """The push's own. 1 statement each, for each thousand keys.

    The projector makes bindings due when it writes the view.
    """

    def is_due(self, now: datetime) -> bool:
        """Whether any binding is due."""

    def due(self, now: datetime, limit: int) -> list[DueBinding]:
        """Return the bindings that are due, oldest first."""

    def by_key(
        self, keys: Collection[BindingKey]
    ) -> dict[BindingKey, Binding]:
        """Return the bindings of these keys."""

    def troubled(self) -> int:
        """Count what is failing or refused."""

    def in_use(
        self, column: Literal["rack_id", "template_id"], ids: Collection[str]
    ) -> set[tuple[str, str]]:
        """Return those racks or templates, by region and id, of which the
        front end holds devices."""

    def templates(self) -> list[Binding]:
        """Return the bindings of all templates."""

    def present(self) -> Iterator[Binding]:
        """Yield all bindings of which the front end holds an object."""

    def save(
        self, kept: Iterable[Binding], dropped: Iterable[Binding] = ()
    ) -> None:
        """Store bindings, each as of the generation that was read.

        What the view changed since then stays due. 4 statements.
        """

    def save_survey(
        self, kept: Sequence[Binding], dropped: Sequence[Binding]
    ) -> None:
        """Store what a survey saw, and make all of the view due. 4
        statements."""

    def wake(self, racks: Collection[str], now: datetime) -> int:
        """Make the devices due that wait for racks, by the racks' ids.

        Returns how many.
        """

    def retry(self, now: datetime) -> int:
        """Make due what waits after a failure or a refusal.

        Returns how many bindings that are.
        """
