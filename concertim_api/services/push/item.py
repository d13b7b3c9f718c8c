"""One object on its way to the front end."""

from __future__ import annotations

import dataclasses as dc
import functools
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal

from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.reconcile import Fields, Move, changes
from concertim_api.domain.view import names
from concertim_api.domain.view.model import Device, Rack, Template
from concertim_api.domain.waits import backoff
from concertim_api.services.push.frontend import (
    FrontEnd,
    FrontEndMissing,
    FrontEndObject,
    FrontEndRefused,
)
from concertim_api.services.push.ports import (
    Binding,
    BindingKey,
    DueBinding,
)
from concertim_api.services.view.rows import from_row

LOG = logging.getLogger(__name__)

#: The first wait after a failure, and the longest.
WAIT, WAIT_MAX = timedelta(seconds=2), timedelta(minutes=10)

Verb = Literal["create", "update", "delete"]


class PushItem:
    """A binding in one run: what the view shows, and the outcome.

    ``view_object`` None: the view does not show it. ``desired`` None: it is
    to be deleted, or it can't be shown (``refusal``). ``outcome`` None: the
    run did not get to its end, and it stays due.
    """

    def __init__(self, due: DueBinding) -> None:
        self.binding, row, self.is_ended = due
        self.view_object: Template | Rack | Device | None = None
        self.desired: Fields | None = None
        self.refusal: FrontEndRefused | None = None
        self.outcome: str | None = None
        self.is_replaced = self.is_finished = False
        if row is not None:
            self.view_object = _view_object(due)

    @classmethod
    def substitute(
        cls, key: BindingKey, template: Template, now: datetime
    ) -> PushItem:
        """Return a template that devices need and the view does not show."""
        binding = Binding(key=key, due_at=now, name=template.name)
        item = cls(DueBinding(binding, None, False))
        item.view_object = template
        return item

    @property
    def key(self) -> BindingKey:
        return self.binding.key

    @property
    def noun(self) -> str:
        return self.binding.key.noun

    @property
    def is_there(self) -> bool:
        return self.binding.foreign_id is not None

    @property
    def is_removal(self) -> bool:
        """Whether the front end is to delete it."""
        return self.view_object is None and self.is_there

    def moves(
        self, front_end: FrontEnd
    ) -> Iterator[Move[tuple[PushItem, Verb]]]:
        """Yield what is to be done: no move, one, or two for an object that
        has to be created again."""
        claims = functools.partial(front_end.claims, self.noun)
        actual, desired = self.binding.actual, self.desired
        if self.is_removal:
            yield Move((self, "delete"), claims(actual), is_removal=True)
        elif desired is None:
            return
        elif not self.is_there:
            yield Move((self, "create"), desired=claims(desired))
        elif self._is_fixed(front_end):
            self.is_replaced = True
            order = {("again", self.key)}  # the deletion comes first
            before, after = claims(actual) | order, claims(desired) | order
            yield Move((self, "delete"), before, is_removal=True)
            yield Move((self, "create"), desired=after)
        elif self.changes():
            yield Move((self, "update"), claims(actual), claims(desired))

    def _is_fixed(self, front_end: FrontEnd) -> bool:
        """Whether a field differs that the front end can't change."""
        desired, actual = self.desired or {}, self.binding.actual
        if any(
            name in actual
            and name in desired
            and actual[name] != desired[name]
            for name in front_end.fixed.get(self.noun, ())
        ):
            return True
        template_id, device = self.binding.template_id, self.view_object
        if not isinstance(device, Device) or template_id is None:
            return False
        if device.template_id is None or is_substitute(template_id):
            return False
        return template_id != device.template_id

    def _template_id(self) -> str | None:
        """Return the template that a server has in the front end."""
        device = self.view_object
        if not isinstance(device, Device) or device.type != "Instance":
            return None
        template_id = device.template_id or self.binding.template_id
        return template_id or flavor_key(device).id

    def changes(self) -> Fields:
        """Return the fields to be written.

        A value that the front end did not keep is not sent again.
        """
        actual, desired = self.binding.actual, self.desired or {}
        not_kept = actual.get("not_kept", {})
        return {
            name: value
            for name, value in changes(actual, desired).items()
            if name not in not_kept or not_kept[name] != value
        }

    def record_answer(self, answer: FrontEndObject, sent: Fields) -> None:
        """Note the fields that the front end has now, and those of the sent
        ones that it did not keep."""
        lost = changes(answer.fields, sent)
        actual = {**answer.fields, "not_kept": lost} if lost else answer.fields
        self.binding = dc.replace(
            self.binding,
            foreign_id=answer.foreign_id,
            actual=actual,
            error=f"not kept there: {', '.join(lost)}" if lost else None,
        )

    def _record_fields(self, fields: Fields) -> None:
        """Note the fields that the front end has now."""
        not_kept = self.binding.actual.get("not_kept")
        actual = {**fields, "not_kept": not_kept} if not_kept else fields
        self.binding = dc.replace(self.binding, actual=actual)

    def record_absence(self) -> None:
        """Note that the front end does not have the object."""
        self.binding = dc.replace(
            self.binding, foreign_id=None, actual={}, template_id=None
        )

    def record_success(self, now: datetime, *, is_written: bool) -> None:
        """Note that the front end shows what the view shows."""
        binding = self.binding
        has_error = is_written or "not_kept" in binding.actual
        self.binding = dc.replace(
            binding,
            state="pushed",
            pushed_generation=binding.generation,
            due_at=None,
            attempts=0,
            error=binding.error if has_error else None,
            pushed_at=now if is_written else binding.pushed_at,
            template_id=self._template_id(),
        )

    def record_failure(self, refusal: FrontEndRefused, now: datetime) -> None:
        """Note why it can't be pushed, and when to try again.

        A refused change may be half done: what is there is noted, too.
        """
        if refusal.answer is not None:
            self._record_fields(refusal.answer.fields)
        wait = backoff(self.binding.attempts, WAIT, WAIT_MAX)
        self.refusal = refusal
        self.outcome = "failed"
        self.binding = dc.replace(
            self.binding,
            state="failing",
            due_at=now + wait,
            attempts=self.binding.attempts + 1,
            error=str(refusal),
        )

    def record_missing(self, refusal: FrontEndMissing, now: datetime) -> None:
        """Note that the object is gone there; it is created again soon."""
        self.refusal = refusal
        self.record_absence()
        self.record_wait("waiting", str(refusal), now)

    def record_wait(
        self,
        state: Literal["refused", "kept", "waiting"],
        reason: str,
        until: datetime | None,
    ) -> None:
        """Note why nothing is done about it, and when to look again."""
        self.outcome = state
        self.binding = dc.replace(
            self.binding, state=state, due_at=until, error=reason
        )


