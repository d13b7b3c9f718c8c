"""What is left in a project: all of it that runs, as the ledger knows."""

from __future__ import annotations

import collections
import dataclasses as dc
from collections.abc import Sequence
from typing import Any

import orjson

from concertim_api.services.ports import Store
from concertim_api.services.rows import Filter, Listing, ResourceRow

#: kind -> what one and several are called, in the order in which they are
#: to be deleted: each holds what comes after it.
KINDS = {
    "stack": ("rack", "racks"),
    "instance": ("instance", "instances"),
    "backup": ("backup", "backups"),
    "snapshot": ("snapshot", "snapshots"),
    "volume": ("volume", "volumes"),
    "floating_ip": ("floating IP", "floating IPs"),
    "router": ("router", "routers"),
    "network": ("network", "networks"),
    "port": ("port", "ports"),
}

#: Nobody deletes more by hand to have a project deleted.
_MOST = 1000


@dc.dataclass(frozen=True, slots=True)
class Left:
    """Resources of a project that run, 1000 at most."""

    rows: Sequence[ResourceRow]

    @property
    def first(self) -> list[ResourceRow]:
        """Those that are to be deleted before the others can be."""
        for kind in KINDS:
            found = [row for row in self.rows if row.kind == kind]
            if found:
                return found
        return []

    @property
    def counts(self) -> dict[str, int]:
        """How many of each kind; a stack within a stack counts as a part of
        that one."""
        counted = collections.Counter(
            row.kind for row in self.rows if not parent_of(row)
        )
        return {kind: counted[kind] for kind in KINDS if counted[kind]}

    @property
    def told(self) -> str:
        """What is left, in words; "" if it is nothing."""
        return ", ".join(
            f"{count} {KINDS[kind][count != 1]}"
            for kind, count in self.counts.items()
        )


def left_in(store: Store, region: str, project_id: str) -> Left:
    """Return what is left in a project. 1 statement."""
    listing = Listing(
        filters=(
            Filter("region", "eq", region),
            Filter("project_id", "eq", project_id),
            Filter("kind", "in", tuple(KINDS)),
            Filter("running", "eq", True),
        ),
        limit=_MOST,
    )
    return Left(store.resources(listing).rows)


def parent_of(row: Any) -> str | None:
    """Return the id of the stack that made this one, if one did."""
    if row.kind != "stack":
        return None
    return orjson.loads(row.details).get("parent") or None
