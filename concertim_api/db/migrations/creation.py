"""How migrations create tables. Released ones use it: it does not change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

_OPTIONS: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
}


def create_table(
    name: str,
    *parts: sa.schema.SchemaItem,
    indexes: Iterable[Sequence[str]] = (),
) -> None:
    """Create a table of these parts, and its indexes, each by its columns."""
    op.create_table(name, *parts, **_OPTIONS)
    for columns in indexes:
        op.create_index(f"ix_{name}_{'_'.join(columns)}", name, [*columns])
