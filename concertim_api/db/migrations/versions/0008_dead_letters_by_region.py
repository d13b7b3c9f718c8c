"""A message of one id is another dead letter in another region."""

import hashlib

import orjson
import sqlalchemy as sa
from alembic import op

from concertim_api.db.types import Id

revision = "0008"
down_revision = "0007"

_LETTERS = sa.table(
    "dead_letters", *map(sa.column, ("id", "region", "message_id", "key"))
)


def upgrade() -> None:
    """Add columns. The id of a message stays unique in the old one, for a
    listener of the release before; we write it into a new one."""
    op.add_column("dead_letters", sa.Column("notification_id", Id(255)))
    op.add_column("dead_letters", sa.Column("key", Id(64)))
    id_ = _LETTERS.c.id
    query = sa.select(_LETTERS).where(_LETTERS.c.message_id.is_not(None))
    for letter, region, message_id, _ in op.get_bind().execute(query).all():
        document = orjson.dumps((region, message_id))
        key = hashlib.blake2b(document, digest_size=16).hexdigest()
        op.execute(sa.update(_LETTERS).where(id_ == letter).values(key=key))
    op.create_index(
        "ix_dead_letters_key", "dead_letters", ["key"], unique=True
    )
