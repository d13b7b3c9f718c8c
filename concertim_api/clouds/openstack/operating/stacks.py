"""Heat: ``services.operator.StackOperator``.

Heat has a project in its paths: the one of the token, which the catalog puts
there. With another it answers 403, and only the newest lets administrators
have any. Whose the stack is, it finds out itself: an administrator of the
cloud acts on every stack by the path of the own project; for all others the
stack of another project does not exist.
"""

from __future__ import annotations

from concertim_api.clouds.openstack.collection import quoted
from concertim_api.clouds.openstack.orders import Orders
from concertim_api.services.operator import StackAction


class StackOrders:
    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    def act(self, name: str, stack_id: str, action: StackAction) -> None:
        self._orders.order(
            "POST", f"{_path(name, stack_id)}/actions", {action: None}
        )

    def delete_stack(self, name: str, stack_id: str) -> None:
        self._orders.order("DELETE", _path(name, stack_id))


def _path(name: str, stack_id: str) -> str:
    return f"/stacks/{quoted(name)}/{quoted(stack_id)}"
