"""The plugin of the openstack command.

Each ``openstack`` command imports this module: it imports little itself.
"""

from __future__ import annotations

import argparse
import os
import re
from typing import Any

API_NAME = "concertim"
API_VERSION_OPTION = "os_concertim_api_version"
DEFAULT_API_VERSION = "1.0"


def check_api_version(version: str) -> bool:
    """Return True for a version of the API that this client can use."""
    if not re.fullmatch(r"1(\.\d+)?", version):
        raise ValueError(
            f"concertim API version {version}: only 1 and 1.N are known"
        )
    return True


def make_client(instance: Any) -> Any:
    """Return the client for the caller of this command."""
    from concertim_api.client import Client

    instance.setup_auth()
    version = instance._api_version[API_NAME]
    configuration = instance.get_configuration()
    return Client(
        instance.session,
        interface=instance.interface,
        region_name=instance.region_name,
        endpoint_override=configuration.get("concertim_endpoint_override"),
        microversion=version if "." in version else f"{version}.0",
    )


def build_option_parser(
    parser: argparse.ArgumentParser,
) -> argparse.ArgumentParser:
    """Add the options of all commands."""
    parser.add_argument(
        "--os-concertim-api-version",
        metavar="<concertim-api-version>",
        default=os.environ.get("OS_CONCERTIM_API_VERSION"),
        help=f"Version of the concertim API, default {DEFAULT_API_VERSION} "
        "(Env: OS_CONCERTIM_API_VERSION)",
    )
    return parser
