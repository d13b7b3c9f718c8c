"""Rows of the tables from domain objects, and back."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from concertim_api.db.types import (
    FOREVER,
    from_micros,
    from_seconds,
    to_micros,
    to_seconds,
)
from concertim_api.domain.attributes import (
    belongs_to,
    invalid_size,
    is_usage,
    size_of,
    state_of,
    type_of,
)
from concertim_api.domain.errors import Invalid
from concertim_api.domain.ledger.observations import (
    Attributes,
    Life,
    Observation,
    ObservationOrder,
    Period,
    Ref,
    trim,
)

#: Columns of resources, in the order of ``life_row``. The transaction adds
#: the last five.
LIFE = (
    "last_at",
    "last_reported_at",
    "last_key",
    "project_id",
    "name",
    "state",
    "type",
    "shape",
    "details",
    "start_at",
    "end_at",
    "ended",
    "corrected",
    "belongs_to",
    "generation",
    "updated_at",
    "stale",
    "refold_at",
    "archived_to",
)

OBSERVATION = (
    *("resource_pk", "key", "at", "reported_at", "received_at", "says"),
    *("project_id", "shape", "details", "since_at", "until_at"),
    *("source", "author", "reason", "region_rule"),
)

#: Columns of a period that may change; its resource and start may not.
PERIOD_VALUES = (
    "project_id",
    "end_at",
    "state",
    "type",
    "vcpus",
    "ram_mb",
    "disk_gb",
    "is_usage",
    "shape",
)
PERIOD = ("resource_pk", "region", "kind", "start_at", *PERIOD_VALUES)

#: Bytes in the JSON of one observation, at most.
_LARGEST = 1024 * 1024

_EMPTY: Attributes = {}


def dumps(field: str, value: Attributes) -> str:
    """Return JSON text with sorted keys: equal values, equal text."""
    if not value:
        return "{}"
    try:
        text = orjson.dumps(value, default=dict, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError as error:
        raise Invalid(field, f"not JSON: {error}") from None
    if len(text) > _LARGEST:
        raise Invalid(field, f"larger than {_LARGEST} bytes")
    # 1e400 and NaN would come back as null. Looking at each value takes ten
    # times as long as comparing what comes back; counting, a tenth.
    nulls = text.count(b"null")
    if (
        nulls
        and nulls != list(value.values()).count(None)
        and not (orjson.loads(text) == value or is_storable(value))
    ):
        raise Invalid(field, "has a number that is none (1e400, NaN)")
    return text.decode()


def is_storable(value: object) -> bool:
    """Whether each number in a JSON value is finite.

    Without that, two readings of one value can differ.
    """
    if isinstance(value, Mapping):
        return all(map(is_storable, value.values()))
    if isinstance(value, list | tuple):
        return all(map(is_storable, value))
    return not isinstance(value, float) or math.isfinite(value)


class Dump:
    """JSON text of attributes, made once for each object.

    A running period has the same object as shape as its life. The objects
    must live as long as this one.
    """

    def __init__(self) -> None:
        self._texts: dict[int, str] = {}

    def __call__(self, field: str, value: Attributes) -> str:
        text = self._texts.get(id(value))
        if text is None:
            text = self._texts[id(value)] = dumps(field, value)
        return text


def check_refs(refs: Iterable[Ref]) -> None:
    for region, kind, name in refs:
        _limited("region", region, 64)
        _limited("kind", kind, 64)
        _limited("id", name)


def _limited(field: str, value: Any, limit: int = 255) -> str | None:
    """Return the text if its column holds it, alike in every database."""
    if value is None:
        return None
    text = value if isinstance(value, str) else str(value)
    if len(text) <= limit and text.isascii() and "\0" not in text:
        return text
    if len(text) > limit:
        raise Invalid(field, f"longer than {limit} characters")
    if "\0" in text:
        raise Invalid(field, "has a NUL character")
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise Invalid(field, "has half a character (a lone surrogate)")
    return text


def observation_row(pk: int, fact: Observation) -> tuple[Any, ...]:
    """Return a row of ``OBSERVATION``. Raises Invalid."""
    field = invalid_size(fact.shape)
    if field is not None:
        raise Invalid(field, "counts nothing: not a number from 0 to 2^31")
    return (
        pk,
        _limited("key", fact.key),
        to_seconds(fact.at),
        to_micros(fact.reported_at),
        to_micros(fact.received_at),
        fact.says,
        _limited("project_id", fact.project_id),
        dumps("shape", fact.shape),
        dumps("details", fact.details),
        None if fact.since is None else to_seconds(fact.since),
        None if fact.until is None else to_seconds(fact.until),
        _limited("source", fact.source),
        _limited("author", fact.author),
        _limited("reason", fact.reason, 10000),
        _limited("region_rule", fact.region_rule),
    )


def observation(ref: Ref, row: Any) -> Observation:
    """Return the observation of a row of ``OBSERVATION``."""
    _, key, at, reported_at, received_at, says, project_id = row[:7]
    shape, details, since, until, source, author = row[7:13]
    reason, region_rule = row[13:15]
    return Observation(
        ref=ref,
        at=from_seconds(at),
        reported_at=from_micros(reported_at),
        received_at=from_micros(received_at),
        key=key,
        says=says,
        project_id=project_id,
        shape=loads(shape),
        details=loads(details),
        since=None if since is None else from_seconds(since),
        until=None if until is None else from_seconds(until),
        source=source,
        author=author,
        reason=reason,
        region_rule=region_rule,
    )


def loads(text: str) -> Attributes:
    return _EMPTY if text == "{}" else orjson.loads(text)


def period_row(
    pk: int, ref: Ref, period: Period, dump: Dump
) -> tuple[Any, ...]:
    """Return a row of ``PERIOD``."""
    shape = period.shape
    size = size_of(shape)
    return (
        pk,
        ref.region,
        ref.kind,
        to_seconds(period.start),
        _limited("project_id", period.project_id),
        FOREVER if period.end is None else to_seconds(period.end),
        _limited("state", state_of(shape, _EMPTY), 64),
        _limited("type", type_of(shape)),
        size.vcpus,
        size.ram_mb,
        size.disk_gb,
        int(is_usage(shape)),
        dump("shape", shape),
    )


def period(row: Any) -> Period:
    """Return the period of a row of ``PERIOD``."""
    return Period(
        from_seconds(row.start_at),
        None if row.end_at == FOREVER else from_seconds(row.end_at),
        row.project_id,
        loads(row.shape),
    )


def life_row(kind: str, life: Life, dump: Dump) -> tuple[Any, ...]:
    """Return a row of ``LIFE`` without its last five columns."""
    at, reported_at, key = life.order
    has_order = bool(key)
    return (
        to_seconds(at) if has_order else None,
        to_micros(reported_at) if has_order else None,
        key if has_order else None,
        life.project_id,
        _limited("name", life.details.get("name")) or "",
        _limited("state", state_of(life.shape, life.details), 64),
        _limited("type", type_of(life.shape)),
        dump("shape", life.shape),
        _details(life, dump),
        None if life.start is None else to_seconds(life.start),
        None if life.end is None else to_seconds(life.end),
        life.ended,
        int(life.corrected),
        _limited("id", belongs_to(kind, life.shape, life.details)),
    )


def _details(life: Life, dump: Dump) -> str:
    """Return the text of details. Those of all observations together may be
    too large: then the largest are left out."""
    try:
        return dump("details", life.details)
    except Invalid:
        return dumps("details", trim(life.details)[0])


def life(row: Sequence[Any]) -> Life:
    """Return the life of a row of ``LIFE``."""
    at, reported_at, key, project_id, _, _, _, shape, details = row[:9]
    start, end, ended, corrected = row[9:13]
    unfinished, archived = (moment is not None for moment in row[-2:])
    if key is None and not corrected:
        return Life(unfinished=unfinished, archived=archived)
    return Life(
        order=Life().order
        if key is None
        else ObservationOrder(from_seconds(at), from_micros(reported_at), key),
        project_id=project_id,
        shape=loads(shape),
        details=loads(details),
        start=None if start is None else from_seconds(start),
        end=None if end is None else from_seconds(end),
        ended=ended,
        corrected=bool(corrected),
        unfinished=unfinished,
        archived=archived,
    )


def news(before: Life, after: Life) -> bool:
    """Whether two lives differ in more than their order."""
    return (
        after.shape != before.shape
        or after.details != before.details
        or after.project_id != before.project_id
        or after.start != before.start
        or after.end != before.end
        or after.ended != before.ended
        or after.corrected != before.corrected
    )
