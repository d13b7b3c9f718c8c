"""Who may deal with dead letters. They hold notifications of any project."""

from concertim_api.policies import base

rules = base.Rules()

LIST = rules.add(
    "concertim:dead_letters:list",
    base.ADMIN,
    "List and show dead letters.",
    "GET /v1/dead-letters",
    "GET /v1/dead-letters/{letter_id}",
)
REPLAY = rules.add(
    "concertim:dead_letters:replay",
    base.ADMIN,
    "Try to record a dead letter again.",
    "POST /v1/dead-letters/{letter_id}/replay",
)
PURGE = rules.add(
    "concertim:dead_letters:purge",
    base.ADMIN,
    "Remove dead letters for good.",
    "DELETE /v1/dead-letters",
    "DELETE /v1/dead-letters/{letter_id}",
)
