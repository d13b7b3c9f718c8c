"""Who is calling: one middleware for each auth strategy.

All tell in the same way, by the headers that Keystone's middleware sets.
What a caller sends under those names is not believed.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from keystoneauth1.exceptions import ClientException
from keystonemiddleware import auth_token
from oslo_config import cfg

from concertim_api.api import errors
from concertim_api.domain.errors import Unavailable
from concertim_api.services.access.keys import Keys

Environ = dict[str, Any]
Start = Callable[..., Any]

#: What anybody may read; nothing else is without a token.
ANONYMOUS = frozenset({"", "/", "/v1", "/v1/"})

#: Each role implies the next, as in Keystone.
_PERSONAS = ("admin", "manager", "member", "reader")

_IDENTITY = (
    "HTTP_X_IDENTITY_STATUS",
    "HTTP_X_SERVICE_IDENTITY_STATUS",
    "HTTP_X_DOMAIN",
    "HTTP_X_PROJECT",
    "HTTP_X_USER",
    "HTTP_X_ROLE",
    "HTTP_X_SERVICE_",
    "HTTP_X_TENANT",
    "HTTP_X_SYSTEM",
    "HTTP_X_IS_ADMIN",
    "HTTP_OPENSTACK_SYSTEM_SCOPE",
)

_FORWARDED = (
    "HTTP_FORWARDED",
    "HTTP_VIA",
    "HTTP_X_FORWARDED",
    "HTTP_X_REAL_IP",
    "HTTP_X_CLIENT_IP",
)


def build(application: Any, conf: cfg.ConfigOpts, keys: Keys) -> Any:
    """Return the application behind the configured auth strategy."""
    strategies: Mapping[str, Callable[[], Any]] = {
        "keystone": lambda: _keystone(application, conf),
        "key": lambda: KeyAuth(application, keys),
        "noauth": lambda: NoAuth(application),
    }
    strict = strategies[conf.api.auth_strategy]()
    return Anonymous(application, strict)


def _keystone(application: Any, conf: cfg.ConfigOpts) -> Any:
    # NOTE: never delayed, whatever the configuration says: nobody behind it
    # would make the decision. The service type is what the access rules of
    # application credentials name.
    return Identified(
        auth_token.AuthProtocol(
            application,
            {
                "oslo_config_config": conf,
                "delay_auth_decision": False,
                "service_type": errors.SERVICE_TYPE,
            },
        )
    )


class Identified:
    """Tells callers when Keystone can't be asked: it is not their fault.

    The middleware raises what keystoneauth does where it is misconfigured,
    or where the catalog lacks an endpoint.
    """

    def __init__(self, application: Any) -> None:
        self._application = application

    def __call__(
        self, environ: Environ, start_response: Start
    ) -> Iterable[bytes]:
        try:
            found: Iterable[bytes] = self._application(environ, start_response)
        except ClientException as exc:
            problem = errors.describe(
                Unavailable("Keystone can't be asked", str(exc))
            )
            return errors.answer(problem, environ, start_response)
        return found


class Anonymous:
    """Lets the version documents be read without a token."""

    def __init__(self, application: Any, strict: Any) -> None:
        self._application = application
        self._strict = strict

    def __call__(
        self, environ: Environ, start_response: Start
    ) -> Iterable[bytes]:
        found: Iterable[bytes]
        if environ.get("PATH_INFO", "") in ANONYMOUS and environ[
            "REQUEST_METHOD"
        ] in ("GET", "HEAD"):
            _strip(environ)
            found = self._application(environ, start_response)
        else:
            found = self._strict(environ, start_response)
        return found


class KeyAuth:
    """Named keys: X-Auth-Token is the secret of one."""

    def __init__(self, application: Any, keys: Keys) -> None:
        self._application = application
        self._keys = keys

    def __call__(
        self, environ: Environ, start_response: Start
    ) -> Iterable[bytes]:
        _strip(environ)
        key = self._keys.authenticate(environ.get("HTTP_X_AUTH_TOKEN", ""))
        if key is None:
            return errors.answer(
                errors.describe(
                    errors.Unauthorized("X-Auth-Token: not a key in force.")
                ),
                environ,
                start_response,
                [("WWW-Authenticate", 'Key realm="concertim"')],
            )
        _identify(environ, key.name, key.project_id, key.roles)
        found: Iterable[bytes] = self._application(environ, start_response)
        return found


class NoAuth:
    """Everybody on this machine is who they say; by default, the admin.

    Anything that looks as if it came from elsewhere is refused: another
    address, a proxy's headers, or the name of another host (a page in a
    browser may be made to call us by its own site's name).
    """

    def __init__(self, application: Any) -> None:
        self._application = application

    def __call__(
        self, environ: Environ, start_response: Start
    ) -> Iterable[bytes]:
        why = _from_elsewhere(environ)
        if why:
            problem = errors.describe(
                errors.Forbidden(
                    f"auth_strategy noauth is for loopback: {why}"
                )
            )
            return errors.answer(problem, environ, start_response)
        roles = environ.get("HTTP_X_ROLES", "admin").split(",")
        project_id = environ.get("HTTP_X_PROJECT_ID")
        user_id = environ.get("HTTP_X_USER_ID") or "noauth"
        _strip(environ)
        _identify(environ, user_id, project_id, [r.strip() for r in roles])
        found: Iterable[bytes] = self._application(environ, start_response)
        return found


def _from_elsewhere(environ: Mapping[str, Any]) -> str | None:
    if any(name.startswith(_FORWARDED) for name in environ):
        return "the request was forwarded."
    if not _is_loopback(environ.get("REMOTE_ADDR", "")):
        return "the request is from another address."
    host = environ.get("HTTP_HOST", "localhost")
    name = host.rpartition("]")[0].lstrip("[") or host.partition(":")[0]
    if name != "localhost" and not _is_loopback(name):
        return "the request is for another host."
    return None


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _strip(environ: Environ) -> None:
    for name in [n for n in environ if n.startswith(_IDENTITY)]:
        del environ[name]


def _identify(
    environ: Environ,
    user_id: str,
    project_id: str | None,
    roles: Sequence[str],
) -> None:
    environ["HTTP_X_IDENTITY_STATUS"] = "Confirmed"
    environ["HTTP_X_USER_ID"] = environ["HTTP_X_USER_NAME"] = user_id
    environ["HTTP_X_ROLES"] = ",".join(_implied(roles))
    if project_id:
        environ["HTTP_X_PROJECT_ID"] = project_id


def _implied(roles: Sequence[str]) -> list[str]:
    """Return the roles with those that they imply."""
    highest = min(
        (_PERSONAS.index(role) for role in roles if role in _PERSONAS),
        default=len(_PERSONAS),
    )
    return [*dict.fromkeys([*roles, *_PERSONAS[highest:]])]
