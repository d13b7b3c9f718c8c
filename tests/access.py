"""The answers of each route to each persona, declared beside the rules.

The rules decide. This table says what they should decide; tests compare both,
and the documentation shows the table. So a mistake in a rule is not taken for
a decision. Nothing here is derived from a rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Persona = Literal[
    "admin",
    "manager",
    "member",
    "reader",
    "service",
    "other role",
    "unscoped",
    "domain",
    "system",
    "no token",
]
Answer = Literal["all", "own", "public", "yes", "403", "401"]
Level = Mapping[Persona, Answer]

#: persona -> description
PERSONAS: Mapping[Persona, str] = {
    "admin": "has the role *admin* in any project",
    "manager": "has the role *manager* in a project",
    "member": "has the role *member* in a project",
    "reader": "has the role *reader* in a project",
    "service": "has no role but *service*",
    "other role": "has a role that is none of these",
    "unscoped": "has a token of no project",
    "domain": "has a token of a domain, of whatever role",
    "system": "has a token of the system, of whatever role",
    "no token": "sends no token, or one that is not in force: expired, "
    "revoked, made up",
}

#: answer -> meaning
ANSWERS: Mapping[Answer, str] = {
    "all": "what there is, of every project",
    "own": "what the own project has. What another has is in no list, and "
    "404, as if it did not exist",
    "public": "what is the same for everybody. The rest is in no list, null, "
    "not there, or 404",
    "yes": "allowed; the answer depends on no project but the caller's",
    "403": "refused; the error names the rule",
    "401": "refused; the header WWW-Authenticate names Keystone",
}

_OUTSIDE: Level = {
    "service": "403",
    "other role": "403",
    "unscoped": "403",
    "domain": "403",
    "system": "403",
    "no token": "401",
}
_OPEN: Level = dict.fromkeys(PERSONAS, "yes")
_CALLERS: Level = {
    **_OPEN,
    "domain": "403",
    "system": "403",
    "no token": "401",
}


def _project(
    admin: Answer, manager: Answer, member: Answer, reader: Answer
) -> Level:
    """Return a level that is closed to callers without these roles."""
    return {
        "admin": admin,
        "manager": manager,
        "member": member,
        "reader": reader,
        **_OUTSIDE,
    }


_PUBLIC = _project("all", "public", "public", "public")
_PROJECT = _project("all", "own", "own", "own")
_MEMBERS = _project("all", "own", "own", "403")
_MANAGED = _project("all", "own", "403", "403")
_CLOUD = _project("all", "403", "403", "403")
#: Nobody is refused. Callers who may see details get all.
_HEALTH: Level = {**dict.fromkeys(_OPEN, "public"), "admin": "all"}
#: The answer depends on the caller alone: key pairs, limits.
_READERS = _project("yes", "yes", "yes", "yes")
_WRITERS = _project("yes", "yes", "yes", "403")

#: route -> persona -> answer
ROUTES: Mapping[str, Level] = {
    "GET /": _OPEN,
    "GET /healthcheck": _HEALTH,
    "GET /v1": _OPEN,
    "GET /v1/accounts": _PROJECT,
    "GET /v1/accounts/{account_id}": _PROJECT,
    "GET /v1/changes": _PROJECT,
    "GET /v1/charges": _PROJECT,
    "GET /v1/corrections": _CLOUD,
    "POST /v1/corrections": _CLOUD,
    "GET /v1/corrections/{correction_id}": _CLOUD,
    "GET /v1/costs": _PROJECT,
    "GET /v1/credits": _PROJECT,
    "POST /v1/credits": _CLOUD,
    "GET /v1/credits/{credit_id}": _PROJECT,
    "GET /v1/dead-letters": _CLOUD,
    "DELETE /v1/dead-letters": _CLOUD,
    "GET /v1/dead-letters/{letter_id}": _CLOUD,
    "DELETE /v1/dead-letters/{letter_id}": _CLOUD,
    "POST /v1/dead-letters/{letter_id}/replay": _CLOUD,
    "GET /v1/devices": _PROJECT,
    "GET /v1/devices/{device_id}": _PROJECT,
    "POST /v1/devices/{device_id}/action": _MEMBERS,
    "GET /v1/invoices": _PROJECT,
    "POST /v1/invoices/close": _CLOUD,
    "GET /v1/invoices/draft": _PROJECT,
    "GET /v1/invoices/{invoice_id}": _PROJECT,
    "GET /v1/invoices/{invoice_id}.html": _PROJECT,
    "POST /v1/invoices/{invoice_id}/action": _CLOUD,
    "GET /v1/jobs": _CLOUD,
    "GET /v1/jobs/{job_name}": _CLOUD,
    "POST /v1/jobs/{job_name}/run": _CLOUD,
    "GET /v1/keypairs": _READERS,
    "POST /v1/keypairs": _WRITERS,
    "GET /v1/keypairs/{keypair_name}": _READERS,
    "DELETE /v1/keypairs/{keypair_name}": _WRITERS,
    "GET /v1/limits": _READERS,
    "GET /v1/openapi.json": _CALLERS,
    "GET /v1/operations": _PROJECT,
    "GET /v1/operations/{operation_id}": _PROJECT,
    "GET /v1/orders": _PROJECT,
    "POST /v1/orders": _MEMBERS,
    "GET /v1/orders/{order_id}": _PROJECT,
    "DELETE /v1/orders/{order_id}": _MEMBERS,
    "POST /v1/orders/{order_id}/tags": _MEMBERS,
    "GET /v1/periods": _PROJECT,
    "GET /v1/periods/{period_id}": _PROJECT,
    "GET /v1/pushes": _CLOUD,
    "GET /v1/pushes/{push_id}": _CLOUD,
    "POST /v1/pushes/{push_id}/retry": _CLOUD,
    "GET /v1/quotas": _PROJECT,
    "GET /v1/racks": _PROJECT,
    "GET /v1/racks/{rack_id}": _PROJECT,
    "GET /v1/racks/{rack_id}.svg": _PROJECT,
    "POST /v1/racks/{rack_id}/action": _MEMBERS,
    "GET /v1/racks/{rack_id}/history": _PROJECT,
    "GET /v1/regions": _PUBLIC,
    "GET /v1/resources": _PROJECT,
    "GET /v1/resources/{resource_id}": _PROJECT,
    "GET /v1/resources/{resource_id}/history": _PROJECT,
    "GET /v1/resources/{resource_id}/observations": _PROJECT,
    "GET /v1/statistics": _CLOUD,
    "GET /v1/status": _CLOUD,
    "GET /v1/tariffs": _PUBLIC,
    "GET /v1/tariffs/{tariff_id}": _PUBLIC,
    "GET /v1/teams": _PROJECT,
    "POST /v1/teams": _CLOUD,
    "GET /v1/teams/{team_id}": _PROJECT,
    "DELETE /v1/teams/{team_id}": _CLOUD,
    "GET /v1/teams/{team_id}/roles": _PROJECT,
    "POST /v1/teams/{team_id}/roles": _MANAGED,
    "DELETE /v1/teams/{team_id}/roles": _MANAGED,
    "GET /v1/templates": _PUBLIC,
    "GET /v1/templates/{template_id}": _PUBLIC,
    "GET /v1/usage": _PROJECT,
    "GET /v1/usage-records": _PROJECT,
    "GET /v1/users": _PROJECT,
    "POST /v1/users": _CLOUD,
    "GET /v1/users/{user_id}": _PROJECT,
    "PATCH /v1/users/{user_id}": _CLOUD,
    "DELETE /v1/users/{user_id}": _CLOUD,
}
