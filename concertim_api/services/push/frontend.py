"""The port of a front end: what shows our racks to people."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import NamedTuple, Protocol

from concertim_api.domain.errors import ConcertimError
from concertim_api.domain.reconcile import Fields
from concertim_api.domain.view.model import Device, Rack, Template

#: What is pushed, parents first.
NOUNS = ("template", "rack", "device")


class FrontEndObject(NamedTuple):
    """An object of the front end, as the front end answered.

    ``id`` is the cloud's id that the object carries, for a team the id of
    its project. None: the object is not of the cloud. ``fields`` are those
    that can be compared with desired fields.
    """

    noun: str
    foreign_id: str
    id: str | None
    fields: Fields


class References(Protocol):
    """The front end's ids of what an object refers to; None: not there."""

    def team(self, project_id: str | None) -> str | None: ...

    def rack(self, device: Device) -> str | None: ...

    def template(self, device: Device) -> str | None: ...

    def template_name(self, template: Template) -> str:
        """Return a name that no other template has."""


class FrontEndRefused(ConcertimError):
    """The front end refuses an object, or the object can't be offered.

    ``is_conflict``: the front end says that another object is in the way, or
    that one is missing. So it may hold other objects than we think.
    ``answer``: the object as it is after a refused change, if a part of the
    change may have been made.
    """

    def __init__(self, reason: str, *, is_conflict: bool = False) -> None:
        super().__init__(reason)
        self.is_conflict = is_conflict
        self.answer: FrontEndObject | None = None


class PrerequisiteMissing(FrontEndRefused):
    """What an object needs is not there yet."""


class FrontEndMissing(FrontEndRefused):
    """The front end does not have the object (any more)."""


class FrontEndBroken(FrontEndRefused):
    """The front end failed at an object, again and again."""


class FrontEndAway(ConcertimError):
    """The front end does not answer, or does not let us in.

    ``is_sent``: this request may have arrived, and may be the cause.
    """

    def __init__(self, reason: str, *, is_sent: bool = False) -> None:
        super().__init__(reason)
        self.is_sent = is_sent


class FrontEndUnsure(FrontEndAway):
    """A creation had no answer: perhaps it was done."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, is_sent=True)


class FrontEnd(Protocol):
    """A front end. Several threads may use it at once.

    All methods but ``desired`` and ``claims`` make requests, and raise
    FrontEndAway.
    """

    #: noun -> fields that can't be changed. An object in which one differs
    #: is deleted and created again.
    fixed: Mapping[str, Collection[str]]

    def objects(self, noun: str) -> Sequence[FrontEndObject]:
        """Return all templates, racks, devices or teams. 1 request."""

    def desired(
        self,
        shown: Template | Rack | Device,
        references: References,
        actual: Fields,
    ) -> Fields:
        """Return the fields that an object is to have.

        They include all that a creation needs. ``actual`` are the fields
        that the object has now. Raises FrontEndRefused: it can't be shown.
        """

    def claims(self, noun: str, fields: Fields) -> frozenset[Hashable]:
        """Return what an object has that no other can have."""

    def aside(
        self, noun: str, actual: Fields, claims: Collection[Hashable]
    ) -> Fields | None:
        """Return fields with which an object has none of these claims.

        None: there is no free place. 2 requests.
        """

    def create(self, noun: str, desired: Fields) -> FrontEndObject:
        """Create an object. 1 request, 2 if the front end fails at it.

        Raises FrontEndRefused, FrontEndUnsure, and FrontEndMissing if what
        it is to be in is gone.
        """

    def update(
        self, noun: str, foreign_id: str, changes: Fields
    ) -> FrontEndObject:
        """Write fields of an object. 1 request, 2 if they are refused.

        Raises FrontEndRefused.
        """

    def delete(self, noun: str, foreign_id: str) -> None:
        """Delete an object; that it is gone is no error. 1 request.

        Raises FrontEndRefused.
        """
