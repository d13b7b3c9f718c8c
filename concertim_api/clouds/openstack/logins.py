"""Logging callers in by their passwords: ``services.cloud.logins.Logins``.

What is remembered is what Keystone answered, which holds a token and no
password, under a digest that means nothing outside this process.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any

import orjson
from cachetools import TTLCache
from keystoneauth1 import exceptions as keystone
from keystoneauth1.access import AccessInfo, AccessInfoV3
from keystoneauth1.identity.v3 import Password as Plugin
from keystoneauth1.session import Session

from concertim_api.clouds.openstack.service import short
from concertim_api.domain.errors import Unauthenticated, Unavailable
from concertim_api.services.cloud.logins import LoggedIn, Password

#: Log-ins that are remembered at once.
_MOST = 1000

#: So many callers are logged in at the same time, if they are others.
_DOORS = 32


class Remembered:
    """What Keystone answered, for ``seconds``; what nobody asked for longest
    is forgotten when there is too much."""

    def __init__(
        self,
        seconds: float,
        most: int = _MOST,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lock = threading.Lock()
        self._answers: TTLCache[bytes, AccessInfo]
        self._answers = TTLCache(most, seconds, now)

    def get(self, key: bytes) -> AccessInfo | None:
        with self._lock:
            self._answers.expire()  # of what is old, nothing stays
            return self._answers.get(key)

    def put(self, key: bytes, access: AccessInfo) -> None:
        with self._lock:
            self._answers[key] = access
            self._answers.expire()  # all of it, if nothing is remembered

    def drop(self, key: bytes) -> None:
        with self._lock:
            self._answers.pop(key, None)


class _Lent(Plugin):
    """The credentials of one request. Whenever they log in, that is
    remembered; when a service does not take the token, it is forgotten."""

    def __init__(
        self, remembered: Remembered, key: bytes, **values: Any
    ) -> None:
        super().__init__(**values)
        self._remembered = remembered
        self._key = key
        self.auth_ref = remembered.get(key)

    def get_auth_ref(self, session: Session) -> AccessInfoV3:
        access = super().get_auth_ref(session)
        self._remembered.put(self._key, access)
        return access

    def invalidate(self) -> bool:
        self._remembered.drop(self._key)
        return super().invalidate()


class PasswordLogins:
    """``session`` says how TLS is done, and how long Keystone may take."""

    def __init__(self, session: Session, remembered: Remembered) -> None:
        self._session = session
        self._remembered = remembered
        self._salt = secrets.token_bytes(32)
        self._doors = [threading.Lock() for _ in range(_DOORS)]

    def login(self, given: Password) -> LoggedIn:
        """See ``services.cloud.logins``."""
        key = self._key(given)
        plugin = self._lent(key, given)
        if plugin.auth_ref is None:
            # Who comes again while Keystone looks at the password, waits.
            with self._doors[key[0] % _DOORS]:
                plugin = self._lent(key, given)
                access = self._entered(plugin)
        else:
            access = self._entered(plugin)
        return LoggedIn(
            user_id=str(access.user_id),
            user_name=access.username,
            project_id=access.project_id,
            credentials=plugin,
        )

    def _lent(self, key: bytes, given: Password) -> _Lent:
        return _Lent(
            self._remembered,
            key,
            auth_url=f"{given.auth_url}/v3",
            password=given.password,
            **given.names,
        )

    def _entered(self, plugin: _Lent) -> AccessInfo:
        """Return what Keystone says of who that is."""
        try:
            return plugin.get_access(self._session)
        except (keystone.Unauthorized, keystone.AuthorizationFailure):
            raise Unauthenticated(
                "Keystone does not know this user, or not by this password, "
                "or not in this project"
            ) from None
        except keystone.HttpError as exc:
            if exc.http_status == 400:
                raise Unauthenticated(
                    "Keystone can't read this log-in"
                ) from None
            raise _away(exc) from None
        except keystone.ClientException as exc:
            raise _away(exc) from None

    def _key(self, given: Password) -> bytes:
        told = [given.auth_url, sorted(given.names.items()), given.password]
        return hashlib.blake2b(orjson.dumps(told), key=self._salt).digest()


def _away(exc: Exception) -> Unavailable:
    return Unavailable("Keystone can't be asked", short(exc))
