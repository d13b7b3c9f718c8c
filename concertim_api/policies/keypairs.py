"""Who may see and change key pairs. Callers have only their own."""

from concertim_api.policies import base

rules = base.Rules()

LIST = rules.add(
    "concertim:keypairs:list",
    base.READER,
    "List and show the caller's own key pairs. Nova is asked with the "
    "caller's token, and shows no others.",
    "GET /v1/keypairs",
    "GET /v1/keypairs/{keypair_name}",
)
CREATE = rules.add(
    "concertim:keypairs:create",
    base.MEMBER,
    "Create or import a key pair of the caller in Nova.",
    "POST /v1/keypairs",
)
DELETE = rules.add(
    "concertim:keypairs:delete",
    base.MEMBER,
    "Delete a key pair of the caller.",
    "DELETE /v1/keypairs/{keypair_name}",
)
