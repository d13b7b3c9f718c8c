"""The facts in payloads, and the readers of single fields.

A reader gets a payload and the name of a field. It returns a value, or None
if there is none, and raises Untranslatable for a value of another form.
"""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from concertim_api.domain.errors import ConcertimError
from concertim_api.domain.ledger.observations import Says

Payload = Mapping[str, Any]

#: What the reader of a payload may raise, if nobody foresaw its form.
MALFORMED = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


class Untranslatable(ConcertimError, ValueError):
    """A payload that can not be read; it says why."""


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What one payload says of one resource.

    ``shape`` counts for usage, ``details`` do not. ``since``: the beginning
    of the resource. ``at``: the time of the fact. ``at`` and ``says`` are
    None if not the payload but the row of its event decides.
    """

    id: str
    project_id: str | None = None
    shape: Mapping[str, Any] = dc.field(default_factory=dict)
    details: Mapping[str, Any] = dc.field(default_factory=dict)
    since: datetime | None = None
    at: datetime | None = None
    says: Says | None = None


def text(payload: Payload, field: str) -> str:
    """Return a text. Raises Untranslatable if it is missing."""
    value = optional_text(payload, field)
    if value is None:
        raise Untranslatable(f"{field} is missing")
    return value


def optional_text(payload: Payload, field: str) -> str | None:
    """Return a text, or None; services also write "" for none."""
    value = payload.get(field)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise Untranslatable(f"{field} is not a text: {value!r:.60}")
    return value


def number(payload: Payload, field: str) -> int | None:
    """Return a whole number from 0 to 2**31 - 1, or None."""
    value = payload.get(field)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | str | float):
        raise Untranslatable(f"{field} is not a number: {value!r:.60}")
    try:
        whole = int(value)
    except (ValueError, OverflowError):  # "many", NaN, 1e400
        raise Untranslatable(
            f"{field} is not a number: {value!r:.60}"
        ) from None
    is_broken = isinstance(value, float) and value != whole
    if is_broken or not 0 <= whole < 2**31:
        raise Untranslatable(f"{field} is out of range: {value!r:.60}")
    return whole


def big_number(payload: Payload, field: str) -> int | None:
    """Return a whole number of any size, or None."""
    value = payload.get(field)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Untranslatable(f"{field} is not a number: {value!r:.60}")
    return value


def section(payload: Payload, field: str) -> Payload:
    """Return a payload in a field. Raises Untranslatable without one."""
    value = payload.get(field)
    if not isinstance(value, Mapping):
        raise Untranslatable(f"{field} is missing")
    return value


def moment(value: object, field: str) -> datetime | None:
    """Return a date in UTC, or None. A date without a zone is in UTC.

    ``field``: the name of the field, for the error.
    """
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise Untranslatable(f"{field} is not a date: {value!r:.60}")
    try:
        date = datetime.fromisoformat(value)
    except ValueError:
        raise Untranslatable(f"{field} is not a date: {value!r:.60}") from None
    if date.tzinfo is None:
        return date.replace(tzinfo=UTC)
    try:
        return date.astimezone(UTC)
    except OverflowError:
        raise Untranslatable(
            f"{field} is out of range: {value!r:.60}"
        ) from None


def second(payload: Payload, *fields: str) -> datetime | None:
    """Return the first date in these fields, in whole seconds, or None."""
    for field in fields:
        date = moment(payload.get(field), field)
        if date is not None:
            return date.replace(microsecond=0)
    return None


def stamp(payload: Payload, field: str) -> str | None:
    """Return a date as an ISO 8601 text, in whole seconds, or None."""
    date = second(payload, field)
    return None if date is None else date.isoformat()


def present(**attributes: Any) -> dict[str, Any]:
    """Return the attributes that are not None."""
    return {k: v for k, v in attributes.items() if v is not None}


def pairs(payload: Payload, field: str) -> dict[str, str] | None:
    """Return metadata, or None; some services send a list of pairs."""
    metadata = payload.get(field)
    if isinstance(metadata, Mapping):
        return {str(k): str(v) for k, v in metadata.items()}
    if isinstance(metadata, list):
        return {
            str(item["key"]): str(item["value"])
            for item in metadata
            if isinstance(item, Mapping) and item.keys() >= {"key", "value"}
        }
    return None


def as_is(payload: Payload, field: str) -> Any:
    """Return the value of a field as it is, or None."""
    return payload.get(field)


def objects(noun: str, payload: Payload) -> Iterable[Payload]:
    """Yield the objects in a payload: one, or several made at once.

    Raises Untranslatable if one of them is no object, or there is none.
    """
    items = payload.get(noun + "s")
    if isinstance(items, list):
        for index, item in enumerate(items):
            if not isinstance(item, Mapping):
                raise Untranslatable(f"{noun}s[{index}] is not an object")
            yield item
    else:
        yield section(payload, noun)
