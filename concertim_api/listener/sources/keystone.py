"""Keystone: projects and users, in its basic and its CADF format.

Neither has names, or the roles that a user got: the cloud is asked for them.
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
    if _has_failed(payload):
        return ()
    resource_id = text(payload, "resource_info")
    return (Facts(id=resource_id, at=second(payload, "eventTime")),)


def _assignment(payload: Payload) -> Iterable[Facts]:
    """Return the project of a role; a role in a domain has none."""
    project_id = optional_text(payload, "project")
    if project_id is None or _has_failed(payload):
        return ()
    return (Facts(id=project_id),)


def _has_failed(payload: Payload) -> bool:
    return bool(payload.get("outcome", "success") != "success")


_VERBS: dict[str, Says] = {
    "created": "alive",
    "updated": "alive",
    "disabled": "alive",
    "deleted": "gone",
}

ROWS: dict[str, Row] = {
    **{
        f"identity.{kind}.{verb}": Row(
            kind, says, _identity, is_incomplete=says == "alive"
        )
        for kind in ("project", "user")
        for verb, says in _VERBS.items()
    },
    **{
        f"identity.role_assignment.{verb}": Row(
            "project", "alive", _assignment, is_incomplete=True
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
            "OS-OAUTH1:*",
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
