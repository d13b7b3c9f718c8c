"""The facts in payloads, and the readers of objects and of single fields.

The reader of a field gets a payload and the name of the field. It returns a
value, or None if there is none, and raises Untranslatable for a value of
another form.

A ``Form`` has the attributes of an object, and how each is read. A
``Spelling`` reads it in the fields in which one source, an API or a kind of
notification, writes these attributes. So a listing and an event give the
same facts.
"""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Callable, Iterable, Mapping
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
    if isinstance(value, str):
        return value or None
    if value is None:
        return None
    raise Untranslatable(f"{field} is not a text: {value!r:.60}")


def _first_text(payload: Payload, fields: Iterable[str]) -> str | None:
    """Return the first text in these fields, or None."""
    for field in fields:
        value = optional_text(payload, field)
        if value is not None:
            return value
    return None


def number(payload: Payload, field: str) -> int | None:
    """Return a whole number from 0 to 2**31 - 1, or None."""
    value = payload.get(field)
    if type(value) is int and 0 <= value < 2**31:  # most of them
        return value
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
    if not isinstance(value, dict):
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
    if date.tzinfo is UTC:
        return date
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
            return date.replace(microsecond=0) if date.microsecond else date
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
    if isinstance(metadata, dict):
        return {str(k): str(v) for k, v in metadata.items()}
    if isinstance(metadata, list):
        return {
            str(item["key"]): str(item["value"])
            for item in metadata
            if isinstance(item, dict) and item.keys() >= {"key", "value"}
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
            if not isinstance(item, dict):
                raise Untranslatable(f"{noun}s[{index}] is not an object")
            yield item
    else:
        yield section(payload, noun)


# One reader for an object, whoever writes it.

#: Returns the value of a payload's field, or None. Raises MALFORMED.
FieldReader = Callable[[Payload, str], Any]

#: Returns the facts in a payload of one source. Raises MALFORMED:
#: Untranslatable if there is no id, or not the wrapper.
Spelling = Callable[[Payload], Facts]

#: The field of an attribute, perhaps with the reader that only this source
#: needs. None: the source does not have the attribute.
Field = str | tuple[str, FieldReader] | None

#: For each attribute its name, its reader and its field.
Places = tuple[tuple[str, FieldReader, str], ...]


def read_by(reader: FieldReader, names: str) -> dict[str, FieldReader]:
    """Return attributes with the same reader.

    ``names``: the names of the attributes, with spaces between them.
    """
    return dict.fromkeys(names.split(), reader)


def places_of(
    attributes: Mapping[str, FieldReader], fields: Mapping[str, Field]
) -> Places:
    """Return where a source has attributes.

    An attribute that is not in ``fields`` is in the field of its own name.
    """
    result = []
    for name, reader in attributes.items():
        field = fields.get(name, name)
        if isinstance(field, tuple):
            field, reader = field
        if field is not None:
            result.append((name, reader, field))
    return tuple(result)


def values(payload: Payload, places: Places) -> dict[str, Any]:
    """Return the attributes of a payload, without those that are None."""
    attributes = {}
    for name, reader, field in places:
        value = reader(payload, field)
        if value is not None:
            attributes[name] = value
    return attributes


def nested(places: Places, *wrappers: str) -> FieldReader:
    """Return the reader of an object in a field, perhaps in wrappers there.

    It returns the object's attributes, or None if there are none. It raises
    Untranslatable if the field or a wrapper is missing.
    """

    def read(payload: Payload, field: str) -> dict[str, Any] | None:
        for name in (field, *wrappers):
            payload = section(payload, name)
        return values(payload, places) or None

    return read


def beside(places: Places) -> FieldReader:
    """Return the reader of an object whose fields are beside the others."""
    return lambda payload, _: values(payload, places) or None


@dc.dataclass(frozen=True, slots=True)
class Form:
    """The attributes of an object, and the reader of each.

    ``since``: the attributes that date its beginning, the best one first.
    ``nullable``: details that are None, not left out, if they are missing.
    """

    shape: Mapping[str, FieldReader] = dc.field(default_factory=dict)
    details: Mapping[str, FieldReader] = dc.field(default_factory=dict)
    since: tuple[str, ...] = ("created_at",)
    nullable: tuple[str, ...] = ()

    def spelled(
        self,
        *,
        id: str = "id",
        project_id: str | tuple[str, ...] = (),
        wrapper: str = "",
        **fields: Field,
    ) -> Spelling:
        """Return the reader of this object as one source spells it.

        ``fields``: attribute -> field, see ``places_of``. ``project_id``: its
        field, or several, the best one first. ``wrapper``: the field that has
        the object, or "" if the payload is the object.
        """
        project_fields = (
            (project_id,) if isinstance(project_id, str) else project_id
        )
        shape = places_of(self.shape, fields)
        details = places_of(self.details, fields)
        dates = places_of(dict.fromkeys(self.since, second), fields)
        since_fields = [field for _, _, field in dates]
        blank = dict.fromkeys(self.nullable)

        def read(payload: Payload) -> Facts:
            if wrapper:
                payload = section(payload, wrapper)
            return Facts(
                id=text(payload, id),
                project_id=_first_text(payload, project_fields),
                shape=values(payload, shape),
                details={**blank, **values(payload, details)},
                since=second(payload, *since_fields),
            )

        return read
