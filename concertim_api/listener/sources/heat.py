"""Heat: stacks, which are the clusters of the view."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Iterable

from concertim_api.listener.rows import Row
from concertim_api.payloads import heat
from concertim_api.payloads.facts import Facts, Payload, optional_text, text


def _stack(payload: Payload) -> Iterable[Facts]:
    tags = payload.get("tags")
    facts = heat.stack_facts(
        payload,
        id=text(payload, "stack_identity"),
        created_at="create_at",
        description=optional_text(payload, "description"),
        state=optional_text(payload, "state"),
        state_reason=optional_text(payload, "state_reason"),
        tags=tags if isinstance(tags, list) else None,
        user_id=optional_text(payload, "user_identity"),
        user_name=optional_text(payload, "username"),
    )
    yield dc.replace(facts, project_id=optional_text(payload, "tenant_id"))


def _done_to(payload: Payload) -> Iterable[Facts]:
    """What is done to a stack does not say whose it is: Heat tells of the
    project and the user that ask, and an administrator may."""
    for facts in _stack(payload):
        details = {k: v for k, v in facts.details.items() if k not in _ASKING}
        yield dc.replace(facts, project_id=None, details=details)


#: Who creates a stack, has it.
_ASKING = ("user_id", "user_name")


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
            read = _stack if action == "create" else _done_to
            rows[f"orchestration.stack.{action}.{phase}"] = Row(
                "stack", "alive", read
            )
    rows["orchestration.stack.create.start"] = Row(
        "stack", "alive", _stack, at=("create_at",)
    )
    rows["orchestration.stack.delete.end"] = Row("stack", "gone", _stack)
    return rows


ROWS: dict[str, Row] = _rows()

IGNORED = {
    "orchestration.autoscaling.*": "the stack and its servers are reported",
}
