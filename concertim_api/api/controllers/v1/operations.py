"""/v1/operations"""

from __future__ import annotations

from concertim_api.api import types
from concertim_api.api.context import Context
from concertim_api.api.expose import expose
from concertim_api.api.routing import Controller
from concertim_api.domain import operations as domain
from concertim_api.policies import operations as policies
from concertim_api.services.common.listing import Listing, Page
from concertim_api.services.operations.operations import Operations

_state = types.Choice(*domain.STATES)


class Operation(types.Item):
    """An action in the cloud, and its outcome."""

    _place = "/v1/operations"

    id = types.text
    noun = types.text
    action = types.text
    region = types.text
    resource_id = types.text
    name = types.prose
    project_id = types.text
    user_id = types.text
    request_id = types.text
    arguments = types.attributes
    state = _state
    error = types.prose
    asked_at = types.time
    finished_at = types.time


class OperationList(types.List):
    operations = [Operation]


class OperationsController(Controller):
    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    @expose(
        OperationList,
        policy=policies.LIST,
        filters={
            "state": _state,
            "asked_at": types.time,
            **types.texts("noun", "action", "region", "resource_id"),
            **types.texts("project_id", "user_id", "request_id"),
        },
        sort=("-asked_at",),
    )
    def get_all(self, context: Context, listing: Listing) -> Page:
        """List operations, the newest first."""
        scope = context.scope(policies.LIST_ALL)
        return self._operations.list(scope, listing)

    @expose(Operation, policy=policies.LIST)
    def get_one(self, context: Context, operation_id: str) -> domain.Operation:
        """Show an operation, and its state."""
        scope = context.scope(policies.LIST_ALL)
        return self._operations.get(scope, operation_id)
