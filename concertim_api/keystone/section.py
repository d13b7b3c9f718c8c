"""The sections with the login of our user: [keystone_authtoken], by which it
checks tokens, and [cloud], by which it lists and acts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from keystoneauth1.exceptions import EndpointNotFound
from openstack.connection import Connection

from concertim_api.keystone.login import address, keystone_errors
from concertim_api.keystone.plan import Account

#: A request waits so long for a Keystone that hangs, and a thread of the API
#: waits with it. Without the first option it waits for ever. A request is
#: repeated once: a connection that was kept open may be closed by now.
PATIENCE = {"http_connect_timeout": 5, "http_request_max_retries": 1}


def authtoken_section(
    connection: Connection, account: Account, password: str | None
) -> str:
    """Return [keystone_authtoken], with the addresses of the catalog."""
    catalog, region = _catalog(connection), connection.config.region_name
    public = _url(catalog, "public", region)
    internal = _url(catalog, "internal", region)
    options = {
        "www_authenticate_uri": public or address(connection),
        "auth_url": internal or address(connection),
        # Tokens are checked at this endpoint. The default is internal.
        **({} if internal else {"interface": "public"}),
        **({"region_name": region} if region else {}),
        **dict(_tls(connection)),
        **PATIENCE,
        **_login(account),
    }
    return _section("keystone_authtoken", options, password)


def cloud_section(
    connection: Connection, account: Account, password: str | None
) -> str:
    """Return [cloud], with the address of the catalog."""
    region = connection.config.region_name
    internal = _url(_catalog(connection), "internal", region)
    options = {
        "auth_url": internal or address(connection),
        **({"regions": region} if region else {}),
        **dict(_tls(connection)),
        **_login(account),
    }
    return _section("cloud", options, password)


def _section(
    name: str, options: Mapping[str, Any], password: str | None
) -> str:
    lines = [f"{option} = {value}" for option, value in options.items()]
    if password is None:
        lines.append("# password: as given to Keystone; it is not shown here")
    else:
        # In oslo.config, $ begins the name of an option.
        lines.append(f"password = {password.replace('$', '$$')}")
    return "\n".join([f"[{name}]", *lines])


def _catalog(connection: Connection) -> Any:
    auth: Any = connection.session.auth
    with keystone_errors():
        return auth.get_access(connection.session).service_catalog


def _login(account: Account) -> Mapping[str, str]:
    return {
        "auth_type": "password",
        "username": account.user,
        "user_domain_name": account.user_domain,
        "project_name": account.project,
        "project_domain_name": account.project_domain,
    }


def _url(catalog: Any, interface: str, region: str | None) -> str | None:
    try:
        return str(
            catalog.url_for(
                service_type="identity",
                interface=interface,
                region_name=region or None,
            )
        )
    except EndpointNotFound:
        return None


def _tls(connection: Connection) -> Iterator[tuple[str, Any]]:
    verify = connection.session.verify
    if verify is False:
        yield "insecure", "true"
    elif isinstance(verify, str):
        yield "cafile", verify
