"""The survey: what the front end holds, compared with what we think it
does."""

from __future__ import annotations

import dataclasses as dc
import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from concertim_api.services.push.frontend import NOUNS, FrontEnd, Thing
from concertim_api.services.push.ports import Binding, Bindings, Subject
from concertim_api.services.push.references import Stock

LOG = logging.getLogger(__name__)


@dc.dataclass(frozen=True, slots=True)
class Surveyed:
    """How many things the front end was found to hold, those that were not
    bound, and those of ours that it has no more."""

    held: int = 0
    found: int = 0
    lost: int = 0


def survey(
    front_end: FrontEnd, bindings: Bindings, stock: Stock, now: datetime
) -> Surveyed:
    """Take over what the front end holds, and make all of the view due.

    What carries an id of the cloud and is not bound gets a binding without
    a region: the push gives it to what the view shows by this id, or else
    removes it. So rows of another program, or of a run that was killed, are
    found and not made twice.

    1 request for each noun. Statements: those of ``Bindings.every`` and
    ``take_stock``. Memory: all that the front end holds.

    Raises Away: nothing was done.
    """
    things = {noun: front_end.things(noun) for noun in (*NOUNS, "team")}
    stock.take_teams(things["team"], now)
    stock.take_templates(things["template"])
    taking = _Stock(
        {noun: things[noun] for noun in NOUNS}, bindings.every(), now
    )
    bindings.take_stock(taking.kept, taking.dropped)
    found = taking.surveyed
    if found.found or found.lost:
        LOG.info(
            "The front end holds %s things; %s were not known to us, and %s "
            "of ours are lost there",
            found.held,
            found.found,
            found.lost,
        )
    return found


class _Stock:
    """Which bindings are to be kept as what, and which to be dropped."""

    def __init__(
        self,
        things: dict[str, Any],
        bound: Iterable[Binding],
        now: datetime,
    ) -> None:
        self._things = {
            (noun, thing.foreign_id): thing
            for noun in NOUNS
            for thing in things[noun]
        }
        self._racks = {t.foreign_id: t.id for t in things["rack"]}
        self._now = now
        self.kept: list[Binding] = []
        self.dropped: list[Binding] = []
        held, lost = len(self._things), 0
        for binding in bound:
            lost += self._compare(binding)
        left = self._left()
        self.kept += left
        self.surveyed = Surveyed(held, len(left), lost)

    def _compare(self, binding: Binding) -> int:
        """Settle what a binding holds; return 1 if that is lost."""
        subject = binding.subject
        if not subject.region:
            self.dropped.append(binding)  # it is found again, if it is there
            return 0
        key = subject.noun, binding.foreign_id or ""
        thing = self._things.pop(key, None)
        if thing is None:
            self.kept.append(_changed(binding, None, {}, self._now))
            return 1
        held = {**thing.fields}
        if "not_kept" in binding.held:
            held["not_kept"] = binding.held["not_kept"]
        self.kept.append(_changed(binding, thing.foreign_id, held, self._now))
        return 0

    def _left(self) -> list[Binding]:
        """Return bindings for what nobody knew. Of several things with one
        id, all but the first are known by their own."""
        met: set[tuple[str, str]] = set()
        found = []
        for thing in self._things.values():
            if thing.id is None:
                continue
            key = thing.noun, thing.id
            name = thing.foreign_id if key in met else thing.id
            met.add(key)
            found.append(self._binding(thing, name))
        return found

    def _binding(self, thing: Thing, name: str) -> Binding:
        return Binding(
            subject=Subject(thing.noun, "", name[:255]),
            name=str(thing.fields.get("name", "")),
            rack_id=self._racks.get(thing.fields.get("rack_id", "")),
            foreign_id=thing.foreign_id,
            held=thing.fields,
            generation=1,
            state="waiting",
            due_at=self._now,
        )


def _changed(
    binding: Binding,
    foreign_id: str | None,
    held: dict[str, Any],
    now: datetime,
) -> Binding:
    return dc.replace(
        binding,
        foreign_id=foreign_id,
        held=held,
        template_id=binding.template_id if foreign_id else None,
        state="waiting",
        due_at=now,
    )
