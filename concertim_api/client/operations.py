"""Operations: what somebody had the cloud do, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypedDict

from concertim_api.client import errors
from concertim_api.client.arguments import body
from concertim_api.client.collection import ById, ByName, Collection, T

#: Nothing more becomes of what is in one of these states.
FINAL = frozenset({"done", "failed", "unsure"})


class Operation(TypedDict):
    """What was done to which resource, and how that stands.

    ``state``: asked, accepted (by the cloud, which finishes it later), done,
    failed or unsure. ``error`` says why.
    """

    id: str
    noun: str
    action: str
    region: str
    resource_id: str | None
    name: str | None
    project_id: str | None
    user_id: str | None
    request_id: str | None
    arguments: dict[str, Any]
    state: str
    error: str | None
    asked_at: str
    finished_at: str | None


class Operations(Collection[Operation], ById[Operation]):
    """Operations, the newest first.

    Filters: state, noun, action, region, resource_id, project_id, user_id,
    request_id, asked_at.
    """

    nouns = "operations"

    def finished(
        self,
        asked: Operation,
        *,
        timeout: float | None = None,
        interval: float = 1.0,
        told: Callable[[Operation], None] = lambda operation: None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> Operation:
        """Return an operation once it is done, failed or unsure.

        ``told`` gets it after each look. Raises ClientError if it takes
        longer than ``timeout`` seconds; the operation itself goes on.
        """
        began, operation = clock(), asked
        while True:
            told(operation)
            if operation["state"] in FINAL:
                return operation
            if timeout is not None and clock() - began >= timeout:
                raise errors.ClientError(
                    f"operation {operation['id']} has not finished within "
                    f"{timeout:g} s: it is {operation['state']}"
                )
            sleep(interval)
            operation = self.get(operation["id"])


class Operable(ByName[T]):
    """Things that the cloud can be had do something with."""

    def act(self, thing_id: str, action: str, **details: Any) -> Operation:
        """Have the cloud do something; ``details``: region, and see the class.

        The cloud finishes that later: see ``operations.finished``. Safe to
        repeat. Raises Conflict, Forbidden and the like in the cloud's words.
        """
        operation: Operation = self._http.post(
            self._path(thing_id, "action"), body(action=action, **details)
        )
        return operation
