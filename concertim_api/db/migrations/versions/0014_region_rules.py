"""Region rules: the rule that decided the region of an observation, and how a
dead letter came, so that rules can decide again."""

import sqlalchemy as sa
from alembic import op

from concertim_api.db.types import Id, json_text

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("observations", sa.Column("region_rule", Id(255)))
    op.add_column("dead_letters", sa.Column("origin", json_text()))
