"""The port of a front end: what shows our racks to people."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import NamedTuple, Protocol

from concertim_api.domain.errors import ConcertimError
from concertim_api.domain.reconcile import Fields
from concertim_api.domain.view.model import Device, Rack, Template

#: What is pushed, parents first.
NOUNS = ("template", "rack", "device")


class Thing(NamedTuple):
    """An object of the front end.

    ``id`` is the cloud's id that it carries: of a team, its project's; None:
    it is not of the cloud. ``fields`` are those that can be compared with
    what is wanted.
    """

    noun: str
    foreign_id: str
    id: str | None
    fields: Fields


class Links(Protocol):
    """What an object refers to, by its id there; None: it is not there."""

    def team(self, project_id: str | None) -> str | None: ...

    def rack(self, device: Device) -> str | None: ...

    def template(self, device: Device) -> str | None: ...

    def template_name(self, template: Template) -> str:
        """Return a name that no other template has."""


class Refused(ConcertimError):
    """The front end does not take an object, or we can't offer it as it is.

    ``taken``: it says that something else has what this one wants, or that
    something is missing: it may hold other things than we think.
    """

    def __init__(self, reason: str, *, taken: bool = False) -> None:
        super().__init__(reason)
        self.taken = taken


class NotYet(Refused):
    """What an object needs is not there yet."""


class NotThere(Refused):
    """The front end does not have the object (any more)."""


class Broken(Refused):
    """The front end failed at an object, again and again."""


class Away(ConcertimError):
    """The front end does not answer, or does not let us in.

    ``reached``: this request may have arrived, and may be to blame.
    """

    def __init__(self, reason: str, *, reached: bool = False) -> None:
        super().__init__(reason)
        self.reached = reached


class Unsure(Away):
    """There was no answer to a creation: perhaps it was done."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, reached=True)


class FrontEnd(Protocol):
    """A front end. Several threads may use it at once.

    All but ``wanted`` and ``takes`` make requests, and raise Away.
    """

    #: noun -> fields that can't be changed: what differs in them is made
    #: anew.
    fixed: Mapping[str, Collection[str]]

    def things(self, noun: str) -> Sequence[Thing]:
        """Return all templates, racks, devices or teams. 1 request."""

    def wanted(
        self, shown: Template | Rack | Device, links: Links, held: Fields
    ) -> Fields:
        """Return how something is to be shown, of which so much is held.

        With all that its creation needs. Raises Refused: it can't be.
        """

    def takes(self, noun: str, fields: Fields) -> frozenset[Hashable]:
        """Return what an object has that no other can have."""

    def aside(
        self, noun: str, held: Fields, wanted: Collection[Hashable]
    ) -> Fields | None:
        """Return fields with which an object has nothing of what others
        want; None: there is no such place. 2 requests."""

    def create(self, noun: str, wanted: Fields) -> Thing:
        """Make an object. 1 request. Raises Refused, Unsure."""

    def update(self, noun: str, foreign_id: str, changes: Fields) -> Thing:
        """Write fields of an object. 1 request. Raises Refused."""

    def delete(self, noun: str, foreign_id: str) -> None:
        """Remove an object; it may be gone. 1 request. Raises Refused."""
