"""Keystone: projects and users, in its basic and its CADF format.

Neither of them tells names, or who got which role: the cloud is asked for
that.
"""

from __future__ import annotations

from collections.abc import Iterable

from concertim_api.domain.ledger.observations import Says
from concertim_api.listener.rows import Row
from concertim_api.payloads.facts import (
    Facts,
    Payload,
    optional_text,
    second,
    text,
)


def _identity(payload: Payload) -> Iterable[Facts]:
    if payload.get("outcome", "success") != "success":
        return ()
    id = text(payload, "resource_info")
    return (Facts(id=id, at=second(payload, "eventTime")),)


def _assignment(payload: Payload) -> Iterable[Facts]:
    """Who may work in a project is the project's; in a domain, nobody's."""
    project_id = optional_text(payload, "project")
    is_done = payload.get("outcome", "success") == "success"
    return (Facts(id=project_id),) if project_id and is_done else ()


_VERBS: dict[str, Says] = {
    "created": "alive",
    "updated": "alive",
    "disabled": "alive",
    "deleted": "gone",
}

ROWS: dict[str, Row] = {
    **{
        f"identity.{kind}.{verb}": Row(
            kind, says, _identity, lacks=says == "alive"
        )
        for kind in ("project", "user")
        for verb, says in _VERBS.items()
    },
    **{
        f"identity.role_assignment.{verb}": Row(
            "project", "alive", _assignment, lacks=True
        )
        for verb in ("created", "deleted")
    },
}

_NOT_USAGE = "neither a project nor a user"

IGNORED = {
    "identity.authenticate": "a login is not usage",
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
