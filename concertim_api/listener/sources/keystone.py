"""Keystone: projects and users, in its basic and its CADF format.

Neither of them tells names; a sync with the cloud does.
"""

from __future__ import annotations

from collections.abc import Iterable

from concertim_api.domain.usage import Says
from concertim_api.listener.rows import Row
from concertim_api.payloads.facts import (
    Facts,
    Payload,
    second,
    text,
)


def _identity(payload: Payload) -> Iterable[Facts]:
    if payload.get("outcome", "success") == "success":
        yield Facts(
            id=text(payload, "resource_info"), at=second(payload, "eventTime")
        )


_VERBS: dict[str, Says] = {
    "created": "alive",
    "updated": "alive",
    "disabled": "alive",
    "deleted": "gone",
}

ROWS: dict[str, Row] = {
    f"identity.{kind}.{verb}": Row(kind, says, _identity)
    for kind in ("project", "user")
    for verb, says in _VERBS.items()
}

_NOT_USAGE = "neither a project nor a user"

IGNORED = {
    "identity.authenticate": "a login is not usage",
    "identity.role_assignment.*": "who may do what is not usage",
    **{
        f"identity.{noun}.*": _NOT_USAGE
        for noun in (
            "OS-TRUST:trust",
            "access_rule",
            "application_credential",
            "credential",
            "domain",
            "endpoint",
            "federated_protocol",
            "group",
            "identity_provider",
            "invalidate_user_consumed_access_token",
            "limit",
            "policy",
            "region",
            "registered_limit",
            "role",
            "service",
        )
    },
}
