"""A message of one id is another observation in another region."""

from alembic import op

revision = "0007"
down_revision = "0006"

_OLD, _NEW = "uq_observations_key", "uq_observations_key_resource_pk"
_COLUMNS = ["key", "resource_pk"]


def upgrade() -> None:
    """Allow more than before: a listener of the release before goes on.

    It takes a lock of the resource before it looks for a key, and never
    relied on the constraint itself.
    """
    if op.get_bind().dialect.name == "sqlite":
        # SQLite can't drop a constraint: this copies the table.
        with op.batch_alter_table("observations") as table:
            table.drop_constraint(_OLD, type_="unique")
            table.create_unique_constraint(_NEW, _COLUMNS)
    else:
        op.create_unique_constraint(_NEW, "observations", _COLUMNS)
        op.drop_constraint(_OLD, "observations", type_="unique")
