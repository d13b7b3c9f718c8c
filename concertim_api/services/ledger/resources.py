"""Resources of the cloud: as they are, as they were, and their
observations."""

from __future__ import annotations

import dataclasses as dc
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from concertim_api.domain import errors
from concertim_api.domain.attributes import state_of
from concertim_api.domain.ledger import observations as usage
from concertim_api.domain.ledger.kinds import Kind
from concertim_api.domain.ledger.observations import (
    Attributes,
    Observation,
    Ref,
)
from concertim_api.services.common.listing import (
    Computed,
    Filter,
    Json,
    Listing,
    Page,
    Scope,
    equal,
)
from concertim_api.services.ledger.archives import check_archive, check_row
from concertim_api.services.ledger.ports import (
    LedgerReader,
    MomentReader,
    PeriodRow,
    ResourceRow,
    Window,
)
from concertim_api.services.ledger.type_names import Dictionary

#: An id in more regions and kinds than this is not listed in full.
_CHOICES = 20

#: Observations that are read for a page of a past moment, at most, unless
#: one resource has more.
_OBSERVATIONS = 10_000


#: What a server has of its flavor, beside id and name.
_SIZES = (
    *("vcpus", "ram_mb", "disk_gb", "ephemeral_gb", "swap_mb"),
    "extra_specs",
)


class Ambiguous(errors.Conflict):
    """An id means several resources."""


@dc.dataclass(frozen=True, slots=True)
class NamedResource:
    """Which resource a caller means: its id; kind and region if the id is not
    enough."""

    id: str
    kind: str | None = None
    region: str | None = None

    def filters(self, id_field: str) -> tuple[Filter, ...]:
        fields = (
            (id_field, self.id),
            ("kind", self.kind),
            ("region", self.region),
        )
        return tuple(Filter(f, "eq", v) for f, v in fields if v is not None)


@dc.dataclass(frozen=True, slots=True)
class PastResource:
    """A resource as it was at a moment of its life, when it ran."""

    region: str
    kind: str
    id: str
    name: str | None
    project_id: str | None
    state: str | None
    type: str | None
    shape: Json
    details: Attributes
    start: datetime
    updated_at: datetime
    end: None = None
    ended: None = None


@dc.dataclass(frozen=True, slots=True)
class ResourceHistory:
    """A resource and its periods, oldest first."""

    resource: Page
    rows: Sequence[PeriodRow]
    marker: tuple[Any, ...] | None
    computed: Computed


