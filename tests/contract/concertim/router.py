"""Which action answers which request."""

from __future__ import annotations

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

from tests.contract.concertim import errors
from tests.contract.concertim.controllers import (
    devices,
    racks,
    teams,
    templates,
)

_ROOT = "/api/v1"
_ACTIONS = (
    ("GET", "/teams", teams.index),
    ("GET", "/templates", templates.index),
    ("POST", "/templates", templates.create),
    ("PATCH", "/templates/<id>", templates.update),
    ("DELETE", "/templates/<id>", templates.delete),
    ("GET", "/racks", racks.index),
    ("POST", "/racks", racks.create),
    ("GET", "/racks/<id>", racks.show),
    ("PATCH", "/racks/<id>", racks.update),
    ("DELETE", "/racks/<id>", racks.delete),
    ("POST", "/nodes", devices.create),
    ("GET", "/devices", devices.index),
    ("PATCH", "/devices/<id>", devices.update),
    ("DELETE", "/devices/<id>", devices.delete),
)
_ROUTES = Map(
    [
        Rule(_ROOT + path, methods=[method], endpoint=action)
        for method, path, action in _ACTIONS
    ],
    strict_slashes=False,
    merge_slashes=False,
).bind("")


def is_login(method, path):
    return (method, path) == ("POST", "/users/sign_in.json")


def is_api(path):
    return path.startswith(_ROOT + "/")


def find(method, path):
    """Return the action and its arguments. Raises Refused (404)."""
    try:
        return _ROUTES.match(path, method)
    except HTTPException:
        raise errors.no_route(method, path) from None
