"""/v1/resources"""

from __future__ import annotations

from datetime import datetime
from typing import get_args

from concertim_api.api import types
from concertim_api.api.context import Context
from concertim_api.api.controllers.v1 import periods
from concertim_api.api.expose import expose
from concertim_api.api.routing import Controller
from concertim_api.domain.ledger.observations import Says
from concertim_api.policies import resources as policies
from concertim_api.services.common.listing import Listing, Page
from concertim_api.services.ledger.resources import (
    NamedResource,
    ResourceHistory,
    Resources,
)

#: What tells resources apart that have one id.
_KIND_AND_REGION = types.texts("kind", "region")


class Resource(types.Item):
    """A resource of the cloud; start and end are of its latest period."""

    region = types.text
    kind = types.text
    id = types.text
    name = types.text
    project_id = types.text
    state = types.text
    type = types.text
    shape = types.attributes
    details = types.attributes
    start = types.time
    end = types.time
    ended = types.Choice("gone", "absent")
    updated_at = types.time


class ResourceList(types.List):
    resources = [Resource]


class History(types.List):
    resource = Resource
    periods = [periods.Period]


class Observation(types.Representation):
    """The state of a resource by a source. Periods are made of these."""

    key = types.text
    at = types.time
    reported_at = types.time
    received_at = types.time
    says = types.Choice(*get_args(Says))
    since = types.time
    until = types.time
    source = types.Text(min_length=0)
    project_id = types.text
    shape = types.attributes
    details = types.attributes
    author = types.text
    reason = types.reason
    region_rule = types.text

    _added = {"region_rule": "1.3"}


class ObservationList(types.List):
    observations = [Observation]


class ResourcesController(Controller):
    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @expose(
        ResourceList,
        policy=policies.LIST,
        filters={
            **types.texts("kind", "region", "project_id", "state", "type"),
            **types.texts("name", "id"),
            "running": types.flag,
        },
        sort=("id", "name", "updated_at"),
        query={"at": types.earlier},
    )
    def get_all(
        self, context: Context, listing: Listing, at: datetime | None = None
    ) -> Page:
        """List resources, as they are or as they were at a moment.

        With at: those that existed then, by what is known today.
        """
        scope = context.scope(policies.LIST_ALL)
        return self._resources.list(scope, listing, at)

    @expose(
        Resource,
        policy=policies.LIST,
        query={**_KIND_AND_REGION, "at": types.earlier},
    )
    def get_one(
        self,
        context: Context,
        resource_id: str,
        kind: str | None = None,
        region: str | None = None,
        at: datetime | None = None,
    ) -> Page:
        """Show a resource, as it is or as it was at a moment.

        kind and region are needed only where several resources have the id.
        """
        scope = context.scope(policies.LIST_ALL)
        return self._resources.get(
            scope, NamedResource(resource_id, kind, region), at
        )

    @expose(
        History,
        policy=policies.LIST,
        sort=("start",),
        whole=True,
        query=_KIND_AND_REGION,
    )
    def get_history(
        self,
        context: Context,
        resource_id: str,
        listing: Listing,
        kind: str | None = None,
        region: str | None = None,
    ) -> ResourceHistory:
        """Show a resource with its periods, oldest first."""
        scope = context.scope(policies.LIST_ALL)
        named = NamedResource(resource_id, kind, region)
        return self._resources.history(scope, named, listing)

    @expose(
        ObservationList,
        policy=policies.LIST,
        sort=("reported_at", "received_at"),
        query=_KIND_AND_REGION,
    )
    def get_observations(
        self,
        context: Context,
        resource_id: str,
        listing: Listing,
        kind: str | None = None,
        region: str | None = None,
    ) -> Page:
        """List the observations of a resource, with their sources."""
        scope = context.scope(policies.LIST_ALL)
        named = NamedResource(resource_id, kind, region)
        return self._resources.observations(scope, named, listing)
