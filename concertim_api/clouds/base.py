"""What a driver of a cloud is, and what all of them share.

A driver is a function ``clouds(conf, clock)``, in the stevedore namespace
``concertim_api.clouds``. It returns one ``services.cloud.reading.Cloud`` for
each region that the configuration names, and makes no request: the cloud may
be away when we start. It raises ``Invalid``, which names the option.

A ``Cloud`` keeps these promises; ``tests/contract/test_clouds.py`` holds
every driver to them:

- what it says of a resource is said in the words of the notifications
  (``payloads``), so that a listing of what is known is no news;
- each sighting is of the moment in which its page was asked for;
- an object that can't be understood is left out, by its id and with the
  reason, and nothing else with it;
- a page that does not come, or is no page, raises ``Unavailable``: a
  listing that ends without it is complete;
- a service that the cloud does not have raises ``NotListed``;
- no error, no log and no sighting holds a secret.

It may be called by several threads at once.
"""

from __future__ import annotations

import contextlib
import dataclasses as dc
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from concertim_api.domain.errors import Unavailable
from concertim_api.domain.ledger.observations import (
    Attributes,
    Observation,
    Ref,
)
from concertim_api.domain.ledger.sightings import Sighting, absence, key_of
from concertim_api.payloads.facts import (
    MALFORMED,
    Facts,
    Payload,
    Untranslatable,
    second,
)
from concertim_api.services.cloud.reading import ListingPage, Omission

#: What a cloud can list, in the order of a full sync: what others refer to
#: comes first.
KINDS = (
    "project",
    "user",
    "flavor",
    "volume_type",
    "image",
    "network",
    "router",
    "floating_ip",
    "port",
    "volume",
    "snapshot",
    "instance",
    "stack",
)

#: The field of an API's answer that dates the last change. Of a stack it
#: dates the beginning of the last action, not what came of it.
CHANGED = {
    "image": "updated_at",
    "network": "updated_at",
    "router": "updated_at",
    "floating_ip": "updated_at",
    "port": "updated_at",
    "volume": "updated_at",
    "snapshot": "updated_at",
    "instance": "updated",
}

#: Reads one object of an answer.
Reader = Callable[[Payload], Facts]

#: The longest id, and the longest name, that the database keeps.
_LONGEST = 255


@dc.dataclass(frozen=True, slots=True)
class Asked:
    """A question to a cloud: where, when, and by what (``source``: a
    *listing* or a *look*)."""

    region: str
    at: datetime
    source: str = "listing"

    def page(
        self, kind: str, things: Iterable[object], read: Reader
    ) -> ListingPage:
        """Return a page of an answer; who can't be read is left out."""
        sightings, left_out = [], []
        for thing in things:
            try:
                sightings.append(self.sighting(kind, thing, read))
            except MALFORMED as exc:
                left_out.append(Omission(id_of(thing), why(exc)))
        return ListingPage(sightings, left_out)

    def sighting(self, kind: str, thing: object, read: Reader) -> Sighting:
        """Return what an object of an answer shows. Raises MALFORMED."""
        if not isinstance(thing, Mapping):
            raise Untranslatable("it is not an object")
        field = CHANGED.get(kind)
        return self.saw(
            kind, read(thing), second(thing, field) if field else None
        )

    def saw(
        self, kind: str, facts: Facts, changed_at: datetime | None = None
    ) -> Sighting:
        """Return the facts as a sighting. Raises Untranslatable."""
        for field, value in (("id", facts.id), ("project", facts.project_id)):
            if value is not None and len(value) > _LONGEST:
                raise Untranslatable(
                    f"its {field} is longer than {_LONGEST} characters"
                )
        return Sighting(self._observation(kind, facts), changed_at)

    def absent(self, kind: str, resource_id: str) -> Sighting:
        """Return that there is no such resource."""
        return absence(
            Ref(self.region, kind, resource_id), self.at, self.source
        )

    def _observation(self, kind: str, facts: Facts) -> Observation:
        ref = Ref(self.region, kind, facts.id)
        return Observation(
            ref=ref,
            at=facts.at or self.at.replace(microsecond=0),
            reported_at=self.at,
            received_at=self.at,
            key=key_of(self.source, ref, self.at),
            says=facts.says or "alive",
            project_id=facts.project_id,
            shape=facts.shape,
            details=facts.details,
            since=facts.since,
            source=self.source,
        )


def detailed(facts: Facts, more: Attributes) -> Facts:
    """Return facts with more details."""
    return dc.replace(facts, details={**facts.details, **more})


def id_of(thing: object) -> str | None:
    """Return the id of an object that could not be read, if it has one."""
    value = thing.get("id") if isinstance(thing, Mapping) else None
    return value[:_LONGEST] if isinstance(value, str) and value else None


@contextlib.contextmanager
def readable(about: str) -> Iterator[None]:
    """Raise Unavailable, with the reason, if an answer can't be read."""
    try:
        yield
    except MALFORMED as exc:
        raise Unavailable(f"{about}: {why(exc)}") from None


def why(exc: Exception) -> str:
    """Return why an object could not be read."""
    if isinstance(exc, Untranslatable):
        return str(exc)
    problem = f"{type(exc).__name__}: {str(exc)[:80]}"
    return f"it is of an unforeseen form: {problem}"
