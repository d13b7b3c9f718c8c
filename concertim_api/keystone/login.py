"""The log-in of the openstack command: clouds.yaml, or OS_* variables."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from keystoneauth1 import exceptions as keystone
from openstack import exceptions as sdk
from openstack.config.cloud_region import CloudRegion
from openstack.config.loader import OpenStackConfig
from openstack.connection import Connection

from concertim_api.domain.errors import ConcertimError, Invalid, Unavailable
from concertim_api.http.session import KeystoneSession

#: The options of the log-in, as the operator knows them.
_LOGIN_OPTIONS = "--os-cloud or OS_*"


class KeystoneRefused(ConcertimError):
    """Keystone does not let this caller do it."""


def connect(name: str | None) -> Connection:
    """Return a connection to Keystone, logged in.

    Raises Invalid if there is no such cloud, or no log-in at all.
    """
    with keystone_errors():
        connection = Connection(config=_region(name))
        connection.session.get_token()
    return connection


def _region(name: str | None) -> CloudRegion:
    config = OpenStackConfig(session_constructor=KeystoneSession)
    try:
        region = config.get_one(cloud=name)
    except (sdk.SDKException, keystone.ClientException) as exc:
        raise Invalid(_LOGIN_OPTIONS, _short(exc)) from None
    if not region.config.get("auth"):
        raise Invalid(
            _LOGIN_OPTIONS,
            "there is no log-in; name a cloud of clouds.yaml, or set what "
            "the openstack command needs",
        )
    return region


@contextlib.contextmanager
def keystone_errors() -> Iterator[None]:
    """Raise the errors of Keystone, and of the way to it, as ours."""
    try:
        yield
    except keystone.Unauthorized:
        raise KeystoneRefused(
            "Keystone does not know this user, or not by this password"
        ) from None
    except (sdk.ForbiddenException, keystone.Forbidden):
        raise KeystoneRefused(
            "Keystone does not allow this for this user: it takes the role "
            "admin"
        ) from None
    except (sdk.SDKException, keystone.ClientException) as exc:
        raise Unavailable(f"Keystone: {_short(exc)}") from None


def _short(exc: Exception) -> str:
    return " ".join(str(exc).split())[:300]


def address(connection: Connection) -> str:
    """Return the URL that this connection logged in at."""
    auth: Any = connection.config.config["auth"]
    return str(auth["auth_url"])
