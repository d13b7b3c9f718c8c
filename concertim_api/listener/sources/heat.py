"""Heat: stacks, which are the clusters of the view."""

from __future__ import annotations

import functools
from typing import Any

from concertim_api.listener.rows import Row
from concertim_api.payloads.facts import Payload, optional_text
from concertim_api.payloads.heat import STACK


def _tags(payload: Payload, field: str) -> list[Any] | None:
    """Return the tags, or None: not all notifications have them."""
    tags = payload.get(field)
    return tags if isinstance(tags, list) else None


_COMMON: dict[str, Any] = {
    "id": "stack_identity",
    "name": "stack_name",
    "created_at": "create_at",
    "state": ("state", optional_text),
    "tags": ("tags", _tags),
    "parent": None,
}

#: A stack is in the project, and of the user, that creates it.
_created = STACK.spelled(
    project_id="tenant_id",
    user_id="user_identity",
    user_name="username",
    **_COMMON,
)

#: Later events have the project and the user of the request, which may be an
#: administrator's. So they are not read.
_changed = STACK.spelled(user_id=None, user_name=None, **_COMMON)


#: A stack begins with one of these.
_BIRTHS = ("adopt", "create")
_ACTIONS = (
    *_BIRTHS,
    "check",
    "delete",
    "restore",
    "resume",
    "rollback",
    "snapshot",
    "suspend",
    "update",
)


def _rows() -> dict[str, Row]:
    """Return a row for the start, the end and the failure of each action.

    The first event of a stack may be any of them.
    """
    row = functools.partial(Row, "stack")
    created, changed = row("alive", _created), row("alive", _changed)
    prefix = "orchestration.stack."
    rows = {
        f"{prefix}{action}.{phase}": created if action in _BIRTHS else changed
        for action in _ACTIONS
        for phase in ("start", "end", "error")
    }
    return rows | {
        f"{prefix}create.start": row("alive", _created, at=("create_at",)),
        f"{prefix}delete.end": row("gone", _created),
    }


ROWS: dict[str, Row] = _rows()

IGNORED = {
    "orchestration.autoscaling.*": "the stack and its servers are reported",
}
