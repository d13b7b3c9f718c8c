"""Some things that are due, pushed in the order in which they depend on each
other."""

from __future__ import annotations

import dataclasses as dc
import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import timedelta

from concertim_api.domain.reconcile import in_the_way
from concertim_api.domain.view.model import Device, Rack, Template
from concertim_api.services.common.listing import Listing
from concertim_api.services.common.ports import Clock
from concertim_api.services.push import references as linked
from concertim_api.services.push.execution import Line
from concertim_api.services.push.frontend import FrontEnd, Refused
from concertim_api.services.push.guard import Guard
from concertim_api.services.push.item import WAIT_MAX, Item
from concertim_api.services.push.ports import Bindings, Due, Subject
from concertim_api.services.push.references import Links, Stock
from concertim_api.services.view.ports import ViewLister
from concertim_api.services.view.rows import from_row

LOG = logging.getLogger(__name__)

#: When to look again at what waits for something else to go first.
_SOON = timedelta(seconds=5)


class Batch:
    def __init__(
        self,
        bindings: Bindings,
        view: ViewLister,
        front_end: FrontEnd,
        stock: Stock,
        line: Line,
        clock: Clock,
        guard: Guard,
    ) -> None:
        self._guard = guard
        self._bindings = bindings
        self._view = view
        self._front_end = front_end
        self._stock = stock
        self._line = line
        self._clock = clock
        self._links = Links(stock)
        self._items: list[Item] = []
        self.woken = 0

    def outcomes(self) -> Iterator[str]:
        """Yield what became of each thing that was looked at to its end."""
        return (
            item.outcome
            for item in self._items
            if item.outcome not in (None, "unbound")
        )

    def push(self, dues: Sequence[Due]) -> None:
        """Push things: templates, racks, devices; what goes, in the reverse
        order at the end."""
        self._items = [*map(self._item, dues)]
        self._take_over([i for i in self._items if i.shown and not i.is_there])
        self._links.note(item.binding for item in self._items)
        devices = [*self._of("device")]
        self._link(devices)
        substitutes = self._substitutes(devices)
        self._take_over(substitutes)
        self._resolve([i for i in self._strays().values() if i.is_there])
        self._templates()
        self._racks(devices)
        self._devices(devices)
        self._remove_racks()
        self._remove_templates()

    def _item(self, due: Due) -> Item:
        try:
            return Item(due)
        except Exception as exc:  # one bad row must not stop the rest
            item = Item(due._replace(row=None))
            self._unfit(item, _mistake(item, exc))
            self._line.finish([item])
            return item

    def _of(self, noun: str) -> Iterator[Item]:
        return (item for item in self._items if item.noun == noun)

    # What was found there

    def _take_over(self, new: Sequence[Item]) -> None:
        """Give what was found there to what is to be shown by its id."""
        strays = self._strays()
        found = self._bindings.held(
            {item.binding.subject._replace(region="") for item in new}
        )
        for item in new:
            subject = item.binding.subject._replace(region="")
            stray = found.pop(subject, None)
            if stray is None or stray.foreign_id is None:
                continue
            item.binding = dc.replace(
                item.binding, foreign_id=stray.foreign_id, held=stray.held
            )
            taken = strays.get(subject)
            if taken is None:
                taken = Item(Due(stray, None, False))
                self._items.append(taken)
            taken.lost()

    def _strays(self) -> dict[Subject, Item]:
        """Return what was found there, and is in no region yet."""
        return {
            item.binding.subject: item
            for item in self._items
            if not item.binding.subject.region
        }

    def _resolve(self, strays: Sequence[Item]) -> None:
        """Look whether what was found there is gone, or will be taken over
        when the view's own turn comes."""
        known = self._bindings.resolve({s.binding.subject for s in strays})
        for item in strays:
            found = known.get(item.binding.subject)
            if found is None:
                continue
            item.ended = found.ended
            item.binding = dc.replace(
                item.binding, resource_pk=found.resource_pk
            )
            if found.is_shown:
                until = self._clock.now() + timedelta(seconds=30)
                item.waits("waiting", "it is shown, and soon bound", until)
        self._line.finish(s for s in strays if s.outcome)

    # What is wanted

    def _link(self, devices: Sequence[Item]) -> None:
        """Find the racks and templates of devices, and teams of racks."""
        shown = [i.shown for i in devices if isinstance(i.shown, Device)]
        found = linked.find(self._bindings, shown)
        self._links.note(
            binding
            for subject, binding in found.items()
            if not self._links.knows(subject)
        )
        linked.ask_for_teams(
            self._stock,
            self._front_end,
            self._clock.now(),
            [
                item.shown.project_id
                for item in self._of("rack")
                if isinstance(item.shown, Rack)
            ],
        )

    def _want(self, items: Iterable[Item]) -> list[Item]:
        """Work out how these are to be shown; return them all."""
        chosen = [item for item in items if item.outcome is None]
        for item in chosen:
            if item.shown is None:
                self._allow(item)
                continue
            try:
                item.wanted = self._front_end.wanted(
                    item.shown, self._links, item.binding.held
                )
            except Refused as exc:
                self._unfit(item, exc)
            except Exception as exc:  # nor must one bad object
                self._unfit(item, _mistake(item, exc))
        self._line.finish(item for item in chosen if item.outcome)
        return [item for item in chosen if item.outcome is None]

    def _unfit(self, item: Item, problem: Refused) -> None:
        """Note why something can't be offered. Said aloud once, and not of
        what only waits for its rack."""
        item.problem = problem
        item.failed(problem, self._clock.now())
        is_loud = item.binding.attempts == 1 and type(problem) is Refused
        LOG.log(
            logging.WARNING if is_loud else logging.DEBUG,
            "%s %s of %s can't be pushed: %s",
            item.noun.capitalize(),
            item.binding.subject.id,
            item.binding.subject.region,
            str(problem),
        )

    def _allow(self, item: Item) -> None:
        if why := self._guard.objection(item):
            item.waits("refused", why, self._clock.now() + WAIT_MAX)

    # In turns

    def _templates(self) -> None:
        items = [item for item in self._of("template") if not item.goes]
        shown = [i.shown for i in items if isinstance(i.shown, Template)]
        if shown:
            self._name(items)
        self._do(self._want(items))

    def _substitutes(self, devices: Sequence[Item]) -> list[Item]:
        """Return templates for servers whose flavors the cloud has no
        more."""
        found: dict[Subject, Item] = {}
        for item in devices:
            device = item.shown
            if not isinstance(device, Device) or device.type != "Instance":
                continue
            subject = linked.template_of(device)
            if not self._links.knows(subject) and subject not in found:
                template = linked.substitute(device)
                found[subject] = Item.new(subject, template, self._clock.now())
        self._items += found.values()
        return [*found.values()]

    def _name(self, items: Sequence[Item]) -> None:
        bound = self._bindings.templates()
        ours = {item.binding.subject: item for item in items}
        listing = Listing(limit=100_000)
        rows = self._view.page("template", listing).rows
        templates = [from_row(Template, row) for row in rows]
        known = {linked.subject_of(template) for template in templates}
        templates += [
            item.shown
            for subject, item in ours.items()
            if subject not in known and isinstance(item.shown, Template)
        ]
        self._links.name_templates(templates, bound)

    def _racks(self, devices: Sequence[Item]) -> None:
        """Push racks. One that goes, and has what another is to have, goes
        first, with its devices."""
        items = self._want(self._of("rack"))
        moves = [
            move for item in items for move in item.moves(self._front_end)
        ]
        first = {item for item, _ in in_the_way(moves)}
        if first:
            ids = {item.binding.foreign_id for item in first}
            self._do(
                self._want(
                    d
                    for d in devices
                    if d.goes and d.binding.held.get("rack_id") in ids
                )
            )
            first = {*self._empty(first)}
        self._do(i for i in items if i in first or not i.goes)
        created = {
            item.binding.subject.id
            for item in items
            if item.outcome == "created"
        }
        self.woken += self._bindings.wake(created, self._clock.now())

    def _devices(self, devices: Sequence[Item]) -> None:
        self._do(self._want(devices))

    def _remove_racks(self) -> None:
        going = [i for i in self._of("rack") if i.goes and not i.outcome]
        self._do(self._empty(going))

    def _empty(self, racks: Collection[Item]) -> list[Item]:
        """Return those racks that have no devices any more."""
        if not racks:
            return []
        self._line.save()
        ids = {item.binding.subject.id for item in racks}
        full = {name for _, name in self._bindings.in_use("rack_id", ids)}
        found = []
        for item in racks:
            if item.binding.subject.id in full:
                until = self._clock.now() + _SOON
                item.waits("waiting", "its devices go first", until)
            else:
                found.append(item)
        self._line.finish(i for i in racks if i.outcome)
        return found

    def _remove_templates(self) -> None:
        going = [
            i for i in self._of("template") if i.goes and i.outcome is None
        ]
        if not going:
            return
        self._line.save()
        ids = {item.binding.subject.id for item in going}
        used = {name for _, name in self._bindings.in_use("template_id", ids)}
        for item in going:
            if item.binding.subject.id in used:
                item.waits("kept", "devices of it are still shown", None)
        self._line.finish(item for item in going if item.outcome)
        self._do(self._want(going))

    def _do(self, items: Iterable[Item]) -> None:
        self._line.carry_out(item for item in items if item.outcome is None)
        self._links.note(item.binding for item in self._items)


def _mistake(item: Item, exc: Exception) -> Refused:
    """Return that something can't be offered for a mistake of ours."""
    LOG.error("%s can't be pushed", item.binding.subject, exc_info=exc)
    return Refused(f"{type(exc).__name__}: see the log")
