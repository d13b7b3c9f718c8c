"""Heat: stacks, which are the clusters of the view."""

from __future__ import annotations

from typing import Any

from concertim_api.listener.rows import Row
from concertim_api.payloads.facts import Payload, optional_text
from concertim_api.payloads.heat import STACK


def _tags(payload: Payload, field: str) -> list[Any] | None:
    """Return the tags; not all notifications tell of them."""
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

#: The project and the user that create a stack, have it.
_created = STACK.spelled(
    project_id="tenant_id",
    user_id="user_identity",
    user_name="username",
    **_COMMON,
)

#: What is done to a stack does not say whose it is: Heat tells of the
#: project and the user that ask, and an administrator may.
_changed = STACK.spelled(user_id=None, user_name=None, **_COMMON)


def _rows() -> dict[str, Row]:
    """Heat tells the start, the end or the failure of each action.

    Of a stack whose end is the first that is heard of it, that is believed.
    """
    rows = {}
    for action in (
        "check",
        "create",
        "delete",
        "restore",
        "resume",
        "rollback",
        "snapshot",
        "suspend",
        "update",
    ):
        for phase in ("start", "end", "error"):
            is_create = action == "create"
            read = _created if is_create else _changed
            rows[f"orchestration.stack.{action}.{phase}"] = Row(
                "stack", "alive", read
            )
    rows["orchestration.stack.create.start"] = Row(
        "stack", "alive", _created, at=("create_at",)
    )
    rows["orchestration.stack.delete.end"] = Row("stack", "gone", _created)
    return rows


ROWS: dict[str, Row] = _rows()

IGNORED = {
    "orchestration.autoscaling.*": "the stack and its servers are reported",
}
