"""Heat in memory: ``services.cloud.acting.StackOperator``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from concertim_api.clouds.fake_operating.compute import end_server, set_state
from concertim_api.clouds.fake_operating.network import end_network
from concertim_api.domain.errors import NotFound
from concertim_api.services.cloud.acting import StackAction

if TYPE_CHECKING:
    from concertim_api.clouds.fake import FakeCloud


class FakeStacks:
    """As Heat with convergence: a stack that is busy begins something else,
    and what is suspended is suspended."""

    def __init__(self, cloud: FakeCloud) -> None:
        self._cloud = cloud

    def name(self, stack_id: str) -> str:
        stack = self._cloud.things["stack"].get(stack_id)
        if stack is None or stack["stack_status"] == "DELETE_COMPLETE":
            raise NotFound(f"The Stack ({stack_id}) could not be found.")
        return str(stack["stack_name"])

    def act(self, name: str, stack_id: str, action: StackAction) -> None:
        stack = self._stack(name, stack_id)
        if action != "check" and stack["stack_status"] == _done(action):
            return
        self._begin(stack, action)

    def delete_stack(self, name: str, stack_id: str) -> None:
        self._begin(self._stack(name, stack_id), "delete")

    def _stack(self, name: str, stack_id: str) -> dict[str, Any]:
        stack = self._cloud.things["stack"].get(stack_id)
        if (
            stack is None
            or stack["stack_name"] != name
            or stack["stack_status"] == "DELETE_COMPLETE"
        ):
            raise NotFound(f"The Stack ({name}) could not be found.")
        return stack

    def _begin(self, stack: dict[str, Any], action: str) -> None:
        self._set(stack, f"{action}_IN_PROGRESS".upper())
        self._cloud.deferred.later(
            stack["id"], lambda: self._finish(stack, action)
        )

    def _finish(self, stack: dict[str, Any], action: str) -> None:
        for resource in self._cloud.resources.get(stack["id"], ()):
            below = resource.get("physical_resource_id")
            nested = self._cloud.things["stack"].get(below)
            if nested is not None:
                self._finish(nested, action)
            else:
                self._do(below, action)
        self._set(stack, _done(action))
        if action == "delete":
            stack["deletion_time"] = stack["updated_time"]

    def _set(self, stack: dict[str, Any], status: str) -> None:
        stack.update(
            stack_status=status,
            stack_status_reason=f"Stack {status}",
            updated_time=self._cloud.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        )

    def _do(self, thing_id: str, action: str) -> None:
        """Do to a member what is done to its stack."""
        things = self._cloud.things
        server = things.get("instance", {}).get(thing_id)
        if action == "delete":
            end_server(self._cloud, thing_id)
            things.get("volume", {}).pop(thing_id, None)
            if thing_id in things.get("network", {}):
                end_network(self._cloud, thing_id)
        elif server is not None and action == "suspend":
            set_state(self._cloud, server, "suspend")
        elif server is not None and action == "resume":
            set_state(self._cloud, server, "resume")


def _done(action: str) -> str:
    return f"{action}_COMPLETE".upper()