class Resources:
    """The resources that the project of a caller owns now.

    A project that had a resource before a transfer finds its periods in the
    list of periods, and the resource itself with ``at``. The project that
    has it now does not see the time before.
    """

    def __init__(
        self,
        ledger: LedgerReader,
        histories: MomentReader,
        kinds: Mapping[str, Kind],
    ) -> None:
        self._ledger = ledger
        self._histories = histories
        self._dictionary = Dictionary(ledger, kinds)

    def list(
        self, scope: Scope, listing: Listing, at: datetime | None = None
    ) -> Page:
        """Return resources as they are, those that are gone, too.

        Or those that existed at a moment, as they are known today to have
        been. At most 5 statements, whatever the size of the page. Raises
        Archived for a moment before which something is.

        A page of a moment is shorter than its limit where its resources had
        more than 10,000 observations together: a tenth, or a tenth of that.
        That takes 2 statements more each time, and 10,000 rows.
        """
        listing = self._within(scope, listing)
        if at is None:
            page = self._ledger.resources(listing)
        else:
            page = self._page_at(listing, at)
            check_archive(self._ledger, at)
        return page.with_fields(self._dictionary.computed(page.rows))

    def flavor(self, name: str) -> Attributes:
        """Return the flavor of a name, as servers have it: with its sizes, if
        the ledger knows it. One that exists comes first, then the newest.

        1 statement.
        """
        named = equal(kind="flavor", name=name)
        listing = Listing(named, (("updated_at", True),))
        rows = self._ledger.resources(listing).rows
        row = min(rows, key=lambda r: r.ended is not None, default=None)
        if row is None:
            return {"name": name}
        shape = json.loads(row.shape)
        sizes = {size: shape[size] for size in _SIZES if size in shape}
        return {"id": row.id, "name": name, **sizes}

    def _within(self, scope: Scope, listing: Listing) -> Listing:
        filters = scope.filters(self._dictionary.filters(listing.filters))
        return dc.replace(listing, filters=filters)

    def _page_at(self, listing: Listing, at: datetime) -> Page:
        page = self._ledger.resources_at(listing, at)
        while (past := self._past(page, at)) is None:
            listing = dc.replace(listing, limit=max(len(page.rows) // 10, 1))
            page = self._ledger.resources_at(listing, at)
        return past

    def _past(self, page: Page, at: datetime) -> Page | None:
        """Return a page of periods as resources of that moment. None: they
        have too many observations, and are not one."""
        refs = [_ref(row) for row in page.rows]
        limit = _OBSERVATIONS if len(refs) > 1 else None
        words = self._histories.histories_until(refs, at, limit)
        if words is None:
            return None
        rows = [_past(row, words[_ref(row)], at) for row in page.rows]
        return Page(rows, page.marker)

    def get(
        self, scope: Scope, named: NamedResource, at: datetime | None = None
    ) -> Page:
        """Return one resource, now or at a moment, as a page of one.

        Raises NotFound; Ambiguous, naming the choices; Archived for a moment
        before which something is.
        """
        listing = Listing(named.filters("id"), limit=_CHOICES)
        listing = self._within(scope, listing)
        if at is None:
            page = self._ledger.resources(listing)
        else:
            page = self._ledger.resources_at(listing, at)
            check_archive(self._ledger, at)
        if not page.rows:
            when = "" if at is None else f" at {at:%Y-%m-%dT%H:%M:%SZ}"
            raise errors.NotFound(f"Resource {named.id} not found{when}.")
        if len(page.rows) > 1:
            raise Ambiguous(_choices(named, page.rows))
        if at is not None:
            page = self._past(page, at) or page
        return page.with_fields(self._dictionary.computed(page.rows))

    def history(
        self, scope: Scope, named: NamedResource, listing: Listing
    ) -> ResourceHistory:
        """Return a resource with its periods within the scope. Raises
        Archived if they are in a file."""
        resource = self._whole(scope, named)
        filters = scope.filters(_of(resource.rows[0], "resource_id"))
        page = self._ledger.periods(
            dc.replace(listing, filters=filters), Window()
        )
        computed = self._dictionary.computed(page.rows)
        return ResourceHistory(resource, page.rows, page.marker, computed)

    def observations(
        self, scope: Scope, named: NamedResource, listing: Listing
    ) -> Page:
        """Return the observations of a resource.

        Within a project: those that name the project; and, if the resource
        never was another project's, those that name none. Raises Archived
        if they are in a file.
        """
        filters = _of(self._whole(scope, named).rows[0], "resource_id")
        if scope.project_id is not None:
            filters = (*filters, self._visible(scope.project_id, filters))
        listing = dc.replace(listing, filters=filters)
        return self._histories.observations(listing)

    def _whole(self, scope: Scope, named: NamedResource) -> Page:
        """Return one resource. Raises Archived if it is."""
        page = self.get(scope, named)
        check_row(page.rows[0])
        return page

    def _visible(
        self, project_id: str, resource: tuple[Filter, ...]
    ) -> Filter:
        """Return the condition for the observations that a project may
        see."""
        foreign = Filter("project_id", "neq", project_id)
        periods = self._ledger.periods(
            Listing((*resource, foreign), limit=1), Window()
        )
        if periods.rows:
            return Filter("project_id", "eq", project_id)
        return Filter("project_id", "in", (project_id, None))


def _ref(row: PeriodRow) -> Ref:
    return Ref(row.region, row.kind, row.resource_id)


def _of(row: ResourceRow, id_field: str) -> tuple[Filter, ...]:
    return NamedResource(row.id, row.kind, row.region).filters(id_field)


def _past(
    row: PeriodRow, observations: Sequence[Observation], at: datetime
) -> PastResource:
    details = usage.details_at(observations, at)
    return PastResource(
        region=row.region,
        kind=row.kind,
        id=row.resource_id,
        name=details.get("name", row.name),
        project_id=row.project_id,
        state=row.state or state_of({}, details),
        type=row.type,
        shape=row.shape,
        details=details,
        start=row.start,
        updated_at=max(
            (o.reported_at for o in observations if o.at <= at),
            default=row.start,
        ),
    )


def _choices(named: NamedResource, rows: Sequence[Any]) -> str:
    choices = ", ".join(f"{row.kind} in {row.region}" for row in rows)
    return f"{named.id} is {choices}; say which by kind and region."
