"""Named keys: the row, and the port of the database."""

from __future__ import annotations

import dataclasses as dc
from datetime import datetime
from typing import Protocol


@dc.dataclass(frozen=True, slots=True)
class Key:
    """A named key of the ``key`` auth strategy. Only the hash is stored."""

    name: str
    digest: str
    roles: tuple[str, ...]
    project_id: str | None
    created_at: datetime
    expires_at: datetime | None = None


class KeyRing(Protocol):
    """Named keys in the database."""

    def key(self, digest: str) -> Key | None:
        """Return the key with a hash, or None. 1 statement."""

    def keys(self) -> list[Key]:
        """Return all keys, by name. 1 statement."""

    def add(self, key: Key) -> None:
        """Store a new key. 2 statements.

        Raises Conflict if there is a key with this name.
        """

    def revoke(self, name: str) -> None:
        """Remove a key. 1 statement. Raises NotFound."""
