"""What the view should say, to be compared with what it says."""

from __future__ import annotations

import collections
import contextlib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.view import project as view
from concertim_api.domain.view.model import Around, Fact, Rules, Shown
from concertim_api.domain.view.slots import Placed
from concertim_api.services.view.parts import RackFacts, Scene
from concertim_api.services.view.ports import (
    Held,
    RowContent,
    StoredRow,
    StoredSlot,
)
from concertim_api.services.view.rows import to_row

LOG = logging.getLogger(__name__)


class Drafts:
    """Rows of the view, as they should be, and where devices are put.

    What can't be shown is logged, and left as it is shown. ``gone``: what
    is not to be shown (any more).
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
        """Which rows these are."""
        return set(self._rows)

    def noun(self, held: Held) -> None:
        """Draft a template, team or user; nothing for other kinds."""
        draw = _NOUNS.get(held.fact.ref.kind)
        if draw is None:
            return
        with self._left_if_broken(held.fact.ref):
            found = draw(held.fact, self._rules) if held.runs else None
            if found is None:
                self.gone.add(held.pk)
            else:
                self._rows[held.pk] = None, found

    def racks(self, scene: Scene) -> None:
        """Draft racks with their devices, in the order in which they were
        first heard of: so names are given."""
        taken: dict[str | None, dict[str, int]] = collections.defaultdict(dict)
        for sibling in scene.siblings:
            taken[sibling.project_id][sibling.name] = sibling.pk
        for rack in sorted(scene.racks, key=lambda rack: rack.pk):
            if not rack.live:
                self.gone.update(row.pk for row in rack.shown)
                _free(taken[rack.stack.fact.project_id], rack.pk)
                continue
            with self._left_if_broken(rack.ref):
                self._rack(rack, scene, taken[rack.stack.fact.project_id])

    def put(self, stored: Mapping[int, StoredRow]) -> list[StoredRow]:
        """Return the rows that differ from those that are stored."""
        found = []
        for pk, (rack_pk, wanted) in self._rows.items():
            old = stored.get(pk)
            if old and old.content == wanted and old.rack_pk == rack_pk:
                continue
            generation = old.generation + 1 if old else 1
            found.append(StoredRow(pk, rack_pk, generation, wanted))
        return found

    @contextlib.contextmanager
    def _left_if_broken(self, ref: Ref) -> Iterator[None]:
        """Go on with the others, whatever is wrong with one."""
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

    def _rack(
        self, rack: RackFacts, scene: Scene, taken: dict[str, int]
    ) -> None:
        previous = next((n for n, pk in taken.items() if pk == rack.pk), None)
        if previous is not None:
            del taken[previous]
        remembered = rack.remembered()
        found = view.project_rack(
            rack.stack.fact,
            [held.fact for held in rack.devices],
            _around(rack, scene, taken, previous),
            remembered,
            self._rules,
        )
        taken[found.rack.name] = rack.pk
        pks = {held.fact.ref: held.pk for held in rack.devices}
        rows = {pks[d.ref]: (rack.pk, to_row(d)) for d in found.devices}
        rows[rack.pk] = rack.pk, to_row(found.rack)
        self._rows.update(rows)
        self.gone.update(r.pk for r in rack.shown if r.pk not in rows)
        self.slots += self._placed(rack.pk, pks, found, remembered)

    def _placed(
        self,
        rack_pk: int,
        pks: Mapping[Ref, int],
        found: Shown,
        remembered: Placed | None,
    ) -> Iterator[StoredSlot]:
        """Yield what differs from what is remembered."""
        known = remembered or Placed(0, {})
        if found.rack.height_u != known.height_u:
            yield StoredSlot(
                rack_pk, rack_pk, self._now, 1, found.rack.height_u
            )
        for device in found.devices:
            slot = device.slot
            if slot is not None and slot != known.slots.get(device.ref):
                yield StoredSlot(rack_pk, pks[device.ref], self._now, *slot)


def _free(taken: dict[str, int], pk: int) -> None:
    """Let the name of a rack that goes be taken by one that comes."""
    for name in [name for name, owner in taken.items() if owner == pk]:
        del taken[name]


def _around(
    rack: RackFacts,
    scene: Scene,
    taken: Mapping[str, int],
    previous: str | None,
) -> Around:
    return Around(
        ports=_facts(rack.ports),
        floating_ips=_facts(rack.floating_ips),
        volumes=_facts(rack.volumes),
        networks=scene.networks.get(rack.ref.region, {}),
        volume_types=scene.volume_types.get(rack.ref.region, {}),
        taken_names=taken.keys(),
        previous_name=previous,
    )


def _facts(found: Iterable[Held]) -> list[Fact]:
    return [held.fact for held in found]


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
