"""Named keys: the row, and the port of the database; and the port of the
cache of tokens."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol


@dc.dataclass(frozen=True, slots=True)
class Key:
    """A named key of the ``key`` auth strategy. Only hashes are stored.

    ``previous_digest``: of the secret before the last rotation, which counts
    until ``previous_until``.
    """

    name: str
    digest: str
    roles: tuple[str, ...]
    project_id: str | None
    created_at: datetime
    expires_at: datetime | None = None
    previous_digest: str | None = None
    previous_until: datetime | None = None


class KeyRing(Protocol):
    """Named keys in the database."""

    def key(self, digest: str) -> Key | None:
        """Return the key with a hash, the previous one included, or None.

        1 statement.
        """

    def keys(self) -> list[Key]:
        """Return all keys, by name. 1 statement."""

    def add(self, key: Key) -> None:
        """Store a new key. 2 statements.

        Raises Conflict if there is a key with this name.
        """

    def rotate(
        self, name: str, digest: str, now: datetime, until: datetime | None
    ) -> Key:
        """Give a key another hash; return the key as it is then.

        ``until``: when the present hash ends; None: at once. A hash before
        the present one ends at once. 2 statements. Raises NotFound, and
        Conflict if the key has expired by ``now``.
        """

    def revoke(self, name: str) -> None:
        """Remove a key. 1 statement. Raises NotFound."""


class TokenCache(Protocol):
    """Where the API keeps what Keystone said of tokens."""

    def silent(self) -> Sequence[str]:
        """Return the servers that do not answer: none, if there are none.

        What it knows may be some seconds old. It waits half a second for
        each server at most.
        """
