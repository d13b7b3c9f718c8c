"""Who may see operations, and who may act with the service's credentials."""

from concertim_api.policies import base

rules = base.Rules()

LIST, LIST_ALL = rules.add_scoped(
    "concertim:operations:list",
    base.READER,
    "List and show the operations in the caller's project.",
    "See the operations in every project.",
    "GET /v1/operations",
    "GET /v1/operations/{operation_id}",
)
AS_SERVICE = rules.add(
    "concertim:operations:as_service",
    base.ADMIN,
    "Act in the cloud without a token of Keystone (with a named key, or "
    "on loopback), by the service's own credentials. A caller with a "
    "token acts with the token.",
    "POST /v1/devices/{device_id}/action",
    "GET /v1/keypairs",
    "POST /v1/keypairs",
    "GET /v1/keypairs/{keypair_name}",
    "DELETE /v1/keypairs/{keypair_name}",
    "GET /v1/limits",
    "GET /v1/quotas",
    "POST /v1/racks/{rack_id}/action",
    "GET /v1/statistics",
    "POST /v1/teams",
    "DELETE /v1/teams/{team_id}",
    "POST /v1/teams/{team_id}/roles",
    "DELETE /v1/teams/{team_id}/roles",
    "POST /v1/users",
    "PATCH /v1/users/{user_id}",
    "DELETE /v1/users/{user_id}",
)
