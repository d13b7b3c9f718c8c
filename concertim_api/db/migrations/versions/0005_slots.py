"""The slots of racks: the table is called what it holds."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_OLD, _NEW = "ix_placements_rack_pk", "ix_slots_rack_pk"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _copy()
    else:
        _rename()
    # For an API and an agent of the release before, which go on meanwhile.
    op.execute("CREATE VIEW placements AS SELECT * FROM slots")


def _copy() -> None:
    """SQLite can't rename a constraint."""
    op.create_table(
        "slots",
        sa.Column("device_pk", sa.BigInteger(), nullable=False),
        sa.Column("rack_pk", sa.BigInteger(), nullable=False),
        sa.Column("since_at", sa.BigInteger(), nullable=False),
        sa.Column("start_u", sa.Integer(), nullable=False),
        sa.Column("height_u", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "device_pk", "rack_pk", "since_at", name="pk_slots"
        ),
    )
    op.execute("INSERT INTO slots SELECT * FROM placements")
    op.drop_table("placements")
    op.create_index(_NEW, "slots", ["rack_pk"])


def _rename() -> None:
    """The rows stay where they are, however many they be."""
    op.rename_table("placements", "slots")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER INDEX pk_placements RENAME TO pk_slots")
        op.execute(f"ALTER INDEX {_OLD} RENAME TO {_NEW}")
    else:
        op.execute(f"ALTER TABLE slots RENAME INDEX {_OLD} TO {_NEW}")
