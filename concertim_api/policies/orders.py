"""Who may see orders, and who may order."""

from concertim_api.policies import base

rules = base.Rules()

LIST, LIST_ALL = rules.add_scoped(
    "concertim:orders:list",
    base.READER,
    "List and show the orders of the caller's project.",
    "See the orders of every project.",
    "GET /v1/orders",
    "GET /v1/orders/{order_id}",
)
CHANGE, CHANGE_ALL = rules.add_scoped(
    "concertim:orders:change",
    base.MEMBER,
    "Order, tag and close orders on the account of the caller's project.",
    "Order, tag and close orders on every account.",
    "POST /v1/orders",
    "DELETE /v1/orders/{order_id}",
    "POST /v1/orders/{order_id}/tags",
)
