"""An event of this service, which anyone may send about a resource.

It is for services that send no notifications, and for facts from a listing::

    {"event_type": "concertim.observation.project",
     "message_id": "...", "timestamp": "2026-11-21T12:00:00.000000",
     "payload": {"id": "e601...", "details": {"name": "CM_astro"}}}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from concertim_api.domain.ledger.kinds import KINDS
from concertim_api.listener.rows import Row
from concertim_api.payloads.facts import (
    Facts,
    Payload,
    Untranslatable,
    optional_text,
    second,
    text,
)

_SAYS = ("alive", "gone", "absent", "restored")


def _resource(payload: Payload) -> Facts:
    says = payload.get("says", "alive")
    if says not in _SAYS:
        raise Untranslatable(f"says is one of {', '.join(_SAYS)}")
    return Facts(
        id=text(payload, "id"),
        project_id=optional_text(payload, "project_id"),
        shape=_attributes(payload, "shape"),
        details=_attributes(payload, "details"),
        at=second(payload, "at"),
        since=second(payload, "since"),
        says=says,
    )


def _attributes(payload: Payload, field: str) -> Mapping[str, Any]:
    attributes = payload.get(field, {})
    if not isinstance(attributes, Mapping):
        raise Untranslatable(f"{field} is not an object")
    return attributes


#: The kind is part of the event type.
ROWS: dict[str, Row] = {
    f"concertim.observation.{kind}": Row(kind, "alive", _resource)
    for kind in KINDS
}

IGNORED: dict[str, str] = {}
