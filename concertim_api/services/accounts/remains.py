"""What is left in a project: only the cloud can tell.

The ledger may not have heard of everything. It gives the order of deletions,
and names regions that can't be asked; that a project is empty, only its cloud
can say.
"""

from __future__ import annotations

import collections
import dataclasses as dc
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from concertim_api.domain.errors import (
    ConcertimError,
    NotConfigured,
    Unasked,
)
from concertim_api.domain.team_roles import TeamRoles
from concertim_api.services.cloud.acting import Remainder
from concertim_api.services.cloud.region import Region
from concertim_api.services.common.listing import Filter, Listing, equal
from concertim_api.services.ledger.ports import ResourceReader, ResourceRow

#: kind -> its name in the singular and the plural, in the order of deletion:
#: a resource of one kind may need those of the kinds after it.
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

#: What no purge deletes: others may use it, or it may hold what is kept.
KEPT = {
    "image": "images",
    "load_balancer": "load balancers",
    "share": "shares",
}

#: Resources and users that are read for one project at most.
_MOST = 1000


@dc.dataclass(frozen=True, slots=True)
class Remains:
    """Asks each of our regions, with the service's own credentials: others may
    not show everything."""

    ledger: ResourceReader
    clouds: Mapping[str, Region]

    def of(self, project_id: str) -> Sequence[Remainder]:
        """Return what is left in a project: the first of each kind in each
        region.

        The requests of ``RemainsActions.of`` for each region; 2 statements.
        Raises Unasked if a service or a region can't be asked.
        """
        if not self.clouds:
            raise NotConfigured("No cloud is configured: see [cloud].")
        self._check_regions(project_id)
        return [
            remainder
            for cloud in self.clouds.values()
            for remainder in cloud.actions().remains.of(project_id)
        ]

    def of_sole_user(
        self, user_id: str, region: str, team_roles: TeamRoles
    ) -> Sequence[Remainder]:
        """Return what is left in the projects in which only this user has
        one of these roles.

        Roles by a group and inherited ones count. Other users who are
        disabled in the ledger do not. 1 request; for each project of the user
        1, and 1 statement; what ``of`` costs for each project without another
        user. Raises as ``of``.
        """
        if region not in self.clouds:
            raise NotConfigured(f"Region {region} is not in [cloud].")
        identity = self.clouds[region].actions().identity
        try:
            projects = [
                project_id
                for project_id in identity.projects_of(user_id)
                if self._is_last(user_id, region, project_id, team_roles)
            ]
        except ConcertimError as exc:
            # A refusal is about our own user, not about the caller.
            raise Unasked(
                f"identity of {region}", str(exc), exc.detail
            ) from None
        return [r for project_id in projects for r in self.of(project_id)]

    def _is_last(
        self, user_id: str, region: str, project_id: str, roles: TeamRoles
    ) -> bool:
        """Whether a user has one of the roles in a project, and all others
        with one are disabled in the ledger."""
        identity = self.clouds[region].actions().identity
        names = identity.effective_roles_in(project_id)
        workers = {user for user in names if roles.mapped(names[user])}
        others = workers - {user_id}
        listing = Listing(
            filters=(
                *equal(region=region, kind="user"),
                Filter("id", "in", tuple(others)),
            ),
            limit=_MOST,
        )
        rows = self.ledger.resources(listing).rows if others else []
        disabled = {row.id for row in rows if _is_disabled(row)}
        return user_id in workers and others <= disabled

    def _check_regions(self, project_id: str) -> None:
        """Raise Unasked if a region can't be asked: the catalog has it, or
        the ledger has the project or something of it there."""
        for cloud in self.clouds.values():
            regions = cloud.actions().remains.other_regions()
            for region in sorted(regions.difference(self.clouds)):
                raise Unasked(
                    f"region {region}",
                    f"region {region} of the catalog is not in [cloud]",
                )
        elsewhere = Filter("region", "nin", tuple(self.clouds))
        for field in ("project_id", "id"):
            running = equal(running=True, **{field: project_id})
            listing = Listing(filters=(*running, elsewhere), limit=1)
            for row in self.ledger.resources(listing).rows:
                part = f"region {row.region}"
                raise Unasked(part, "it is not in [cloud]")


def _is_disabled(user: ResourceRow) -> bool:
    return orjson.loads(user.details).get("enabled") is False


def in_words(remainders: Iterable[Remainder]) -> str:
    """Return the remainders in words, with the first of each kind by name."""
    places: dict[str, list[str]] = collections.defaultdict(list)
    for remainder in remainders:
        plural = KEPT.get(remainder.kind) or KINDS[remainder.kind][1]
        text = f"{plural} ({remainder.name or remainder.id})"
        places[remainder.region].append(text)
    return "; ".join(
        f"{', '.join(texts)} in {region}" for region, texts in places.items()
    )


@dc.dataclass(frozen=True, slots=True)
class LedgerRemains:
    """Resources of a project that run, by the ledger; 1000 at most."""

    rows: Sequence[ResourceRow]

    @property
    def first(self) -> list[ResourceRow]:
        """The resources that are to be deleted first."""
        for kind in KINDS:
            rows = [row for row in self.rows if row.kind == kind]
            if rows:
                return rows
        return []

    @property
    def counts(self) -> dict[str, int]:
        """Numbers by kind. A stack within a stack does not count."""
        numbers = collections.Counter(
            row.kind for row in self.rows if not parent_of(row)
        )
        return {kind: numbers[kind] for kind in KINDS if numbers[kind]}

    @property
    def in_words(self) -> str:
        """The counts in words; "": there is nothing."""
        return ", ".join(
            f"{count} {KINDS[kind][count != 1]}"
            for kind, count in self.counts.items()
        )


def ledger_remains(
    ledger: ResourceReader, region: str, project_id: str
) -> LedgerRemains:
    """Return the resources of a project in the ledger. 1 statement.

    They give the order of deletions, and prove nothing: see ``Remains``.
    """
    listing = Listing(
        filters=(
            *equal(region=region, project_id=project_id, running=True),
            Filter("kind", "in", tuple(KINDS)),
        ),
        limit=_MOST,
    )
    return LedgerRemains(ledger.resources(listing).rows)


def parent_of(row: Any) -> str | None:
    """Return the id of the stack that a stack is part of; None: no part."""
    if row.kind != "stack":
        return None
    return orjson.loads(row.details).get("parent") or None
