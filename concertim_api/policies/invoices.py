"""Who may see invoices, close months, and dispute."""

from concertim_api.policies import base

rules = base.Rules()

LIST, LIST_ALL = rules.add_scoped(
    "concertim:invoices:list",
    base.READER,
    "List and show the invoices and the draft of the caller's project.",
    "See the invoices and drafts of every project.",
    "GET /v1/invoices",
    "GET /v1/invoices/{invoice_id}",
    "GET /v1/invoices/{invoice_id}.html",
    "GET /v1/invoices/draft",
)
CLOSE = rules.add(
    "concertim:invoices:close",
    base.ADMIN,
    "Close the months of all accounts that are ready.",
    "POST /v1/invoices/close",
)
DISPUTE, DISPUTE_ALL = rules.add_scoped(
    "concertim:invoices:dispute",
    base.ADMIN,
    "Dispute invoices of the caller's project, resolve that, and accept what "
    "the billing system made of them.",
    "Dispute, resolve and accept invoices of every project.",
    "POST /v1/invoices/{invoice_id}/action",
)
