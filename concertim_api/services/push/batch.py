"""The bindings of one run, pushed in the order in which they depend on each
other."""

from __future__ import annotations

import dataclasses as dc
import logging
from collections.abc import (
    Collection,
    Hashable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from datetime import datetime, timedelta
from typing import Literal, TypeVar

from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.reconcile import blockers
from concertim_api.domain.view import names
from concertim_api.domain.view.model import Device, Rack, Template
from concertim_api.services.billing.ports import RackOrders
from concertim_api.services.common.listing import Listing
from concertim_api.services.common.ports import Clock
from concertim_api.services.push.execution import Execution
from concertim_api.services.push.frontend import FrontEnd, FrontEndRefused
from concertim_api.services.push.guard import DeletionGuard
from concertim_api.services.push.item import (
    WAIT_MAX,
    PushItem,
    flavor_key,
    mistake,
    rack_key,
    substitute,
    template_key,
)
from concertim_api.services.push.ports import (
    Binding,
    BindingKey,
    Bindings,
    DueBinding,
)
from concertim_api.services.push.survey import FrontEndIndex
from concertim_api.services.view.ports import ViewReader
from concertim_api.services.view.rows import from_row

T = TypeVar("T", Device, Rack, Template)

LOG = logging.getLogger(__name__)

#: When to look again at what waits for something else to go first.
_SOON = timedelta(seconds=5)

#: When to look again at a stray that the view is about to bind.
_BOUND_SOON = timedelta(seconds=30)

#: Missing teams are listed again after so long.
_TEAMS = timedelta(seconds=30)


class BatchReferences:
    """``frontend.References`` for the objects of one batch."""

    def __init__(self, index: FrontEndIndex) -> None:
        self._index = index
        self._bindings: dict[BindingKey, Binding] = {}
        self._names: Mapping[Ref, str] = {}

    def add(self, bindings: Iterable[Binding]) -> None:
        """Add bindings, or replace them with newer ones."""
        for binding in bindings:
            self._bindings[binding.key] = binding

    def add_of(self, bindings: Bindings, devices: Iterable[Device]) -> None:
        """Add the bindings of the racks and templates of devices, where they
        are missing. 1 statement."""
        keys: set[BindingKey] = set()
        for device in devices:
            keys.add(rack_key(device))
            if device.type == "Instance":
                keys.add(flavor_key(device))
        if keys:
            self._bindings = {**bindings.by_key(keys), **self._bindings}

    def name_templates(
        self, templates: Sequence[Template], bindings: Iterable[Binding]
    ) -> None:
        """Give each template a name that no other has. Oldest first."""
        keys = {template_key(template) for template in templates}
        keys |= {key._replace(region="") for key in keys}
        others = {b.name for b in bindings if b.key not in keys and b.actual}
        self._names = names.distinct(
            ((template.ref, template.name) for template in templates),
            names.TEMPLATE,
            others | self._index.names,
        )

    def __contains__(self, key: BindingKey) -> bool:
        return key in self._bindings

    def team(self, project_id: str | None) -> str | None:
        return self._index.teams.get(project_id or "")

    def rack(self, device: Device) -> str | None:
        return self._foreign_id(rack_key(device))

    def template(self, device: Device) -> str | None:
        if device.type != "Instance":
            return self._index.seeds.get(device.template_id or "")
        return self._foreign_id(flavor_key(device))

    def template_name(self, template: Template) -> str:
        return self._names.get(template.ref, template.name)

    def _foreign_id(self, key: BindingKey) -> str | None:
        binding = self._bindings.get(key)
        return binding.foreign_id if binding else None


class PushBatch:
    def __init__(
        self,
        bindings: Bindings,
        view: ViewReader,
        front_end: FrontEnd,
        index: FrontEndIndex,
        execution: Execution,
        clock: Clock,
        guard: DeletionGuard,
        orders: RackOrders | None = None,
    ) -> None:
        self._guard = guard
        self._orders = orders
        self._bindings = bindings
        self._view = view
        self._front_end = front_end
        self._index = index
        self._execution = execution
        self._clock = clock
        self._references = BatchReferences(index)
        self._items: list[PushItem] = []
        self.woken = 0

    def outcomes(self) -> Iterator[str]:
        """Yield the outcomes, "unbound" left out."""
        return (
            item.outcome
            for item in self._items
            if item.outcome not in (None, "unbound")
        )

    def push(self, due: Sequence[DueBinding]) -> None:
        """Push templates, racks and devices. Removals are last, in the
        reverse order."""
        self._items = [*map(self._item, due)]
        self._adopt(
            [i for i in self._items if i.view_object and not i.is_there]
        )
        self._order_racks()
        self._references.add(item.binding for item in self._items)
        devices = [*self._of("device")]
        self._references.add_of(self._bindings, self._view_objects(Device))
        self._refresh_teams()
        substitutes = self._substitutes()
        self._adopt(substitutes)
        self._resolve([i for i in self._strays().values() if i.is_there])
        self._push_templates()
        self._push_racks(devices)
        self._carry_out(self._prepare(devices))
        self._remove_racks()
        self._remove_templates()

    def _item(self, due: DueBinding) -> PushItem:
        try:
            return PushItem(due)
        except Exception as exc:  # one bad row must not stop the rest
            item = PushItem(due._replace(row=None))
            self._refuse(item, mistake(item.key, exc))
            self._execution.finish([item])
            return item

    def _of(self, noun: str) -> Iterator[PushItem]:
        return (item for item in self._items if item.noun == noun)

    def _view_objects(self, noun: type[T]) -> list[T]:
        """Return what the view shows of a noun."""
        view_objects = (item.view_object for item in self._items)
        return [thing for thing in view_objects if isinstance(thing, noun)]

    # Strays

    def _adopt(self, items: Sequence[PushItem]) -> None:
        """Give the objects of strays to items that have the same ids."""
        strays = self._strays()
        bindings = self._bindings.by_key(
            {item.key._replace(region="") for item in items}
        )
        for item in items:
            key = item.key._replace(region="")
            binding = bindings.pop(key, None)
            if binding is None or binding.foreign_id is None:
                continue
            item.binding = dc.replace(
                item.binding,
                foreign_id=binding.foreign_id,
                actual=binding.actual,
            )
            stray = strays.get(key)
            if stray is None:
                stray = PushItem(DueBinding(binding, None, False))
                self._items.append(stray)
            stray.record_absence()

    def _strays(self) -> dict[BindingKey, PushItem]:
        return {item.key: item for item in self._items if not item.key.region}

    def _resolve(self, strays: Sequence[PushItem]) -> None:
        """Note which strays the ledger knows to be gone, and which ones the
        view is about to bind."""
        resources = self._bindings.resolve({item.key for item in strays})
        for item in strays:
            resource = resources.get(item.key)
            if resource is None:
                continue
            item.is_ended = resource.is_ended
            item.binding = dc.replace(
                item.binding, resource_pk=resource.resource_pk
            )
            if resource.is_shown:
                until = self._clock.now() + _BOUND_SOON
                item.record_wait(
                    "waiting", "it is shown, and soon bound", until
                )
        self._execution.finish(strays)

    # What is desired

    def _order_racks(self) -> None:
        """Give racks the ids of their orders. 1 statement, if there are
        racks."""
        racks = {rack.ref for rack in self._view_objects(Rack)}
        if self._orders is None or not racks:
            return
        order_ids = self._orders.order_ids(racks)
        for item in self._items:
            if isinstance(rack := item.view_object, Rack):
                order_id = order_ids.get(rack.ref)
                item.view_object = dc.replace(rack, order_id=order_id)

    def _refresh_teams(self) -> None:
        """List the teams if one of a rack is missing, but not all the time.
        1 request at most."""
        now, last = self._clock.now(), self._index.teams_at
        if last is not None and now - last < _TEAMS:
            return
        projects = {rack.project_id for rack in self._view_objects(Rack)}
        if projects - self._index.teams.keys() - {None}:
            self._index.set_teams(self._front_end.objects("team"), now)

    def _prepare(self, items: Iterable[PushItem]) -> list[PushItem]:
        """Set the desired fields; return the items that can be pushed."""
        prepared = [item for item in items if item.outcome is None]
        for item in prepared:
            if item.view_object is None:
                self._check_removal(item)
                continue
            try:
                item.desired = self._front_end.desired(
                    item.view_object, self._references, item.binding.actual
                )
            except FrontEndRefused as exc:
                self._refuse(item, exc)
            except Exception as exc:  # nor must one bad object
                self._refuse(item, mistake(item.key, exc))
        self._execution.finish(prepared)
        return [item for item in prepared if item.outcome is None]

    def _refuse(self, item: PushItem, refusal: FrontEndRefused) -> None:
        """Note why an object can't be offered.

        It is a warning only the first time, and not if a prerequisite is
        missing.
        """
        item.record_failure(refusal, self._clock.now())
        is_first = item.binding.attempts == 1
        is_loud = is_first and type(refusal) is FrontEndRefused
        LOG.log(
            logging.WARNING if is_loud else logging.DEBUG,
            "%s %s of %s can't be pushed: %s",
            item.noun.capitalize(),
            item.key.id,
            item.key.region,
            str(refusal),
        )

    def _check_removal(self, item: PushItem) -> None:
        if reason := self._guard.objection(item):
            until = self._clock.now() + WAIT_MAX
            item.record_wait("refused", reason, until)

    # In turns

    def _push_templates(self) -> None:
        items = [i for i in self._of("template") if not i.is_removal]
        if new := self._view_objects(Template):
            self._name_templates(new)
        self._carry_out(self._prepare(items))

    def _substitutes(self) -> list[PushItem]:
        """Return templates for servers whose flavors the cloud no longer
        has."""
        items: dict[BindingKey, PushItem] = {}
        for device in self._view_objects(Device):
            key = flavor_key(device)
            is_missing = key not in self._references and key not in items
            if device.type == "Instance" and is_missing:
                items[key] = PushItem.substitute(
                    key, substitute(device), self._clock.now()
                )
        self._items += items.values()
        return [*items.values()]

    def _name_templates(self, new: Sequence[Template]) -> None:
        """Name the templates of this batch, beside those of the view."""
        bindings = self._bindings.templates()
        rows = self._view.page("template", Listing(limit=100_000)).rows
        templates = [from_row(Template, row) for row in rows]
        keys = {template_key(template) for template in templates}
        templates += [t for t in new if template_key(t) not in keys]
        self._references.name_templates(templates, bindings)

    def _push_racks(self, devices: Sequence[PushItem]) -> None:
        """Push racks. One to be removed whose claims others desire makes
        room first."""
        items = self._prepare(self._of("rack"))
        moves = [
            move for item in items for move in self._execution.moves(item)
        ]
        first = {item for item, _ in blockers(moves)}
        if first:
            desired = [move.desired for move in moves]
            claims = frozenset().union(*desired)
            first = self._make_room(first, claims, devices)
        self._carry_out(i for i in items if i in first or not i.is_removal)
        created = {item.key.id for item in items if item.outcome == "created"}
        self.woken += self._bindings.wake(created, self._clock.now())

    def _make_room(
        self,
        racks: set[PushItem],
        claims: frozenset[Hashable],
        devices: Sequence[PushItem],
    ) -> set[PushItem]:
        """Return those of the racks that can go now; their devices went.

        A device may be about to move into the very rack that waits for the
        name of its old one. The old one then steps aside, and goes last.
        """
        ids = {item.binding.foreign_id for item in racks}
        inside = [d for d in devices if d.binding.actual.get("rack_id") in ids]
        self._carry_out(self._prepare(d for d in inside if d.is_removal))
        occupied = {
            d.binding.actual["rack_id"]
            for d in inside
            if d.is_there and not d.is_removal
        }
        aside = {i for i in racks if i.binding.foreign_id in occupied}
        self._execution.step_aside(aside, claims)
        return {*self._emptied(racks - aside)}

    def _remove_racks(self) -> None:
        racks = [i for i in self._of("rack") if i.is_removal and not i.outcome]
        self._carry_out(self._emptied(racks))

    def _carry_out(self, items: Iterable[PushItem]) -> None:
        self._execution.carry_out(items)
        self._references.add(item.binding for item in self._items)

    def _emptied(self, racks: Collection[PushItem]) -> list[PushItem]:
        """Return the racks that have no devices; the others wait."""
        until = self._clock.now() + _SOON
        self._keep_used(
            "rack_id", racks, "waiting", "its devices go first", until
        )
        return [item for item in racks if not item.outcome]

    def _remove_templates(self) -> None:
        templates = [
            i for i in self._of("template") if i.is_removal and not i.outcome
        ]
        self._keep_used(
            "template_id",
            templates,
            "kept",
            "devices of it are still shown",
            None,
        )
        self._carry_out(self._prepare(templates))

    def _keep_used(
        self,
        column: Literal["rack_id", "template_id"],
        items: Collection[PushItem],
        state: Literal["kept", "waiting"],
        reason: str,
        until: datetime | None,
    ) -> None:
        """Let racks or templates wait of which the front end has devices. 1
        statement, after what was done so far is saved."""
        if not items:
            return
        self._execution.save()
        ids = {item.key.id for item in items}
        used = {name for _, name in self._bindings.in_use(column, ids)}
        for item in items:
            if item.key.id in used:
                item.record_wait(state, reason, until)
        self._execution.finish(items)
