"""Orders: what clusters are billed by."""

from __future__ import annotations

from typing import TypedDict

from concertim_api.client.collection import ByBeginning, Creates, Deletes


class Order(TypedDict):
    """What a cluster is billed by, on the account of its team.

    ``state``: unbound, live or closed. ``made_by``: caller or agent.
    ``stack_id`` None: no tag has named the stack yet. ``replaced_by``: the id
    of the order that the stack has since.
    """

    id: str
    account_id: str
    project_id: str
    state: str
    made_by: str
    region: str | None
    stack_id: str | None
    tags: dict[str, str]
    created_at: str
    closed_at: str | None
    replaced_by: str | None


class Orders(ByBeginning[Order], Creates[Order], Deletes):
    """Orders, the newest first.

    Filters: state, made_by, account_id, project_id, region, stack_id,
    created_at.

    ``create`` orders, before a cluster is launched: account_id, and a key of
    yours; with the same key again it returns the same order. ``delete``
    closes an order; one that is closed stays so.
    """

    nouns = "orders"
    since = "1.4"

    def tag(
        self,
        order_id: str,
        name: str,
        value: str,
        *,
        region: str | None = None,
    ) -> Order:
        """Tag an order; ``openstack_stack_id`` binds it to a stack.

        ``region`` of the stack: needed only if there are several, and it is
        not known yet. Raises Conflict if another order has the stack, or this
        one is closed or another stack's.
        """
        fields = {"name": name, "value": value, "region": region}
        order: Order = self._send("POST", order_id, "tags", fields=fields)
        return order
