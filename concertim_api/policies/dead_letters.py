"""Who may deal with dead letters. They hold notifications of any project."""

from concertim_api.policies import base

LIST = "concertim:dead_letters:list"
REPLAY = "concertim:dead_letters:replay"
PURGE = "concertim:dead_letters:purge"

rules = [
    base.rule(
        LIST,
        base.ADMIN,
        "List and show dead letters.",
        "GET /v1/dead-letters",
        "GET /v1/dead-letters/{letter_id}",
    ),
    base.rule(
        REPLAY,
        base.ADMIN,
        "Try to record a dead letter again.",
        "POST /v1/dead-letters/{letter_id}/replay",
    ),
    base.rule(
        PURGE,
        base.ADMIN,
        "Remove dead letters for good.",
        "DELETE /v1/dead-letters",
        "DELETE /v1/dead-letters/{letter_id}",
    ),
]
