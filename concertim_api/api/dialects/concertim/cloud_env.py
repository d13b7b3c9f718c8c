"""``cloud_env``: how callers say who they are in the cloud.

Its auth_url only picks one of those that are configured: a password is sent
to no address that a caller has chosen.
"""

from __future__ import annotations

import dataclasses as dc
import urllib.parse
from collections.abc import Iterable, Mapping
from typing import Any

from concertim_api.api.dialects.concertim.documents import MissingRequiredArgs
from concertim_api.api.dialects.concertim.fields import CLOUD_ENV, Request
from concertim_api.api.errors import Unauthorized
from concertim_api.domain.errors import Invalid
from concertim_api.services.cloud.acting import Caller
from concertim_api.services.cloud.logins import Logins, Password

#: What makes a log-in beside auth_url and password; the first that is whole.
_SETS = (
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

#: Older names of the same.
_ALIASES: Mapping[str, str] = {
    "admin_user_id": "user_id",
    "admin_username": "username",
    "admin_user_password": "password",
    "admin_project_id": "project_id",
    "admin_project_name": "project_name",
}

#: Of the second version of Keystone's API, which no Keystone has any more.
_OLD = ("tenant_id", "tenant_name", "admin_tenant_id", "admin_tenant_name")

_PORTS = {"http": 80, "https": 443}


class AuthUrls:
    """The configured URLs of Keystone. Raises Invalid for what is none."""

    def __init__(self, urls: Iterable[str]) -> None:
        self._known: dict[str, str] = {}
        for url in urls:
            known = normal(url)
            if known is None:
                raise Invalid("[concertim_dialect] auth_urls", "not a URL")
            self._known.setdefault(known, _root(url))
        if not self._known:
            raise Invalid(
                "[concertim_dialect] auth_urls",
                "not set, and the cloud's own log-in has no auth_url",
            )

    def configured(self, asked: str) -> str:
        """Return the configured URL that is meant, without a version.

        Raises Unauthorized.
        """
        found = self._known.get(normal(asked) or "")
        if found is None:
            raise Unauthorized(
                f"{CLOUD_ENV}: its auth_url is none of those that are "
                "configured here ([concertim_dialect] auth_urls)."
            )
        return found


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
    """Return a URL without what may end it: slashes, and the version."""
    return url.strip().rstrip("/").removesuffix("/v3").rstrip("/")


def normal(url: str) -> str | None:
    """Return a form that is the same for URLs that mean the same.

    None for what is no URL of HTTP, or holds a user or a query.
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
    """Return the log-in that a ``cloud_env`` holds.

    No error tells a value of it. Raises MissingRequiredArgs, Unauthorized,
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
    given = _given(env)
    if not {"auth_url", "password"} <= set(given):
        raise _incomplete()
    for names in _SETS:
        if set(names) <= set(given):
            return Password(
                urls.configured(given["auth_url"]),
                {name: given[name] for name in names},
                given["password"],
            )
    raise _incomplete()


def _given(env: Mapping[str, Any]) -> dict[str, str]:
    """Return what is given, by its newer names."""
    found = {}
    for name, value in env.items():
        known = _ALIASES.get(name, name)
        if value in (None, ""):
            continue
        if known in _KNOWN and not isinstance(value, str):
            raise Invalid(f"{CLOUD_ENV}.{name}", "not a text")
        if known == name or known not in found:
            found[known] = value
    return found


_KNOWN = frozenset({"auth_url", "password", *(n for s in _SETS for n in s)})


def _incomplete() -> Unauthorized:
    sets = "; ".join(", ".join(names) for names in _SETS)
    return Unauthorized(
        f"{CLOUD_ENV}: needs auth_url and password, and one of: {sets}."
    )
