"""One reader for an object, whoever writes it.

A ``Form`` has the attributes of an object, and how each is read. A
``Spelling`` has the fields in which one source, an API or a kind of
notification, writes these attributes. So a listing and an event give the
same facts.
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

#: Returns the value of a payload's field, or None. Raises MALFORMED.
FieldReader = Callable[[Payload, str], Any]

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


@dc.dataclass(frozen=True, slots=True)
class Spelling:
    """Returns the facts in a payload of one source.

    ``wrapper``: the field that has the object, or "" if the payload is the
    object. ``project_fields``, ``since_fields``: the best one first.
    ``nullable``: details that are None, not left out, if they are missing.
    """

    id_field: str
    project_fields: tuple[str, ...]
    wrapper: str
    shape: Places
    details: Places
    since_fields: tuple[str, ...]
    nullable: tuple[str, ...]

    def __call__(self, payload: Payload) -> Facts:
        """Return the facts. Raises MALFORMED.

        Untranslatable if there is no id, or not the wrapper.
        """
        if self.wrapper:
            payload = section(payload, self.wrapper)
        project_id = None
        for field in self.project_fields:
            project_id = optional_text(payload, field)
            if project_id is not None:
                break
        details = values(payload, self.details)
        for name in self.nullable:
            details.setdefault(name)
        return Facts(
            id=text(payload, self.id_field),
            project_id=project_id,
            shape=values(payload, self.shape),
            details=details,
            since=second(payload, *self.since_fields),
        )


@dc.dataclass(frozen=True, slots=True)
class Form:
    """The attributes of an object, and the reader of each.

    ``since``: the attributes that date its beginning, the best one first.
    ``nullable``: see ``Spelling``.
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
        """Return how a source spells this object.

        ``fields``: attribute -> field, see ``places_of``. ``project_id``: its
        field, or several, the best one first.
        """
        dates = dict.fromkeys(self.since, second)
        return Spelling(
            id,
            (project_id,) if isinstance(project_id, str) else project_id,
            wrapper,
            places_of(self.shape, fields),
            places_of(self.details, fields),
            tuple(field for _, _, field in places_of(dates, fields)),
            self.nullable,
        )
