"""Who is calling: one middleware for each auth strategy.

Each sets the headers that Keystone's middleware sets. Headers of these names
that a caller sends are removed.
"""

from __future__ import annotations

import dataclasses as dc
import ipaddress
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import webob
from keystoneauth1.exceptions import ClientException
from keystoneauth1.exceptions.http import Unauthorized
from keystonemiddleware import auth_token
from oslo_config import cfg
from webob.exc import HTTPNoContent, HTTPServiceUnavailable

from concertim_api.api import errors
from concertim_api.domain.errors import LoginRefused, Unavailable
from concertim_api.services.access.keys import Keys
from concertim_api.services.access.service_login import ServiceLogin

LOG = logging.getLogger(__name__)

#: What anybody may read. All else needs a token.
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


class Meter(Protocol):
    def login_refused(self) -> None:
        """Keystone refused our own login, while a token was to be checked."""


def build(
    application: WSGIApplication,
    conf: cfg.ConfigOpts,
    keys: Keys,
    login: ServiceLogin,
    meter: Meter | None = None,
) -> Any:
    """Return the application behind the configured auth strategy."""
    strategies: Mapping[str, Callable[[], Any]] = {
        "keystone": lambda: Identified(
            _TokenCheck(application, conf, login, meter)
        ),
        "key": lambda: KeyAuth(application, keys),
        "noauth": lambda: NoAuth(application),
    }
    strict = strategies[conf.api.auth_strategy]()
    return Anonymous(application, strict)


class _TokenCheck(auth_token.AuthProtocol):  # type: ignore[misc]
    """Keystone's middleware; it says so if it is we who are refused."""

    def __init__(
        self,
        application: WSGIApplication,
        conf: cfg.ConfigOpts,
        login: ServiceLogin,
        meter: Meter | None = None,
    ) -> None:
        # NOTE: the decision is never delayed, whatever the configuration
        # says: nothing behind it would make it. The access rules of
        # application credentials name the service type.
        super().__init__(
            application,
            {
                "oslo_config_config": conf,
                "delay_auth_decision": False,
                "service_type": errors.SERVICE_TYPE,
            },
        )
        self._login = login
        self._meter = meter
        self._user = getattr(conf.keystone_authtoken, "username", None)

    def fetch_token(self, token: str, **options: Any) -> Any:
        """Return what is known of a token. Raises LoginRefused, too."""
        try:
            return super().fetch_token(token, **options)
        except HTTPServiceUnavailable as exc:
            if not _is_refusal(exc):
                raise
        if self._meter is not None:
            self._meter.login_refused()
        if self._login.refuse():
            LOG.error(
                "Keystone refuses our own user %s, or its password "
                "([keystone_authtoken]): requests are answered 503 until it "
                "is corrected and the API is loaded anew",
                self._user,
            )
        raise LoginRefused(f"user {self._user} of [keystone_authtoken]")


def _is_refusal(exc: BaseException | None) -> bool:
    """Whether an error comes of an answer 401 to us, not to the caller."""
    while exc is not None and not isinstance(exc, Unauthorized):
        exc = exc.__context__
    return exc is not None


def check(conf: cfg.ConfigOpts, login: ServiceLogin) -> None:
    """Ask Keystone for a token that does not exist, as any request would.

    Raises LoginRefused, or Unavailable if Keystone does not answer.
    """
    request = webob.Request.blank("/", headers={"X-Auth-Token": "0" * 32})
    # It warns of each token that does not exist.
    logging.getLogger(auth_token.__name__).setLevel(logging.CRITICAL)
    try:
        answer = request.get_response(
            _TokenCheck(HTTPNoContent(), conf, login)
        )
    except ClientException as exc:
        raise Unavailable("Keystone can't be asked", str(exc)) from None
    if answer.status_int == 503:
        raise Unavailable("Keystone can't be asked: see the log")


