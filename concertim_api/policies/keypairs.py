"""Who may see and change key pairs. Callers have only their own."""

from concertim_api.policies import base

LIST = "concertim:keypairs:list"
CREATE = "concertim:keypairs:create"
DELETE = "concertim:keypairs:delete"

rules = [
    base.rule(
        LIST,
        base.READER,
        "List and show the caller's own key pairs. Nova is asked with the "
        "caller's token, and shows no others.",
        "GET /v1/keypairs",
        "GET /v1/keypairs/{keypair_name}",
    ),
    base.rule(
        CREATE,
        base.MEMBER,
        "Create or import a key pair of the caller in Nova.",
        "POST /v1/keypairs",
    ),
    base.rule(
        DELETE,
        base.MEMBER,
        "Delete a key pair of the caller.",
        "DELETE /v1/keypairs/{keypair_name}",
    ),
]
