"""The lines of archives, written and read.

A line is a JSON object: the resource, and observations of it. A resource with
many of them has several lines.
"""

from __future__ import annotations

import dataclasses as dc
import typing
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from concertim_api.domain.ledger.archives import ArchiveRecord
from concertim_api.domain.ledger.observations import Observation, Ref, Says
from concertim_api.payloads import facts
from concertim_api.payloads.facts import Payload, Untranslatable

#: Observations in a line, at most.
MOST = 10_000

#: What each line begins with. No notification does.
BEGINNING = b'{"archived":'

_SAYS = frozenset(typing.get_args(Says))
_FIELDS = tuple(f.name for f in dc.fields(Observation) if f.name != "ref")
_EXACT = ("at", "reported_at", "received_at")


def lines(record: ArchiveRecord) -> Iterator[dict[str, Any]]:
    """Yield the lines of a record. Fields that are None are left out."""
    ref = zip(Ref._fields, record.ref, strict=True)
    resource = {**dict(ref), "generation": record.generation}
    observations = record.observations
    for first in range(0, len(observations), MOST):
        part = observations[first : first + MOST]
        yield {"archived": resource, "observations": [*map(_fields, part)]}


def _fields(observation: Observation) -> dict[str, Any]:
    values = ((name, getattr(observation, name)) for name in _FIELDS)
    return {name: value for name, value in values if value is not None}


def region(document: Payload) -> str:
    """Return the region that a line is of, as far as it can be read."""
    resource = document.get("archived")
    value = resource.get("region") if isinstance(resource, Mapping) else None
    return value[:64] if isinstance(value, str) else ""


def record(document: Payload) -> ArchiveRecord:
    """Return the record of a line. Raises Untranslatable, naming the field."""
    resource = facts.section(document, "archived")
    ref = Ref(*(facts.text(resource, name) for name in Ref._fields))
    observations = [
        _observation(ref, payload)
        for payload in facts.objects("observation", document)
    ]
    generation = facts.big_number(resource, "generation") or 0
    return ArchiveRecord(ref, generation, observations)


def _observation(ref: Ref, payload: Payload) -> Observation:
    says = facts.text(payload, "says")
    if says not in _SAYS:
        raise Untranslatable(f"says: {says[:50]!r} is none of ours")
    at, reported_at, received_at = (_exact(payload, n) for n in _EXACT)
    return Observation(
        ref=ref,
        at=at,
        reported_at=reported_at,
        received_at=received_at,
        key=facts.text(payload, "key"),
        says=typing.cast(Says, says),
        project_id=facts.optional_text(payload, "project_id"),
        shape=facts.section(payload, "shape"),
        details=facts.section(payload, "details"),
        since=facts.moment(payload.get("since"), "since"),
        until=facts.moment(payload.get("until"), "until"),
        source=facts.optional_text(payload, "source") or "",
        author=facts.optional_text(payload, "author"),
        reason=facts.optional_text(payload, "reason"),
        region_rule=facts.optional_text(payload, "region_rule"),
    )


def _exact(payload: Payload, field: str) -> datetime:
    moment = facts.moment(payload.get(field), field)
    if moment is None:
        raise Untranslatable(f"{field}: missing")
    return moment
