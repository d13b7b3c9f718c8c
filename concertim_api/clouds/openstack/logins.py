"""Log-ins of callers by their passwords: ``services.cloud.logins.Logins``.

The answer of Keystone is remembered. It holds a token, and no password. The
key is a digest that means nothing outside this process.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson
from keystoneauth1 import exceptions as keystone
from keystoneauth1.access import AccessInfo, AccessInfoV3
from keystoneauth1.identity.v3 import Password as Plugin
from keystoneauth1.session import Session

from concertim_api.clouds.openstack.service import Remembered, short
from concertim_api.domain.errors import Unauthenticated, Unavailable
from concertim_api.services.cloud.logins import (
    IsUnchanged,
    Login,
    Password,
)
from concertim_api.services.common.ports import Clock

#: Locks. Two log-ins at the same time wait for one another by chance only.
_LOCKS = 32


#: By how much the clocks of our machines may differ.
_SKEW = timedelta(seconds=5)


class Answer(NamedTuple):
    """What Keystone answered, and when it was asked at the latest."""

    access: AccessInfo
    asked_at: datetime


#: The answers of Keystone, by the digest of a log-in.
Answers = Remembered[bytes, Answer]


class _CallerPlugin(Plugin):
    """The credentials of one request. Each log-in is remembered. When a
    service does not accept the token, it is forgotten."""

    def __init__(
        self, remembered: Answers, key: bytes, clock: Clock, **values: Any
    ) -> None:
        super().__init__(**values)
        self._remembered = remembered
        self._key = key
        self._clock = clock

    def get_auth_ref(self, session: Session) -> AccessInfoV3:
        now = self._clock.now()
        access = super().get_auth_ref(session)
        self._remembered.put(self._key, Answer(access, now))
        return access

    def invalidate(self) -> bool:
        self._remembered.drop(self._key)
        return super().invalidate()


class PasswordLogins:
    """``session`` has the TLS options and the deadline for Keystone."""

    def __init__(
        self,
        session: Session,
        remembered: Answers,
        clock: Clock,
        is_unchanged: IsUnchanged,
    ) -> None:
        self._session = session
        self._remembered = remembered
        self._clock = clock
        self._is_unchanged = is_unchanged
        self._salt = secrets.token_bytes(32)
        self._locks = [threading.Lock() for _ in range(_LOCKS)]

    def login(self, login: Password) -> Login:
        """See ``services.cloud.logins``."""
        key = self._key(login)
        plugin = self._plugin(key, login)
        if plugin.auth_ref is None:
            # A second request with this password waits for the first one.
            with self._locks[key[0] % _LOCKS]:
                plugin = self._plugin(key, login)
                self._access(plugin)
        access = self._access(plugin)
        return Login(
            user_id=str(access.user_id),
            user_name=access.username,
            project_id=access.project_id,
            credentials=plugin,
        )

    def _plugin(self, key: bytes, login: Password) -> _CallerPlugin:
        plugin = _CallerPlugin(
            self._remembered,
            key,
            self._clock,
            auth_url=f"{login.auth_url}/v3",
            password=login.password,
            **login.names,
        )
        plugin.auth_ref = self._access_of(key)
        return plugin

    def _access_of(self, key: bytes) -> AccessInfo | None:
        """Return what is remembered of a user who is still the same."""
        answer = self._remembered.get(key)
        if answer is None:
            return None
        user_id, since = str(answer.access.user_id), answer.asked_at - _SKEW
        return answer.access if self._is_unchanged(user_id, since) else None

    def _access(self, plugin: _CallerPlugin) -> AccessInfo:
        """Return what Keystone says of the user. Raises Unauthenticated,
        Unavailable."""
        try:
            return plugin.get_access(self._session)
        except (keystone.Unauthorized, keystone.AuthorizationFailure):
            raise Unauthenticated(
                "Keystone does not know this user, or not by this password, "
                "or not in this project"
            ) from None
        except keystone.BadRequest:
            raise Unauthenticated("Keystone can't read this log-in") from None
        except keystone.ClientException as exc:
            raise Unavailable("Keystone can't be asked", short(exc)) from None

    def _key(self, login: Password) -> bytes:
        parts = [login.auth_url, sorted(login.names.items()), login.password]
        return hashlib.blake2b(orjson.dumps(parts), key=self._salt).digest()
