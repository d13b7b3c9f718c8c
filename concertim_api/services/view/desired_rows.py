"""The rows that the view should have, to be compared with the stored ones."""

from __future__ import annotations

import collections
import contextlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view import project as view
from concertim_api.domain.view.model import (
    Fact,
    ProjectedRack,
    RackContext,
    Rules,
)
from concertim_api.domain.view.slots import RackSlots
from concertim_api.services.view.parts import RackBatch, RackParts
from concertim_api.services.view.ports import (
    Resource,
    RowContent,
    StoredRow,
    StoredSlot,
)
from concertim_api.services.view.rows import to_row

LOG = logging.getLogger(__name__)

#: The names of a project's racks, each with the pk of its rack.
RackNames = dict[str, int]


class DesiredRows:
    """The rows that the view should have, and the slots that are new.

    A thing that can't be shown is logged, and its row stays as it is.
    ``gone``: the pks of things that should have no row.
    """

    def __init__(self, rules: Rules, now: datetime) -> None:
        self._rules = rules
        self._now = now
        self._rows: dict[int, tuple[int | None, RowContent]] = {}
        self.gone: set[int] = set()
        self.slots: list[StoredSlot] = []
        self.failed = 0

    @property
    def pks(self) -> set[int]:
        """The pks of all rows."""
        return set(self._rows)

    def add_noun(self, resource: Resource) -> None:
        """Add a template, team or user; nothing for other kinds."""
        project = _NOUNS.get(resource.fact.ref.kind)
        if project is None:
            return
        with self._skipped_if_broken(resource.fact.ref):
            fact = resource.fact
            content = project(fact, self._rules) if resource.runs else None
            if content is None:
                self.gone.add(resource.pk)
            else:
                self._rows[resource.pk] = None, content

    def add_racks(self, batch: RackBatch) -> None:
        """Add racks with their devices, the oldest first: the first one that
        wants a name gets it."""
        names: dict[str | None, RackNames] = collections.defaultdict(dict)
        for sibling in batch.siblings:
            names[sibling.project_id][sibling.name] = sibling.pk
        for rack in sorted(batch.racks, key=lambda rack: rack.pk):
            rack_names = names[rack.stack.fact.project_id]
            if not rack.live:
                self.gone.update(row.pk for row in rack.rows)
                _free(rack_names, rack.pk)
                continue
            with self._skipped_if_broken(rack.ref):
                self._add_rack(rack, batch, rack_names)

    def changed(self, stored: Mapping[int, StoredRow]) -> list[StoredRow]:
        """Return the rows that differ from the stored ones."""
        rows = []
        for pk, (rack_pk, content) in self._rows.items():
            old = stored.get(pk)
            if old and old.content == content and old.rack_pk == rack_pk:
                continue
            generation = old.generation + 1 if old else 1
            rows.append(StoredRow(pk, rack_pk, generation, content))
        return rows

    @contextlib.contextmanager
    def _skipped_if_broken(self, ref: Ref) -> Iterator[None]:
        """Go on with the other things, whatever is wrong with this one."""
        try:
            yield
        except Exception:
            self.failed += 1
            LOG.exception(
                "%s %s of %s can't be shown; it stays as it was",
                ref.kind.capitalize(),
                ref.id,
                ref.region,
            )

    def _add_rack(
        self, rack: RackParts, batch: RackBatch, names: RackNames
    ) -> None:
        previous = _free(names, rack.pk)
        remembered = rack.remembered()
        shown = view.project_rack(
            rack.stack.fact,
            _facts(rack.devices),
            _around(rack, batch, names, previous),
            remembered,
            self._rules,
        )
        names[shown.rack.name] = rack.pk
        pks = {device.fact.ref: device.pk for device in rack.devices}
        rows = {pks[d.ref]: (rack.pk, to_row(d)) for d in shown.devices}
        rows[rack.pk] = rack.pk, to_row(shown.rack)
        self._rows.update(rows)
        self.gone.update(row.pk for row in rack.rows if row.pk not in rows)
        self.slots += self._new_slots(rack.pk, pks, shown, remembered)

    def _new_slots(
        self,
        rack_pk: int,
        pks: Mapping[Ref, int],
        shown: ProjectedRack,
        remembered: RackSlots | None,
    ) -> Iterator[StoredSlot]:
        """Yield the slots that differ from the remembered ones."""
        before = remembered or RackSlots(0, {})
        height_u = shown.rack.height_u
        if height_u != before.height_u:
            yield StoredSlot(rack_pk, rack_pk, self._now, 1, height_u)
        for device in shown.devices:
            slot = device.slot
            if slot is not None and slot != before.slots.get(device.ref):
                yield StoredSlot(rack_pk, pks[device.ref], self._now, *slot)


def _free(names: RackNames, pk: int) -> str | None:
    """Free the name of a rack, for the racks that come; return it."""
    name = next((n for n, rack_pk in names.items() if rack_pk == pk), None)
    if name is not None:
        del names[name]
    return name


def _around(
    rack: RackParts,
    batch: RackBatch,
    names: RackNames,
    previous: str | None,
) -> RackContext:
    return RackContext(
        ports=_facts(rack.ports),
        floating_ips=_facts(rack.floating_ips),
        volumes=_facts(rack.volumes),
        networks=batch.networks.get(rack.ref.region, {}),
        volume_types=batch.volume_types.get(rack.ref.region, {}),
        other_names=names.keys(),
        previous_name=previous,
    )


def _facts(resources: Iterable[Resource]) -> list[Fact]:
    return [resource.fact for resource in resources]


def _template(flavor: Fact, rules: Rules) -> RowContent:
    return to_row(view.template(flavor, rules))


def _team(project: Fact, rules: Rules) -> RowContent | None:
    if not view.is_ours(project, rules):
        return None
    return to_row(view.team(project))


def _user(user: Fact, rules: Rules) -> RowContent | None:
    return to_row(view.user(user)) if user.label else None


_NOUNS: dict[str, Callable[[Fact, Rules], RowContent | None]] = {
    "flavor": _template,
    "project": _team,
    "user": _user,
}
