"""Resources with dates ahead of their receipts are folded anew.

Such dates are brought back when they are read. The agent makes the periods
what they mean now.
"""

import time

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_MINUTE = 60_000_000
_RESOURCES = sa.table("resources", *map(sa.column, ("pk", "refold_at")))
_O = sa.table(
    "observations",
    *map(sa.column, ("resource_pk", "at", "reported_at", "received_at")),
).c


def upgrade() -> None:
    latest = _O.received_at + _MINUTE
    is_ahead = sa.or_(_O.at * 1_000_000 > latest, _O.reported_at > latest)
    ahead = sa.select(_O.resource_pk).where(is_ahead)
    op.execute(
        sa.update(_RESOURCES)
        .where(_RESOURCES.c.pk.in_(ahead))
        .values(refold_at=time.time_ns() // 1000)
    )