def token_check(
    conf: cfg.ConfigOpts, login: ServiceLogin, meter: Meter | None = None
) -> Callable[[WSGIEnvironment], bool]:
    """Return what identifies the caller of a request by Keystone's token.

    It returns whether the token is good, and raises LoginRefused, or
    Unavailable if Keystone can't be asked.
    """
    middleware = _TokenCheck(HTTPNoContent(), conf, login, meter)

    def identify(environ: WSGIEnvironment) -> bool:
        try:
            answer = webob.Request(environ).get_response(middleware)
        except ClientException as exc:
            raise Unavailable("Keystone can't be asked", str(exc)) from None
        if answer.status_int == HTTPServiceUnavailable.code:
            raise Unavailable("Keystone can't be asked: see the log")
        return bool(answer.status_int == HTTPNoContent.code)

    return identify


def identify_by_key(environ: WSGIEnvironment, keys: Keys) -> bool:
    """Identify the caller of a request, whose X-Auth-Token is the secret of a
    key; return whether it is. 1 statement."""
    _strip(environ)
    key = keys.authenticate(environ.get("HTTP_X_AUTH_TOKEN", ""))
    if key is None:
        return False
    _identify(environ, key.name, key.project_id, key.roles)
    return True


class Identified:
    """Answers 503 while Keystone can't be asked.

    The middleware raises keystoneauth's errors where it is misconfigured, or
    where the catalog lacks an endpoint.
    """

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        try:
            return self._application(environ, start_response)
        except ClientException as exc:
            problem = errors.describe(
                Unavailable("Keystone can't be asked", str(exc))
            )
            return errors.answer(problem, environ, start_response)


@dc.dataclass(frozen=True, slots=True)
class Anonymous:
    """Lets the version documents be read without a token."""

    application: WSGIApplication
    strict: WSGIApplication

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        is_read = environ["REQUEST_METHOD"] in ("GET", "HEAD")
        if is_read and environ.get("PATH_INFO", "") in ANONYMOUS:
            _strip(environ)
            return self.application(environ, start_response)
        return self.strict(environ, start_response)


class KeyAuth:
    """Named keys: X-Auth-Token is the secret of one."""

    def __init__(self, application: WSGIApplication, keys: Keys) -> None:
        self._application = application
        self._keys = keys

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        if identify_by_key(environ, self._keys):
            return self._application(environ, start_response)
        return errors.answer(
            errors.describe(
                errors.Unauthorized("X-Auth-Token: not a key in force.")
            ),
            environ,
            start_response,
            [("WWW-Authenticate", 'Key realm="concertim"')],
        )


class NoAuth:
    """Callers on this machine are who they say; by default, the admin.

    A request is refused if it may be from elsewhere: it has another address,
    a proxy's headers, or the name of another host (a page in a browser may
    call us by the name of its site).
    """

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        reason = _from_elsewhere(environ)
        if reason:
            problem = errors.describe(
                errors.Forbidden(
                    f"auth_strategy noauth is for loopback: {reason}"
                )
            )
            return errors.answer(problem, environ, start_response)
        roles = environ.get("HTTP_X_ROLES", "admin").split(",")
        project_id = environ.get("HTTP_X_PROJECT_ID")
        user_id = environ.get("HTTP_X_USER_ID") or "noauth"
        _strip(environ)
        _identify(environ, user_id, project_id, [r.strip() for r in roles])
        return self._application(environ, start_response)


def _from_elsewhere(environ: Mapping[str, Any]) -> str | None:
    if any(name.startswith(_FORWARDED) for name in environ):
        return "the request was forwarded."
    if not is_loopback(environ.get("REMOTE_ADDR", "")):
        return "the request is from another address."
    host = environ.get("HTTP_HOST", "localhost")
    name = host.rpartition("]")[0].lstrip("[") or host.partition(":")[0]
    if name != "localhost" and not is_loopback(name):
        return "the request is for another host."
    return None


def is_loopback(address: str) -> bool:
    """Return whether an address is one of this machine's loopback."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _strip(environ: WSGIEnvironment) -> None:
    for name in [n for n in environ if n.startswith(_IDENTITY)]:
        del environ[name]


def _identify(
    environ: WSGIEnvironment,
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
