"""The front end of the quick start: whose teams it has, and what it shows.

Called as ``front_end.py teams FILE`` and ``front_end.py racks URL``.
"""

from __future__ import annotations

import collections
import gzip
import json
import sys

import requests
from rich.console import Console
from rich.table import Table

_LOGIN = {"user": {"login": "admin", "password": "admin"}}


def teams(path: str) -> None:
    """Print the projects of the recording that are shown, as NAME=ID."""
    with gzip.open(path, "rt") as file:
        for line in file:
            message = json.loads(line)["message"]
            payload = message["payload"]
            name = payload["details"].get("name", "")
            is_project = message["event_type"].endswith(".project")
            if is_project and name.startswith("CM_"):
                print(f"{name}={payload['id']}")


def racks(url: str) -> None:
    """Ask a front end for its racks, as its own pages do, and print them."""
    session = requests.Session()
    answer = session.post(f"{url}/users/sign_in.json", json=_LOGIN, timeout=10)
    session.headers["Authorization"] = answer.headers["Authorization"]
    devices = collections.Counter(
        (device["location"]["rack_id"], device["type"])
        for device in _list(session, url, "devices")
    )
    table = Table("rack", "team", "status", "height", "servers", "volumes")
    for rack in sorted(_list(session, url, "racks"), key=lambda r: r["name"]):
        table.add_row(
            rack["name"],
            rack["owner"]["name"],
            rack["status"],
            f"{rack['u_height']} U",
            str(devices[rack["id"], "Instance"]),
            str(devices[rack["id"], "Volume"]),
        )
    Console().print(table)


def _list(session: requests.Session, url: str, noun: str) -> list[dict]:
    answer = session.get(f"{url}/api/v1/{noun}", timeout=10)
    answer.raise_for_status()
    return answer.json()


if __name__ == "__main__":
    {"teams": teams, "racks": racks}[sys.argv[1]](sys.argv[2])
