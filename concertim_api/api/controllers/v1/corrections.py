"""/v1/corrections"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from concertim_api.api import types
from concertim_api.api.context import Context
from concertim_api.api.expose import expose
from concertim_api.api.routing import Controller
from concertim_api.policies import corrections as policies
from concertim_api.services.common.listing import Listing, Page
from concertim_api.services.ledger import corrections as service


class Correction(types.Item):
    """A correction by a person of a resource's usage in a window of time."""

    id = types.text
    action = types.Choice(*service.ACTIONS)
    region = types.text
    kind = types.text
    resource_id = types.text
    name = types.text
    project_id = types.text
    start = types.time
    end = types.time
    shape = types.attributes
    author = types.text
    reason = types.reason
    reported_at = types.time


class Shape(types.Attributes):
    """The shape in a correction; sizes and numbers in it are counts."""

    name = "shape"

    _COUNT = types.Whole(0, 10**8)
    _FIELDS = {
        "state": types.Text(64),
        "type": types.text,
        "size_gb": _COUNT,
    }
    _FLAVOR_FIELDS = {
        **types.texts("id", "name"),
        "vcpus": _COUNT,
        "ram_mb": _COUNT,
        "disk_gb": _COUNT,
        "ephemeral_gb": _COUNT,
    }
    _LARGEST = 16384

    def validate(self, value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise ValueError("not an object")
        if len(orjson.dumps(value)) > self._LARGEST:
            raise ValueError(f"longer than {self._LARGEST} bytes")
        flavor = value.get("flavor")
        if flavor is not None and not isinstance(flavor, Mapping):
            raise ValueError("flavor is not an object")
        _check(value, self._FIELDS)
        _check(flavor or {}, self._FLAVOR_FIELDS)
        return value


def _check(value: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
    for name, declared in fields.items():
        if value.get(name) is not None:
            try:
                declared.validate(value[name])
            except ValueError as exc:
                raise ValueError(f"{name} is {exc}") from None


class CorrectionCreate(types.Representation):
    action = types.required(types.Choice(*service.ACTIONS))
    resource_id = types.required(types.text)
    kind = types.required(types.Text(max_length=64))
    region = types.Text(max_length=64)
    start = types.required(types.time)
    end = types.time
    project_id = types.text
    shape = Shape()
    name = types.text
    reason = types.required(types.reason)


class CorrectionList(types.List):
    corrections = [Correction]


class CorrectionsController(Controller):
    def __init__(self, corrections: service.Corrections) -> None:
        self._corrections = corrections

    @expose(
        CorrectionList,
        policy=policies.LIST,
        filters=types.texts(
            "resource_id", "kind", "region", "author", "project_id"
        ),
        sort=("-reported_at",),
    )
    def get_all(self, context: Context, listing: Listing) -> Page:
        """List corrections, the newest first."""
        scope = context.scope(policies.LIST_ALL)
        return self._corrections.list(scope, listing)

    @expose(Correction, policy=policies.LIST)
    def get_one(
        self, context: Context, correction_id: str
    ) -> service.Correction:
        """Show a correction."""
        scope = context.scope(policies.LIST_ALL)
        return self._corrections.get(scope, correction_id)

    @expose(
        Correction, policy=policies.CREATE, body=CorrectionCreate, status=201
    )
    def post(
        self, context: Context, body: dict[str, Any]
    ) -> service.Correction:
        """Add, close or rewrite usage by hand.

        add: the resource existed in [start, end). close: it does not exist
        from start on. rewrite: it had this project or shape in [start,
        end).
        """
        scope = context.scope(policies.CREATE_ALL)
        return self._corrections.create(
            scope, context.author, service.CorrectionRequest(**body)
        )
