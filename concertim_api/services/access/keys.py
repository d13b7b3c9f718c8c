"""Named keys: a secret, with roles and perhaps an end."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from concertim_api.domain import errors
from concertim_api.services.access.ports import Key, KeyRing
from concertim_api.services.common.ports import Clock

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ROLE = re.compile(r"[A-Za-z0-9_-]{1,64}")

#: Longer than any secret. To hash more would help who wants to slow us down.
_LONGEST = 255

#: The beginning of each new secret. No command takes it for an option (a
#: base64url may begin with a dash), and scanners for leaked secrets find it.
_PREFIX = "concertim_"


class Keys:
    def __init__(self, keys: KeyRing, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    def create(
        self,
        name: str,
        roles: Sequence[str],
        project_id: str | None = None,
        expires_at: datetime | None = None,
    ) -> tuple[Key, str]:
        """Return a new key and the secret, which is not stored.

        Raises Conflict if there is a key with this name, and Invalid.
        """
        now = self._clock.now()
        _check(name, roles, project_id)
        if expires_at is not None and expires_at <= now:
            raise errors.Invalid("expires_at", "must be in the future")
        secret = _new_secret()
        key = Key(
            name, _digest(secret), tuple(roles), project_id, now, expires_at
        )
        self._keys.add(key)
        return key, secret

    def rotate(
        self, name: str, overlap: timedelta = timedelta()
    ) -> tuple[Key, str]:
        """Return a key with a new secret, and the secret.

        The present secret counts for the time of ``overlap``; one that was
        replaced before ends at once. Raises NotFound, and Conflict if the
        key has expired.
        """
        now, secret = self._clock.now(), _new_secret()
        until = now + overlap if overlap else None
        return self._keys.rotate(name, _digest(secret), now, until), secret

    def list(self) -> list[Key]:
        """Return all keys, by name."""
        return self._keys.keys()

    def revoke(self, name: str) -> None:
        """Revoke a key; it counts no more. Raises NotFound."""
        self._keys.revoke(name)

    def authenticate(self, secret: str) -> Key | None:
        """Return the key that a secret belongs to, unless it has ended.

        Nothing is cached: a revoked key is refused at once. 1 statement.
        """
        if not 0 < len(secret) <= _LONGEST:
            return None
        digest = _digest(secret)
        key = self._keys.key(digest)
        if key is None or not _counts(key, digest, self._clock.now()):
            return None
        return key


def _counts(key: Key, digest: str, now: datetime) -> bool:
    """Return whether a key counts, shown by the secret of a hash."""
    if key.expires_at is not None and key.expires_at <= now:
        return False
    if hmac.compare_digest(key.digest, digest):
        return True
    previous, until = key.previous_digest, key.previous_until
    if previous is None or until is None or until <= now:
        return False
    return hmac.compare_digest(previous, digest)


def _new_secret() -> str:
    return _PREFIX + secrets.token_urlsafe(32)


def _digest(secret: str) -> str:
    # A secret of 256 random bits needs no slow hash.
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _check(name: str, roles: Sequence[str], project_id: str | None) -> None:
    if not _NAME.fullmatch(name):
        raise errors.Invalid(
            "name", "letters, digits, dot, dash and underscore; at most 64"
        )
    if not roles:
        raise errors.Invalid("roles", "at least one role is needed")
    for role in roles:
        if not _ROLE.fullmatch(role):
            raise errors.Invalid("roles", f"{role!r} is not a role's name")
    if project_id is None and "admin" not in roles:
        raise errors.Invalid(
            "project_id", "needed for a key without the admin role"
        )
