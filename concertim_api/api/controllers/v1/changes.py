"""/v1/changes"""

from __future__ import annotations

from collections.abc import Sequence

from concertim_api.api import types
from concertim_api.api.context import Context
from concertim_api.api.expose import expose
from concertim_api.api.routing import Controller
from concertim_api.policies import changes as policies
from concertim_api.services.common.listing import Filter
from concertim_api.services.ledger.feed import Changes, Feed


class Change(types.Representation):
    """A change of a resource's periods, from the time ``since`` on."""

    cursor = types.count
    region = types.text
    kind = types.text
    resource_id = types.text
    project_id = types.text
    since = types.time
    recorded_at = types.time


class ChangeList(types.List):
    changes = [Change]
    cursor = types.count


class ChangesController(Controller):
    def __init__(self, changes: Changes) -> None:
        self._changes = changes

    @expose(
        ChangeList,
        policy=policies.LIST,
        filters=types.texts("project_id", "kind", "resource_id", "region"),
        query={"since": types.count, "limit": types.limit},
    )
    def get_all(
        self,
        context: Context,
        limit: int,
        filters: Sequence[Filter] = (),
        since: int | None = None,
    ) -> Feed:
        """Follow the feed of changes, oldest first.

        Send the cursor of each answer as since of the next request. Without
        since, the feed starts with the oldest change that is kept.
        """
        scope = context.scope(policies.LIST_ALL)
        return self._changes.since(scope, since, filters, limit)
