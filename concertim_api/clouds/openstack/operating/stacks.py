"""Heat: ``services.cloud.acting.StackActions``.

The paths of Heat have a project. It must be the one of the token, which the
catalog puts there: with another one Heat answers 403, but for administrators
of the newest Heat. Heat finds the project of the stack by itself. So an
administrator acts on every stack by such a path; for other users the stack of
another project does not exist.
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
        """See the port. Heat redirects from the id to the name and the id."""
        location = self._service.redirection(f"/stacks/{quoted(stack_id)}")
        name, found_id = urllib.parse.urlsplit(location).path.split("/")[-2:]
        if found_id != stack_id:
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
