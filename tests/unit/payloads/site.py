"""The recorded site, as its APIs list it and as its notifications told."""

from __future__ import annotations

import gzip
import json
import pathlib

from concertim_api.payloads import (
    cinder,
    glance,
    heat,
    keystone,
    neutron,
    nova,
)

DEMO = pathlib.Path(__file__).parents[3] / "demo"


def notifications():
    with gzip.open(DEMO / "site.jsonl.gz") as lines:
        for line in lines:
            yield json.loads(line)["message"]


def listings():
    with gzip.open(DEMO / "listings.json.gz") as file:
        return json.load(file)


def readers(listing):
    """Return (name in the listing, reader) of each kind."""
    flavors = {f["name"]: f["id"] for f in listing["flavors"]}
    types = {t["name"]: t["id"] for t in listing["volume_types"]}

    def server(data):
        return nova.server(data, lambda looks: flavors.get(looks["name"]))

    return {
        "project": ("projects", lambda data: keystone.project(data, None)),
        "user": ("users", keystone.user),
        "flavor": ("flavors", nova.flavor),
        "volume_type": ("volume_types", cinder.volume_type),
        "image": ("images", glance.image),
        "network": ("networks", neutron.network),
        "router": ("routers", neutron.router),
        "floating_ip": ("floatingips", neutron.floating_ip),
        "port": ("ports", neutron.port),
        "volume": ("volumes", lambda data: cinder.volume(data, types.get)),
        "snapshot": ("snapshots", cinder.snapshot),
        "instance": ("servers", server),
        "stack": ("stacks", heat.stack),
    }
