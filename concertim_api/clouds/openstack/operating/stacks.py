"""Heat: ``services.cloud.acting.StackOperator``.

Heat has a project in its paths: the one of the token, which the catalog puts
there. With another it answers 403, and only the newest lets administrators
have any. Whose the stack is, it finds out itself: an administrator of the
cloud acts on every stack by the path of the own project; for all others the
stack of another project does not exist.
"""

from __future__ import annotations

import urllib.parse

from concertim_api.clouds.openstack.collection import quoted
from concertim_api.clouds.openstack.service import Service
from concertim_api.domain.errors import NotFound
from concertim_api.services.cloud.acting import StackAction


class StackOrders:
    def __init__(self, service: Service) -> None:
        self._service = service

    def name(self, stack_id: str) -> str:
        """See the port. Heat redirects who knows the id alone."""
        where = self._service.redirection(f"/stacks/{quoted(stack_id)}")
        name, found = urllib.parse.urlsplit(where).path.split("/")[-2:]
        if found != stack_id:
            raise NotFound(f"The stack {stack_id} could not be found.")
        return urllib.parse.unquote(name)

    def act(self, name: str, stack_id: str, action: StackAction) -> None:
        self._service.request(
            "POST", f"{_path(name, stack_id)}/actions", {action: None}
        )

    def delete_stack(self, name: str, stack_id: str) -> None:
        self._service.request("DELETE", _path(name, stack_id))


def _path(name: str, stack_id: str) -> str:
    return f"/stacks/{quoted(name)}/{quoted(stack_id)}"
