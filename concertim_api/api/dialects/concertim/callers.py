"""Who calls: the token of a request, and the log-in that it has.

A token (JWT) is signed with a configured secret. A log-in, ``cloud_env``, is
one in the cloud. Its auth_url must be a configured one: a password is sent to
no address that a caller has chosen.
"""

from __future__ import annotations

import dataclasses as dc
import logging
import time
import urllib.parse
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from wsgiref.types import WSGIEnvironment

import jwt

from concertim_api.api.dialects.concertim.documents import (
    CLOUD_ENV,
    MissingRequiredArgs,
    Request,
)
from concertim_api.api.dialects.dialect import note_secret
from concertim_api.api.errors import Unauthorized
from concertim_api.domain.errors import Invalid
from concertim_api.services.cloud.acting import Caller
from concertim_api.services.cloud.logins import Logins, Password

LOG = logging.getLogger(__name__)

_OPTION = "[concertim_dialect] jwt_secrets"

#: Bytes of a secret: fewer are refused; fewer than enough give a warning.
_LEAST, _ENOUGH = 16, 32

#: Characters of a token at most.
_LONGEST = 8192

#: The callers' tokens have exp, perhaps iat and jti, and nothing else.
_OPTIONS: Any = {
    "require": ["exp"],
    "verify_aud": False,
    "verify_iss": False,
    "verify_sub": False,
    "verify_jti": False,
}

#: What a log-in has beside auth_url and password. The first that is there
#: counts.
_LOGINS = (
    ("user_id", "project_id"),
    ("username", "user_domain_name", "project_id"),
    (
        "username",
        "user_domain_name",
        "project_name",
        "project_domain_name",
    ),
    ("user_id", "project_name", "project_domain_name"),
)

#: Older names of fields -> the newer ones.
_ALIASES: Mapping[str, str] = {
    "admin_user_id": "user_id",
    "admin_username": "username",
    "admin_user_password": "password",
    "admin_project_id": "project_id",
    "admin_project_name": "project_name",
}

#: Fields of version 2 of Keystone's API, which no Keystone has any more.
_OLD = ("tenant_id", "tenant_name", "admin_tenant_id", "admin_tenant_name")

_PORTS = {"http": 80, "https": 443}


class Tokens:
    """Checks tokens. ``max_lifetime`` and ``leeway`` are in seconds.

    Raises Invalid, naming the option, without a secret, and for a secret
    that is too short.
    """

    def __init__(
        self,
        secrets: Sequence[str],
        max_lifetime: int,
        leeway: int,
        now: Callable[[], float] = time.time,
    ) -> None:
        if not secrets:
            raise Invalid(_OPTION, "not set; this dialect needs a secret")
        for secret in secrets:
            _check_secret(secret)
        self._secrets = tuple(secrets)
        self._max_lifetime = max_lifetime
        self._leeway = leeway
        self._now = now

    def check_request(self, environ: WSGIEnvironment) -> None:
        """Raise Unauthorized unless a request has a valid token.

        No answer will hold the token.
        """
        header = environ.get("HTTP_AUTHORIZATION", "")
        note_secret(environ, header.rpartition(" ")[2])
        self.check(header)

    def check(self, authorization: str) -> None:
        """Raise Unauthorized unless the header has a valid token."""
        scheme, _, token = authorization.strip().partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            raise Unauthorized("Authorization: Bearer and a token are needed.")
        if len(token) > _LONGEST:
            raise Unauthorized("Authorization: this is not a token.")
        claims = self._claims(token)
        latest = self._now() + self._max_lifetime + self._leeway
        if int(claims["exp"]) > latest:  # it may have hundreds of digits
            raise Unauthorized(
                "Authorization: the token lives longer than "
                f"{self._max_lifetime} s."
            )

    def _claims(self, token: str) -> Mapping[str, Any]:
        """Return the claims of a token. Raises Unauthorized."""
        reason = "is not signed with a secret that is known here"
        for secret in self._secrets:
            try:
                return jwt.decode(
                    token,
                    secret.encode(),
                    algorithms=["HS256"],
                    leeway=self._leeway,
                    options=_OPTIONS,
                )
            except jwt.InvalidSignatureError:
                continue
            except jwt.ExpiredSignatureError:
                reason = "has expired"
            except jwt.MissingRequiredClaimError:
                reason = "has no exp"
            except jwt.ImmatureSignatureError:
                reason = "is of the future"
            except (jwt.PyJWTError, ValueError, TypeError, ArithmeticError):
                # The text of the error may have a part of the token.
                reason = "is no JWT by HS256"
            break
        raise Unauthorized(f"Authorization: the token {reason}.")


