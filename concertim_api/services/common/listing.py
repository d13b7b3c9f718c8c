"""What passes between services and the database: questions and rows.

Rows that only pass through on their way to a caller are protocols: an
adapter may hand out its own row objects, so that a page costs no copy.
"""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from concertim_api.domain.ledger.kinds import Size
from concertim_api.domain.ledger.observations import Ref

#: JSON text, as stored; rendered as it is.
Json = str

Computed = Mapping[str, Callable[[Any], Any]]

#: (kind, kind of the resources that its types are)
Types = tuple[tuple[str, str], ...]


@dc.dataclass(frozen=True, slots=True)
class Filter:
    """One condition on a field: eq, in, nin, neq, gt, gte, lt or lte.

    ``value`` is a tuple for in and nin. Times are datetimes, and ``None``
    stands for "has none".
    """

    field: str
    operator: str
    value: Any


@dc.dataclass(frozen=True, slots=True)
class Listing:
    """Which rows of a list: conditions, order, and one page of them.

    ``sort`` holds (field, descending) pairs; the adapter appends a unique
    key. ``marker`` holds the values of that order in the last row of the
    page before, as its ``Page.marker`` said.
    """

    filters: tuple[Filter, ...] = ()
    sort: tuple[tuple[str, bool], ...] = ()
    limit: int = 100
    marker: tuple[Any, ...] | None = None


@dc.dataclass(frozen=True, slots=True)
class Page:
    """The rows of one page; ``marker`` None: it was the last one."""

    rows: Sequence[Any]
    marker: tuple[Any, ...] | None = None


@dc.dataclass(frozen=True, slots=True)
class Found:
    """One page of rows.

    ``computed``: the fields that are shown not as the row has them, each
    with the function of the row that gives its value. So a page of a
    thousand rows is never copied to change one field. ``marker`` None: it
    was the last page.
    """

    rows: Sequence[Any]
    marker: tuple[Any, ...] | None = None
    computed: Computed = dc.field(default_factory=dict)

    @classmethod
    def of(cls, page: Page, computed: Computed | None = None) -> Found:
        return cls(page.rows, page.marker, computed or {})


@dc.dataclass(frozen=True, slots=True)
class Scope:
    """Whose resources a caller may see: one project's, or those of every
    project (``project_id`` None).

    Authorisation is a condition of the query, so what may not be seen does
    not exist.
    """

    project_id: str | None

    def filters(self, asked: Sequence[Filter] = ()) -> tuple[Filter, ...]:
        """Return the conditions asked for, within this scope."""
        if self.project_id is None:
            return tuple(asked)
        return (*asked, Filter("project_id", "eq", self.project_id))

    def listing(self, asked: Listing) -> Listing:
        """Return the listing asked for, within this scope."""
        return dc.replace(asked, filters=self.filters(asked.filters))

    def holds(self, project_id: str | None) -> bool:
        """Whether things of this project are within the scope."""
        return self.project_id is None or project_id == self.project_id


EVERY_PROJECT = Scope(None)


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
    """A resource as it is, or was when it went."""

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
class DeadLetter:
    """A notification that could not be understood or stored."""

    id: int
    region: str
    message_id: str | None
    event_type: str | None
    publisher_id: str | None
    received_at: datetime
    error: str
    message: Mapping[str, Any]
    attempts: int = 1


@dc.dataclass(frozen=True, slots=True)
class UsageRow:
    """The seconds that periods of one size lasted within a window.

    The totals are sums of seconds x size: one row for each size keeps the
    arithmetic exact in every database. ``group`` has the values of the
    fields asked for, ``day`` among them as a datetime.
    """

    group: tuple[Any, ...]
    size: Size
    seconds: int


@dc.dataclass(frozen=True, slots=True)
class Key:
    """A named key of the ``key`` auth strategy; only its hash is kept."""

    name: str
    digest: str
    roles: tuple[str, ...]
    project_id: str | None
    created_at: datetime
    expires_at: datetime | None = None


@dc.dataclass(frozen=True, slots=True)
class Refresh:
    """A resource that the cloud is to be asked for.

    ``asked_at``: when that was last wanted; it tells whether it was wanted
    again while the cloud answered. ``attempts``: so many failed.
    """

    ref: Ref
    asked_at: datetime
    attempts: int = 0


@dc.dataclass(frozen=True, slots=True)
class JobRecord:
    """A job of the agents: when it last ran, and what came of it.

    ``interval`` in seconds. ``finished_at`` before ``started_at``, or None:
    it runs, or its agent died. ``outcome``: done, partial or failed.
    ``asked_at``: somebody wants it to run (None: nobody does, or it is done
    with), with the options ``asked``.
    """

    name: str
    interval: float = 0
    agent: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    outcome: str | None = None
    summary: Mapping[str, Any] = dc.field(default_factory=dict)
    error: str | None = None
    asked_at: datetime | None = None
    asked: Mapping[str, Any] = dc.field(default_factory=dict)


class ViewRow(Protocol):
    """A rack, device, template, team or user, as it is shown.

    ``body`` is a JSON object of the fields that are not columns:

    - rack: stack_name, description, status_reason, state, owner, outputs,
      used_u, device_count, messages, order_id, cost, created_at;
    - device: label, state, template_id, template, public_ips, private_ips,
      networks, details, created_at;
    - template: label, description, vcpus, ram_mb, disk_gb, public, details;
    - team: label, description, enabled, roles, cost, credits,
      billing_account_id;
    - user: label, email, enabled.

    ``services.view.rows`` makes it of the domain's objects.
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


class PlacementRow(Protocol):
    """Where something was put in a rack, from a moment on.

    The row whose resource is the rack itself tells the rack's height.
    """

    region: str
    rack_id: str
    kind: str
    resource_id: str
    since: datetime
    start_u: int
    height_u: int
