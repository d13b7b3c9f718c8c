"""Operations: what callers had the cloud do, and how it ended."""

from __future__ import annotations

from typing import Any, TypedDict

from concertim_api.client.collection import ByBeginning, ByName, Runs, T


class Operation(TypedDict):
    """An action on a resource, and its state.

    ``state``: asked, accepted (by the cloud, which finishes it later), done,
    failed or unsure. ``error`` says why.
    """

    id: str
    noun: str
    action: str
    name: str | None
    state: str
    error: str | None
    arguments: dict[str, Any]
    resource_id: str | None
    region: str
    project_id: str | None
    user_id: str | None
    request_id: str | None
    asked_at: str
    finished_at: str | None


class Operations(ByBeginning[Operation], Runs[Operation]):
    """Operations, the newest first.

    Filters: state, noun, action, region, resource_id, project_id, user_id,
    request_id, asked_at. ``wait`` returns one that is done, failed or unsure.
    """

    nouns, noun = "operations", "operation"
    final = frozenset({"done", "failed", "unsure"})


class Targets(ByName[T]):
    """Things that an action of the cloud can have as its target."""

    def act(self, thing_id: str, action: str, **details: Any) -> Operation:
        """Have the cloud do something; return the operation.

        ``details``: the region, and what the class names for the action. The
        cloud finishes it later: see ``operations.wait``. Safe to repeat.
        Raises Conflict, Forbidden and others, with the cloud's message.
        """
        operation: Operation = self._send(
            "POST", thing_id, "action", fields={"action": action, **details}
        )
        return operation