def _check_secret(secret: str) -> None:
    length = len(secret.encode())
    if length < _LEAST:
        raise Invalid(_OPTION, f"a secret has fewer than {_LEAST} bytes")
    try:
        jwt.encode({}, secret.encode(), algorithm="HS256")
    except jwt.PyJWTError:
        raise Invalid(_OPTION, "a secret is none for HS256") from None
    if length < _ENOUGH:
        LOG.warning(
            "%s: a secret has fewer than %d bytes: it may be guessed",
            _OPTION,
            _ENOUGH,
        )


class AuthUrls:
    """The configured URLs of Keystone. Raises Invalid if one is not a URL."""

    def __init__(self, urls: Iterable[str]) -> None:
        self._urls: dict[str, str] = {}
        for url in urls:
            form = normal(url)
            if form is None:
                raise Invalid("[concertim_dialect] auth_urls", "not a URL")
            self._urls.setdefault(form, _root(url))
        if not self._urls:
            raise Invalid(
                "[concertim_dialect] auth_urls",
                "not set, and the cloud's own log-in has no auth_url",
            )

    def configured(self, auth_url: str) -> str:
        """Return the configured URL for one that a caller sent, unversioned.

        Raises Unauthorized.
        """
        url = self._urls.get(normal(auth_url) or "")
        if url is None:
            raise Unauthorized(
                f"{CLOUD_ENV}: its auth_url is none of those that are "
                "configured here ([concertim_dialect] auth_urls)."
            )
        return url


@dc.dataclass(frozen=True, slots=True)
class Login:
    """Logs callers in by the ``cloud_env`` of a request."""

    logins: Logins
    urls: AuthUrls

    def __call__(self, request: Request) -> Caller:
        """Return who calls. At most one request to Keystone."""
        env = request.fields.value(CLOUD_ENV)
        user = self.logins.login(password(env, self.urls))
        return Caller(
            user_id=user.user_id,
            user_name=user.user_name,
            project_id=user.project_id,
            request_id=request.request_id,
            credentials=user.credentials,
        )


def _root(url: str) -> str:
    """Return a URL without slashes and version at the end."""
    return url.strip().rstrip("/").removesuffix("/v3").rstrip("/")


def normal(url: str) -> str | None:
    """Return the same form for URLs with the same meaning.

    None if it is not a URL of HTTP, or has a user or a query.
    """
    try:
        parts = urllib.parse.urlsplit(_root(url))
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    if not parts.hostname or parts.username is not None:
        return None
    if "?" in url or "#" in url:
        return None
    return f"{parts.scheme}://{parts.hostname}:{port}{parts.path}"


def password(env: Any, urls: AuthUrls) -> Password:
    """Return the log-in in a ``cloud_env``.

    No error has a value of it. Raises MissingRequiredArgs, Unauthorized,
    Invalid.
    """
    if not isinstance(env, dict):
        raise MissingRequiredArgs([CLOUD_ENV])
    for name in _OLD:
        if env.get(name):
            raise Invalid(
                f"{CLOUD_ENV}.{name}",
                "of the second version of Keystone's API; give a project",
            )
    login = _fields(env)
    if not {"auth_url", "password"} <= set(login):
        raise _incomplete()
    for names in _LOGINS:
        if set(names) <= set(login):
            return Password(
                urls.configured(login["auth_url"]),
                {name: login[name] for name in names},
                login["password"],
            )
    raise _incomplete()


def _fields(env: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields that have a value, by their newer names."""
    fields = {}
    for name, value in env.items():
        field = _ALIASES.get(name, name)
        if value in (None, ""):
            continue
        if field in _FIELDS and not isinstance(value, str):
            raise Invalid(f"{CLOUD_ENV}.{name}", "not a text")
        if field == name or field not in fields:
            fields[field] = value
    return fields


_FIELDS = frozenset({"auth_url", "password", *(n for s in _LOGINS for n in s)})


def _incomplete() -> Unauthorized:
    sets = "; ".join(", ".join(names) for names in _LOGINS)
    return Unauthorized(
        f"{CLOUD_ENV}: needs auth_url and password, and one of: {sets}."
    )
