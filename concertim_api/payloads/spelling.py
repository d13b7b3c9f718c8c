"""One reader for an object, whoever writes it.

A ``Form`` says what is kept of an object, and how each attribute is read. A
``Spelling`` says where one source (an API, or a kind of notification) has
these attributes. So a listing and an event give the same facts.
"""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Callable, Mapping
from typing import Any

from concertim_api.payloads.facts import (
    Facts,
    Payload,
    optional_text,
    second,
    section,
    text,
)

#: Returns the value of a payload's field; None: it tells nothing.
Read = Callable[[Payload, str], Any]

#: Name of an attribute, how it is read, and from which field.
Fields = tuple[tuple[str, Read, str], ...]

#: The field of an attribute, perhaps with a way to read it that only this
#: source needs. None: the source does not have it.
Field = str | tuple[str, Read] | None


def each(read: Read, names: str) -> dict[str, Read]:
    """Return attributes that are read in one way, by their names."""
    return dict.fromkeys(names.split(), read)


def nested(attributes: Fields, *wrappers: str) -> Read:
    """Return the reader of an object within another one, perhaps wrapped."""

    def read(payload: Payload, field: str) -> dict[str, Any] | None:
        for name in (field, *wrappers):
            payload = section(payload, name)
        return values(payload, attributes) or None

    return read


@dc.dataclass(frozen=True, slots=True)
class Spelling:
    """Reads the objects of one source. Called with a payload, it returns
    facts. Raises what ``Read`` raises, and Untranslatable without an id.

    ``wrapper``: the field that has the object; "": it is the payload.
    ``project_ids``, ``since``: fields, the best one first. ``kept``: details
    that are None, and not left out, where the payload tells nothing of them.
    """

    id: str
    project_ids: tuple[str, ...]
    wrapper: str
    shape: Fields
    details: Fields
    since: tuple[str, ...]
    kept: tuple[str, ...]

    def __call__(self, payload: Payload) -> Facts:
        if self.wrapper:
            payload = section(payload, self.wrapper)
        project_id = None
        for field in self.project_ids:
            project_id = optional_text(payload, field)
            if project_id is not None:
                break
        details = values(payload, self.details)
        for name in self.kept:
            details.setdefault(name)
        return Facts(
            id=text(payload, self.id),
            project_id=project_id,
            shape=values(payload, self.shape),
            details=details,
            since=second(payload, *self.since),
        )


@dc.dataclass(frozen=True, slots=True)
class Form:
    """The attributes of an object, and how each is read.

    ``since``: attributes that date its beginning, the best one first.
    ``kept``: see ``Spelling``.
    """

    shape: Mapping[str, Read] = dc.field(default_factory=dict)
    details: Mapping[str, Read] = dc.field(default_factory=dict)
    since: tuple[str, ...] = ("created_at",)
    kept: tuple[str, ...] = ()

    def spelled(
        self,
        *,
        id: str = "id",
        project_id: str | tuple[str, ...] = (),
        wrapper: str = "",
        **fields: Field,
    ) -> Spelling:
        """Return how a source spells this object.

        ``fields``: attribute -> field. An attribute that is not named there
        is in the field of its own name.
        """
        dates = dict.fromkeys(self.since, second)
        return Spelling(
            id,
            (project_id,) if isinstance(project_id, str) else project_id,
            wrapper,
            spelled(self.shape, fields),
            spelled(self.details, fields),
            tuple(field for _, _, field in spelled(dates, fields)),
            self.kept,
        )


def spelled(
    attributes: Mapping[str, Read], fields: Mapping[str, Field]
) -> Fields:
    """Return where a source has attributes, without those it lacks."""
    places = []
    for name, read in attributes.items():
        field = fields.get(name, name)
        if isinstance(field, tuple):
            field, read = field
        if field is not None:
            places.append((name, read, field))
    return tuple(places)


def values(payload: Payload, fields: Fields) -> dict[str, Any]:
    """Return the attributes that a payload tells."""
    attributes = {}
    for name, read, field in fields:
        value = read(payload, field)
        if value is not None:
            attributes[name] = value
    return attributes
