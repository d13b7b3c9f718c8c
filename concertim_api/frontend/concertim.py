"""The Concertim visualisation app: its API, in both of its flavours.

Today's has orders, costs and credits. The later one has none, wants to know
when the cloud made a thing, and of which type a cluster is. Which it is, its
own objects tell: what they do not have is not sent.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from oslo_config import cfg

from concertim_api.domain.errors import Invalid
from concertim_api.domain.reconcile import Fields
from concertim_api.domain.view.model import Device, Rack, Template
from concertim_api.frontend import legacy, payloads, uniqueness
from concertim_api.frontend.session import Options, Session
from concertim_api.services.push.frontend import (
    FrontEnd,
    FrontEndAway,
    FrontEndMissing,
    FrontEndObject,
    FrontEndRefused,
    PrerequisiteMissing,
    References,
)

_LISTS = {
    "team": "/api/v1/teams",
    "template": "/api/v1/templates",
    "rack": "/api/v1/racks",
    "device": "/api/v1/devices",
}

#: Where each noun is created.
_CREATE = {**_LISTS, "device": "/api/v1/nodes"}

#: Fields of a creation, beside those that can be changed later.
_NEW = {
    "template": ("height", "foreign_id", "hourly_cost"),
    "rack": ("team_id", "order_id"),
    "device": ("type",),
}

#: Fields that only the later flavour has.
_LATER = ("cloud_created_at", "cluster_type_name")

_CHANGED = {
    "template": ("name", "description", "vcpus", "ram", "disk"),
    "rack": (
        "name",
        "u_height",
        "status",
        "cost",
        "creation_output",
        "metadata",
    ),
    "device": (
        "name",
        "description",
        "status",
        "cost",
        "metadata",
        "location",
        "details",
    ),
}

_STATUSES = {
    "Instance": ("IN_PROGRESS", "FAILED", "ACTIVE", "STOPPED", "SUSPENDED"),
    "Volume": ("IN_PROGRESS", "FAILED", "ACTIVE", "AVAILABLE"),
    "Network": ("IN_PROGRESS", "FAILED", "ACTIVE", "STOPPED"),
}


def front_end(conf: cfg.ConfigOpts) -> FrontEnd:
    """Return the app of [frontend]. Raises Invalid."""
    own = conf.frontend
    for name in ("url", "username", "password"):
        if not getattr(own, name):
            raise Invalid(
                f"[frontend] {name}", "the driver concertim needs it"
            )
    return ConcertimApp(
        Options(
            url=_checked(own.url),
            username=own.username,
            password=own.password,
            verify=own.cafile or True,
            timeout=own.timeout,
            retries=own.retries,
            retry_wait=own.retry_wait,
            retry_wait_max=own.retry_wait_max,
            connections=own.concurrency,
        ),
        stack_as_order=own.order_ids == "stack",
    )


def _checked(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Invalid("[frontend] url", "not the address of an HTTP server")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise Invalid("[frontend] url", "no login and no query belong in it")
    return url.rstrip("/")


class ConcertimApp:
    """``services.push.frontend.FrontEnd`` for the app.

    ``stack_as_order``: a rack without an order gets the id of its stack in
    the place of one.
    """

    #: A device can't be moved to another rack.
    fixed: Mapping[str, Collection[str]] = {"device": ("rack_id", "type")}

    def __init__(
        self, options: Options, *, stack_as_order: bool = False
    ) -> None:
        self._session = Session(options)
        self._stack_as_order = stack_as_order
        self._fields: dict[str, frozenset[str]] = {}

    def objects(self, noun: str) -> Sequence[FrontEndObject]:
        try:
            told = self._session.call("GET", _LISTS[noun])
        except (
            FrontEndRefused
        ) as exc:  # then nothing is known of what it holds
            raise FrontEndAway(f"GET {_LISTS[noun]}: {exc}") from None
        if not isinstance(told, list):
            raise FrontEndAway(
                f"GET {_LISTS[noun]}: an answer that is no list"
            )
        try:
            found = [*payloads.things(noun, told)]
        except (TypeError, KeyError, AttributeError, ValueError) as exc:
            raise FrontEndAway(
                f"GET {_LISTS[noun]}: objects of an unforeseen form: "
                f"{type(exc).__name__}"
            ) from None
        if told:
            self._fields[noun] = frozenset(told[0])
        return found

    def desired(
        self, shown: Template | Rack | Device, links: References, held: Fields
    ) -> Fields:
        if isinstance(shown, Template):
            return payloads.template(shown, links.template_name(shown))
        if isinstance(shown, Rack):
            return self._rack(shown, links, held)
        return self._device(shown, links, held)

    def _rack(self, rack: Rack, links: References, held: Fields) -> Fields:
        team = links.team(rack.project_id) or held.get("team_id")
        if team is None:
            raise FrontEndRefused(
                f"the front end has no team of project {rack.project_id}"
            )
        order = rack.order_id
        if order is None and self._stack_as_order:
            told = legacy.text(held.get("order_id"))
            order = told or rack.ref.id
        return payloads.rack(rack, team, order, held)

    def _device(
        self, device: Device, links: References, held: Fields
    ) -> Fields:
        rack = links.rack(device)
        if rack is None:
            raise PrerequisiteMissing("its rack is not in the front end yet")
        if device.slot is None and not held:
            raise PrerequisiteMissing("its rack has no slot for it")
        if device.status not in _STATUSES[device.type]:
            raise FrontEndRefused(
                f"a {device.type} can't be {device.status} there"
            )
        template = links.template(device)
        if template is None and not held:
            raise PrerequisiteMissing(
                "its template is not in the front end yet"
            )
        return payloads.device(device, rack, template or "", held)

    def claims(self, noun: str, fields: Fields) -> frozenset[Hashable]:
        return uniqueness.takes(noun, fields)

    def aside(
        self, noun: str, held: Fields, wanted: Collection[Hashable]
    ) -> Fields | None:
        taken = frozenset(wanted).union(
            *(self.claims(noun, thing.fields) for thing in self.objects(noun))
        )
        height_u = 0
        if noun == "device":
            path = f"{_LISTS['rack']}/{held['rack_id']}"
            height_u = self._session.call("GET", path).get("u_height") or 0
        return uniqueness.step(noun, held, wanted, taken, height_u)

    def create(self, noun: str, wanted: Fields) -> FrontEndObject:
        body = _given(wanted, (*_NEW[noun], *_CHANGED[noun]))
        if noun == "rack" and not self._has_orders():
            body.pop("order_id", None)
            body.pop("cost", None)
        if noun != "template" and not self._has_orders():
            body |= _given(wanted, _LATER)
        if "hourly_cost" not in self._fields.get("template", ()):
            body.pop("hourly_cost", None)
        document: dict[str, Any] = {noun: body}
        if noun == "device":
            if not wanted["template_id"]:
                raise PrerequisiteMissing(
                    "its template is not in the front end yet"
                )
            place = {"rack_id": wanted["rack_id"], **body["location"]}
            body["location"] = place
            document["template_id"] = wanted["template_id"]
        return self._told(noun, "POST", _CREATE[noun], document)

    def _has_orders(self) -> bool:
        """Whether it is today's flavour, by what its objects have."""
        for noun, field in (("team", "credits"), ("rack", "order_id")):
            if noun in self._fields:
                return field in self._fields[noun]
        return True

    def update(
        self, noun: str, foreign_id: str, changes: Fields
    ) -> FrontEndObject:
        body = _chosen(changes, (*_CHANGED[noun], "order_id", "hourly_cost"))
        path = f"{_LISTS[noun]}/{foreign_id}"
        return self._told(noun, "PATCH", path, {noun: body})

    def _told(
        self, noun: str, method: str, path: str, document: Mapping[str, Any]
    ) -> FrontEndObject:
        told = self._session.call(method, path, document)
        try:
            return payloads.thing(noun, told)
        except (TypeError, KeyError, AttributeError, ValueError):
            raise FrontEndRefused(
                "the front end answers with an object of an unforeseen form",
                is_conflict=True,
            ) from None

    def delete(self, noun: str, foreign_id: str) -> None:
        try:
            self._session.call("DELETE", f"{_LISTS[noun]}/{foreign_id}")
        except FrontEndMissing:
            return


def _chosen(fields: Fields, names: Collection[str]) -> dict[str, Any]:
    return {name: fields[name] for name in names if name in fields}


def _given(fields: Fields, names: Collection[str]) -> dict[str, Any]:
    """Return those fields that have a value."""
    chosen = _chosen(fields, names)
    return {name: value for name, value in chosen.items() if value is not None}
