"""Who may see and change key pairs: those of one's own user."""

from concertim_api.policies import base

LIST = "concertim:keypairs:list"
CREATE = "concertim:keypairs:create"
DELETE = "concertim:keypairs:delete"

rules = [
    base.rule(
        "keypairs:list",
        base.READER,
        "List and show the caller's own key pairs. Nova is asked with the "
        "caller's token; it has no others for anybody.",
        "GET /v1/keypairs",
        "GET /v1/keypairs/{keypair_name}",
    ),
    base.rule(
        "keypairs:create",
        base.MEMBER,
        "Have Nova make or take a key pair for the caller.",
        "POST /v1/keypairs",
    ),
    base.rule(
        "keypairs:delete",
        base.MEMBER,
        "Delete a key pair of the caller.",
        "DELETE /v1/keypairs/{keypair_name}",
    ),
]
