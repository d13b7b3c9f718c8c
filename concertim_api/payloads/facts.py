"""Reading payloads: the facts in them, or a clear complaint."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from concertim_api.domain.errors import ConcertimError
from concertim_api.domain.ledger.observations import Says

Payload = Mapping[str, Any]

#: What reading a payload of a form that nobody foresaw can raise.
MALFORMED = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


class Untranslatable(ConcertimError, ValueError):
    """A notification that should tell us something, but does not."""


@dc.dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What one payload says of one resource.

    ``at`` and ``says`` are given where the payload itself decides; else the
    row of the event does.
    """

    id: str
    project_id: str | None = None
    shape: Mapping[str, Any] = dc.field(default_factory=dict)
    details: Mapping[str, Any] = dc.field(default_factory=dict)
    since: datetime | None = None
    at: datetime | None = None
    says: Says | None = None


def text(payload: Payload, field: str) -> str:
    """Return a text that must be there."""
    value = optional_text(payload, field)
    if value is None:
        raise Untranslatable(f"{field} is missing")
    return value


def optional_text(payload: Payload, field: str) -> str | None:
    """Return a text, or None: services write "" for "none" too."""
    value = payload.get(field)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise Untranslatable(f"{field} is not a text: {value!r:.60}")
    return value


def number(payload: Payload, field: str) -> int | None:
    """Return a whole number, or None."""
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
    """Return a number of bytes, or None."""
    value = payload.get(field)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Untranslatable(f"{field} is not a number: {value!r:.60}")
    return value


def section(payload: Payload, field: str) -> Payload:
    """Return a nested payload that must be there."""
    value = payload.get(field)
    if not isinstance(value, Mapping):
        raise Untranslatable(f"{field} is missing")
    return value


def moment(value: object, field: str) -> datetime | None:
    """Return a date in UTC, or None. Dates without a zone are in UTC."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise Untranslatable(f"{field} is not a date: {value!r:.60}")
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise Untranslatable(f"{field} is not a date: {value!r:.60}") from None
    if found.tzinfo is None:
        return found.replace(tzinfo=UTC)
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise Untranslatable(
            f"{field} is out of range: {value!r:.60}"
        ) from None


def second(payload: Payload, *fields: str) -> datetime | None:
    """Return the first of these dates that is there, in whole seconds."""
    for field in fields:
        found = moment(payload.get(field), field)
        if found is not None:
            return found.replace(microsecond=0)
    return None


def stamp(payload: Payload, field: str) -> str | None:
    """Return a date as the text that details hold, in whole seconds."""
    at = second(payload, field)
    return None if at is None else at.isoformat()


def present(**attributes: Any) -> dict[str, Any]:
    """Return the attributes that are known."""
    return {k: v for k, v in attributes.items() if v is not None}


def pairs(payload: Payload, field: str) -> dict[str, str] | None:
    """Return metadata as a dictionary: services send it in two ways."""
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
    """Return whatever a field has, or None."""
    return payload.get(field)


def versioned(payload: Payload, prefix: str) -> Payload:
    """Return the data of a versioned object."""
    return section(payload, f"{prefix}_object.data")


def objects(noun: str, payload: Payload) -> Iterable[Payload]:
    """Yield the objects in a payload of one, or of many made at once."""
    many = payload.get(noun + "s")
    if isinstance(many, list):
        for index, item in enumerate(many):
            if not isinstance(item, Mapping):
                raise Untranslatable(f"{noun}s[{index}] is not an object")
            yield item
    else:
        yield section(payload, noun)
