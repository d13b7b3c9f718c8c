"""Magnum and Sahara: clusters that a stack has, but does not list.

A cluster of Magnum has a separate stack, which Heat takes for a root. Only
Sahara tells the servers of a cluster of Sahara.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from concertim_api.clouds.base import readable
from concertim_api.clouds.openstack.collection import (
    Collection,
    CollectionReader,
    quoted,
)
from concertim_api.domain.errors import Unavailable
from concertim_api.payloads import heat
from concertim_api.services.cloud.reading import NotListed

_MAGNUM = Collection("cluster", "/clusters")


class Clusters:
    def __init__(
        self, magnum: CollectionReader, sahara: CollectionReader
    ) -> None:
        self._magnum = magnum
        self._sahara = sahara

    def stacks(self) -> dict[str, str]:
        """Return the stack of each cluster of Magnum.

        One request a page. No request if there is no Magnum. Raises
        Unavailable.
        """
        if not self._magnum.service.exists():
            return {}
        return {
            str(item["uuid"]): str(item["stack_id"])
            for page in self._magnum.pages(_MAGNUM)
            for item in page.items
            if isinstance(item, Mapping)
            and item.get("uuid")
            and item.get("stack_id")
        }

    def servers(self, cluster_id: str) -> list[dict[str, Any]]:
        """Return the servers of a cluster of Sahara, as a stack's members.

        One request. Raises Unavailable, also if there is no Sahara.
        """
        path = f"/clusters/{quoted(cluster_id)}"
        try:
            body = self._sahara.service.get(path).body
        except NotListed as exc:
            raise Unavailable(str(exc)) from None
        with readable(f"cluster {cluster_id} of Sahara"):
            return [
                {
                    "kind": "instance",
                    "id": str(instance["instance_id"]),
                    "name": str(instance.get("instance_name") or ""),
                    "type": heat.SAHARA,
                }
                for group in body["cluster"]["node_groups"]
                for instance in group.get("instances") or ()
                if instance.get("instance_id")
            ]
