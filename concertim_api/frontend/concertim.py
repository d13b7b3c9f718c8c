"""The Concertim visualisation app: its API, in both of its flavours.

Today's has orders, costs and credits. The later one has none of these, and
has the creation time of the cloud and the type of a cluster. The fields of its
objects tell which one it is: a field that they lack is not sent.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import Any

from oslo_config import cfg

from concertim_api.domain.errors import Invalid
from concertim_api.domain.reconcile import Fields
from concertim_api.domain.view.model import Device, Rack, Template
from concertim_api.frontend import payloads
from concertim_api.frontend.session import Options, Session
from concertim_api.http import address
from concertim_api.services.push.frontend import (
    FrontEnd,
    FrontEndAway,
    FrontEndBroken,
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

#: Fields that are set by the creation, and can't be changed.
_NEW = {
    "template": ("height", "foreign_id"),
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
    options = conf.frontend
    for name in ("url", "username", "password"):
        if not getattr(options, name):
            raise Invalid(
                f"[frontend] {name}", "the driver concertim needs it"
            )
    return ConcertimApp(
        Options(
            url=_checked(options.url),
            username=options.username,
            password=options.password,
            verify=options.cafile or True,
            timeout=options.timeout,
            retries=options.retries,
            retry_wait=options.retry_wait,
            retry_wait_max=options.retry_wait_max,
            connections=options.concurrency,
            max_bytes=options.max_answer_mb << 20,
        ),
        stack_as_order=options.order_ids == "stack",
    )


def _checked(url: str) -> str:
    if problem := address.problem(url):
        raise Invalid("[frontend] url", problem)
    return url.rstrip("/")


class ConcertimApp:
    """``services.push.frontend.FrontEnd`` for the app.

    ``stack_as_order``: a rack without an order gets the id of its stack as
    its order id.
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
            rows = self._session.call("GET", _LISTS[noun])
        except FrontEndRefused as exc:  # its objects are unknown then
            raise FrontEndAway(f"GET {_LISTS[noun]}: {exc}") from None
        if not isinstance(rows, list):
            raise FrontEndAway(
                f"GET {_LISTS[noun]}: an answer that is no list"
            )
        try:
            objects = [payloads.thing(noun, row) for row in rows]
        except (TypeError, KeyError, AttributeError, ValueError) as exc:
            raise FrontEndAway(
                f"GET {_LISTS[noun]}: objects of an unforeseen form: "
                f"{type(exc).__name__}"
            ) from None
        if rows:
            self._fields[noun] = frozenset(rows[0])
        return objects

    def desired(
        self, item: Template | Rack | Device, links: References, actual: Fields
    ) -> Fields:
        if isinstance(item, Template):
            return payloads.template(item, links.template_name(item))
        if isinstance(item, Rack):
            return self._rack(item, links, actual)
        return self._device(item, links, actual)

    def _rack(self, rack: Rack, links: References, actual: Fields) -> Fields:
        team = links.team(rack.project_id) or actual.get("team_id")
        if team is None:
            raise FrontEndRefused(
                f"the front end has no team of project {rack.project_id}"
            )
        order = rack.order_id
        if order is None and self._stack_as_order:
            stack_order = payloads.text(actual.get("order_id"))
            order = stack_order or rack.ref.id
        return payloads.rack(rack, team, order, actual)

    def _device(
        self, device: Device, links: References, actual: Fields
    ) -> Fields:
        rack = links.rack(device)
        if rack is None:
            raise PrerequisiteMissing("its rack is not in the front end yet")
        if device.slot is None and not actual:
            raise PrerequisiteMissing("its rack has no slot for it")
        if device.status not in _STATUSES[device.type]:
            raise FrontEndRefused(
                f"a {device.type} can't be {device.status} there"
            )
        template = links.template(device)
        if template is None and not actual:
            raise PrerequisiteMissing(
                "its template is not in the front end yet"
            )
        return payloads.device(device, rack, template or "", actual)

    def claims(self, noun: str, fields: Fields) -> frozenset[Hashable]:
        return payloads.claims(noun, fields)

    def aside(
        self, noun: str, actual: Fields, desired: Collection[Hashable]
    ) -> Fields | None:
        claims = frozenset(desired).union(
            *(self.claims(noun, thing.fields) for thing in self.objects(noun))
        )
        height_u = 0
        if noun == "device":
            path = f"{_LISTS['rack']}/{actual['rack_id']}"
            height_u = self._session.call("GET", path).get("u_height") or 0
        return payloads.step(noun, actual, desired, claims, height_u)

    def create(self, noun: str, desired: Fields) -> FrontEndObject:
        body = _present(desired, (*_NEW[noun], *_CHANGED[noun]))
        if noun == "rack" and not self._has_orders():
            body.pop("order_id", None)
            body.pop("cost", None)
        if noun != "template" and not self._has_orders():
            body |= _present(desired, _LATER)
        document: dict[str, Any] = {noun: body}
        if noun == "device":
            if not desired["template_id"]:
                raise PrerequisiteMissing(
                    "its template is not in the front end yet"
                )
            place = {"rack_id": desired["rack_id"], **body["location"]}
            body["location"] = place
            document["template_id"] = desired["template_id"]
        try:
            return self._send(noun, "POST", _CREATE[noun], document)
        except FrontEndBroken:
            if noun == "device":
                self._check_rack(desired["rack_id"])
            raise

    def _check_rack(self, rack_id: str) -> None:
        """Raise FrontEndMissing if a rack is gone: the app breaks at what
        is to be in it. 1 request."""
        try:
            self._session.call("GET", f"{_LISTS['rack']}/{rack_id}")
        except FrontEndMissing:
            raise FrontEndMissing("its rack is gone there") from None

    def _has_orders(self) -> bool:
        """Whether it is today's flavour, by the fields of its objects."""
        for noun, field in (("team", "credits"), ("rack", "order_id")):
            if noun in self._fields:
                return field in self._fields[noun]
        return True

    def update(
        self, noun: str, foreign_id: str, changes: Fields
    ) -> FrontEndObject:
        body = _selection(changes, (*_CHANGED[noun], "order_id"))
        path = f"{_LISTS[noun]}/{foreign_id}"
        try:
            return self._send(noun, "PATCH", path, {noun: body})
        except FrontEndMissing:
            raise
        except FrontEndRefused as exc:
            if noun == "device":
                self._look_again(path, exc)
            raise

    def _look_again(self, path: str, refusal: FrontEndRefused) -> None:
        """Note what a device is after a refused change: name and status,
        place, and details are saved one by one. 1 request."""
        try:
            refusal.answer = self._send("device", "GET", path)
        except FrontEndMissing:
            raise
        except FrontEndRefused:
            refusal.is_conflict = True  # a survey will tell

    def _send(
        self,
        noun: str,
        method: str,
        path: str,
        document: Mapping[str, Any] | None = None,
    ) -> FrontEndObject:
        answer = self._session.call(method, path, document)
        try:
            return payloads.thing(noun, answer)
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


def _selection(fields: Fields, names: Collection[str]) -> dict[str, Any]:
    return {name: fields[name] for name in names if name in fields}


def _present(fields: Fields, names: Collection[str]) -> dict[str, Any]:
    """Return those of the fields that have a value."""
    fields = _selection(fields, names)
    return {name: value for name, value in fields.items() if value is not None}
