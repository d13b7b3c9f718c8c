"""One thing on its way to the front end."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal

from concertim_api.domain.reconcile import Fields, Move, changes
from concertim_api.domain.view.model import Device, Rack, Template
from concertim_api.domain.waits import backoff
from concertim_api.services.push.frontend import FrontEnd, Refused, Thing
from concertim_api.services.push.ports import Binding, Due, Subject
from concertim_api.services.push.references import is_substitute, template_of
from concertim_api.services.view.rows import from_row

#: The first wait after a failure, and the longest.
WAIT, WAIT_MAX = timedelta(seconds=2), timedelta(minutes=10)

Verb = Literal["create", "update", "delete"]


class Item:
    """A binding, what the view shows of it, and what became of it.

    ``wanted`` None: it is to go, or can't be shown (``problem``).
    ``outcome`` None: it was not looked at to its end, and stays due.
    """

    def __init__(self, due: Due) -> None:
        self.binding, self.row, self.ended = due
        self.shown: Template | Rack | Device | None = None
        self.wanted: Fields | None = None
        self.problem: Refused | None = None
        self.outcome: str | None = None
        self.was_replaced = self.is_noted = False
        if self.row is not None:
            self.shown = shown(due)

    @classmethod
    def new(cls, subject: Subject, shown: Template, now: datetime) -> Item:
        """Return what the view does not show, but something in it needs."""
        item = cls(Due(Binding(subject=subject, due_at=now), None, False))
        item.shown = shown
        item.binding = dc.replace(item.binding, name=shown.name)
        return item

    @property
    def noun(self) -> str:
        return self.binding.subject.noun

    @property
    def is_there(self) -> bool:
        return self.binding.foreign_id is not None

    @property
    def goes(self) -> bool:
        """Whether it is to be removed from the front end."""
        return self.shown is None and self.is_there

    def moves(self, front_end: FrontEnd) -> Iterator[Move[tuple[Item, Verb]]]:
        """Yield what is to be done: nothing, one thing, or for what has to
        be made anew, two."""
        held = self.binding.held
        if self.goes:
            taken = front_end.takes(self.noun, held)
            yield Move((self, "delete"), holds=taken, goes=True)
        elif self.wanted is not None and not self.is_there:
            wants = front_end.takes(self.noun, self.wanted)
            yield Move((self, "create"), wants=wants)
        elif self.wanted is not None and self._is_fixed(front_end):
            self.was_replaced = True
            turn = {("again", self.binding.subject)}  # one after the other
            taken = front_end.takes(self.noun, held) | turn
            wants = front_end.takes(self.noun, self.wanted) | turn
            yield Move((self, "delete"), holds=taken, goes=True)
            yield Move((self, "create"), wants=wants)
        elif self.wanted is not None and self.changes():
            taken = front_end.takes(self.noun, held)
            wants = front_end.takes(self.noun, self.wanted)
            yield Move((self, "update"), holds=taken, wants=wants)

    def _is_fixed(self, front_end: FrontEnd) -> bool:
        """Whether something differs that can't be changed there."""
        wanted, held = self.wanted or {}, self.binding.held
        if any(
            name in held and name in wanted and held[name] != wanted[name]
            for name in front_end.fixed.get(self.noun, ())
        ):
            return True
        made_of, device = self.binding.template_id, self.shown
        if not isinstance(device, Device) or made_of is None:
            return False
        if device.template_id is None or is_substitute(made_of):
            return False
        return made_of != device.template_id

    def _made_of(self) -> str | None:
        """Return what a server is made of there."""
        device = self.shown
        if not isinstance(device, Device) or device.type != "Instance":
            return None
        known = device.template_id or self.binding.template_id
        return known or template_of(device).id

    def changes(self) -> Fields:
        """Return the fields to be written.

        A value that the front end did not keep is not sent again.
        """
        held, wanted = self.binding.held, self.wanted or {}
        given = held.get("not_kept", {})
        return {
            name: value
            for name, value in changes(held, wanted).items()
            if name not in given or given[name] != value
        }

    def took(self, thing: Thing, sent: Fields) -> None:
        """Note what the front end holds now, and what of that which was sent
        it did not keep."""
        lost = changes(thing.fields, sent)
        held = {**thing.fields, "not_kept": lost} if lost else thing.fields
        self.binding = dc.replace(
            self.binding,
            foreign_id=thing.foreign_id,
            held=held,
            error=f"not kept there: {', '.join(lost)}" if lost else None,
        )

    def lost(self) -> None:
        """Note that the front end holds nothing of it."""
        self.binding = dc.replace(
            self.binding, foreign_id=None, held={}, template_id=None
        )

    def settled(self, now: datetime, *, wrote: bool) -> None:
        """Note that the front end shows what it is to show."""
        self.binding = dc.replace(
            self.binding,
            state="pushed",
            pushed_generation=self.binding.generation,
            due_at=None,
            attempts=0,
            error=self.binding.error if wrote else self._not_kept(),
            pushed_at=now if wrote else self.binding.pushed_at,
            template_id=self._made_of(),
        )

    def _not_kept(self) -> str | None:
        return self.binding.error if "not_kept" in self.binding.held else None

    def failed(self, problem: Refused, now: datetime) -> None:
        """Note why it can't be pushed, and try again later."""
        wait = backoff(self.binding.attempts, WAIT, WAIT_MAX)
        self.outcome = "failed"
        self.binding = dc.replace(
            self.binding,
            state="failing",
            due_at=now + wait,
            attempts=self.binding.attempts + 1,
            error=str(problem),
        )

    def waits(
        self,
        state: Literal["refused", "kept", "waiting"],
        why: str,
        until: datetime | None,
    ) -> None:
        """Note why nothing is done about it, and when to look again."""
        self.outcome = state
        self.binding = dc.replace(
            self.binding, state=state, due_at=until, error=why
        )


def shown(due: Due) -> Template | Rack | Device:
    """Return the thing of the view that is to be pushed."""
    assert due.row is not None
    noun = due.binding.subject.noun
    if noun == "rack":
        return from_row(Rack, due.row)
    if noun == "template":
        return from_row(Template, due.row)
    return from_row(Device, due.row)
