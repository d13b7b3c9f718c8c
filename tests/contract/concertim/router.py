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
    users,
)

_ROOT = "/api/v1"
_ACTIONS = (
    ("GET", "/teams", teams.index),
    ("PATCH PUT", "/teams/<id>", teams.update),
    ("DELETE", "/teams/<id>", teams.delete),
    ("GET", "/users", users.index),
    ("GET", "/users/current", users.current),
    ("PATCH PUT", "/users/<id>", users.update),
    ("DELETE", "/users/<id>", users.delete),
    ("GET", "/templates", templates.index),
    ("POST", "/templates", templates.create),
    ("PATCH PUT", "/templates/<id>", templates.update),
    ("DELETE", "/templates/<id>", templates.delete),
    ("GET", "/racks", racks.index),
    ("POST", "/racks", racks.create),
    ("GET", "/racks/<id>", racks.show),
    ("PATCH PUT", "/racks/<id>", racks.update),
    ("DELETE", "/racks/<id>", racks.delete),
    ("POST", "/nodes", devices.create),
    ("GET", "/devices", devices.index),
    ("GET", "/devices/<id>", devices.show),
    ("PATCH PUT", "/devices/<id>", devices.update),
    ("DELETE", "/devices/<id>", devices.delete),
    ("GET", "/data-source-maps", devices.sources),
)
_LOGINS = ("/users/sign_in.json", "/accounts/sign_in.json")
_ROUTES = Map(
    [
        Rule(_ROOT + path, methods=methods.split(), endpoint=action)
        for methods, path, action in _ACTIONS
    ],
    strict_slashes=False,
    merge_slashes=False,
).bind("")


def is_login(method, path):
    return method == "POST" and path in _LOGINS


def is_api(path):
    return path.startswith(_ROOT + "/")


def find(method, path):
    """Return the action and its arguments. Raises Refused (404)."""
    try:
        return _ROUTES.match(path, method)
    except HTTPException:
        raise errors.no_route(method, path) from None