def template_key(template: Template) -> BindingKey:
    return BindingKey("template", template.ref.region, template.ref.id)


def rack_key(device: Device) -> BindingKey:
    return BindingKey("rack", device.rack.region, device.rack.id)


def flavor_key(device: Device) -> BindingKey:
    """Return the key of a server's template, which is that of its flavor.

    If the id of the flavor is unknown, the key is made of the server's size.
    """
    flavor_id = device.template_id
    if flavor_id is None:
        size = (device.details.get(n) for n in ("vcpus", "ram_mb", "disk_gb"))
        label = device.template or "flavor"
        flavor_id = f"{label}/{'/'.join(map(str, size))}"
    return BindingKey("template", device.ref.region, flavor_id[:255])


def is_substitute(template_id: str) -> bool:
    """Whether a template stands for a flavor whose id is unknown. No
    flavor's id has a slash."""
    return "/" in template_id


def substitute(device: Device) -> Template:
    """Return a template for a server whose flavor the cloud no longer has."""
    key, details = flavor_key(device), device.details
    label = device.template or device.template_id or "flavor"
    return Template(
        ref=Ref(key.region, "flavor", key.id),
        name=names.acceptable(label, key.id, names.TEMPLATE),
        label=label,
        description="",
        height_u=device.slot.height_u if device.slot else 1,
        vcpus=details.get("vcpus"),
        ram_mb=details.get("ram_mb"),
        disk_gb=details.get("disk_gb"),
        public=False,
        details={},
    )


def mistake(key: BindingKey, error: Exception) -> FrontEndRefused:
    """Log an error of our code; return that the object can't be pushed."""
    LOG.error("%s can't be pushed", key, exc_info=error)
    return FrontEndRefused(f"{type(error).__name__}: see the log")


def _view_object(due: DueBinding) -> Template | Rack | Device:
    assert due.row is not None
    noun = due.binding.key.noun
    if noun == "rack":
        return from_row(Rack, due.row)
    if noun == "template":
        return from_row(Template, due.row)
    return from_row(Device, due.row)
