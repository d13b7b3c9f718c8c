"""The routes that create, change and end servers."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from concertim_api.api.dialects.almanach import documents
from concertim_api.api.dialects.almanach.documents import (
    BadRequest,
    Fields,
    InvalidFields,
    Missing,
    Request,
)
from concertim_api.api.dialects.almanach.entities import SYSTEM, Entity
from concertim_api.api.dialects.almanach.writes import Writer, part
from concertim_api.api.dialects.dialect import Reply, route
from concertim_api.domain.errors import Conflict
from concertim_api.domain.ledger.observations import Attributes

#: The form of dates where a running entity is rewritten.
_DATE = "%Y-%m-%dT%H:%M:%S.%fZ"

_KIND = "instance"


@dc.dataclass(frozen=True, slots=True)
class Servers:
    writer: Writer

    @route(
        "POST",
        "/project/{project}/instance",
        *("id", "created_at", "name", "flavor"),
        *("os_type", "os_distro", "os_version"),
    )
    def create(self, request: Request) -> Reply:
        fields = request.fields
        server_id = documents.text(fields, "id")
        name = documents.text(fields, "name")
        name_of_flavor = documents.text(fields, "flavor")
        image = _image({n.removeprefix("os_"): v for n, v in fields.items()})
        start = documents.body_date(fields["created_at"])
        flavor = self.writer.resources.flavor(name_of_flavor)
        self.writer.record(
            request,
            _KIND,
            server_id,
            part(
                "add",
                self.writer.past(start),
                project_id=request.path["project"],
                name=name,
                shape={"flavor": flavor, "image": image},
            ),
        )
        return Reply(status=201)

    @route("DELETE", "/instance/{server}", "date")
    def delete(self, request: Request) -> Reply:
        self._running(request)
        date = documents.body_date(request.fields["date"])
        self._record(request, part("close", self.writer.past(date)))
        return Reply(status=202)

    @route("PUT", "/instance/{server}/resize", "date", "flavor")
    def resize(self, request: Request) -> Reply:
        flavor = documents.text(request.fields, "flavor")
        entity = self._running(request)
        date = documents.body_date(request.fields["date"])
        if entity.billed["flavor"] != flavor:
            shape = {"flavor": self.writer.resources.flavor(flavor)}
            start = self.writer.past(date)
            self._record(request, part("rewrite", start, shape=shape))
        return Reply()

    @route(
        "PUT",
        "/instance/{server}/rebuild",
        *("rebuild_date", "distro", "version", "os_type"),
    )
    def rebuild(self, request: Request) -> Reply:
        self._running(request)
        date = documents.body_date(request.fields["rebuild_date"])
        shape = {"image": _image(request.fields)}
        start = self.writer.past(date)
        self._record(request, part("rewrite", start, shape=shape))
        return Reply()

    @route("PUT", "/entity/instance/{server}")
    def rewrite(self, request: Request) -> Reply:
        """Rewrite the entity that runs or, with a window, one that ended."""
        server_id = request.path["server"]
        if "start" in request.query:
            entity = self._closed(request)
            change = _change(request.fields, documents.body_date)
        else:
            change = _change(request.fields, _strict_date)
            entity = self._running(request)
        parts = [*_parts(entity, change, self.writer)]
        if parts:
            self._record(request, *parts)
        start = change.start or entity.start
        entities = self.writer.of(request, _KIND, server_id)
        for entity in reversed(entities):
            if entity.start <= start:
                return Reply(entity.document())
        raise Missing(f"InstanceId: {server_id} Not Found")

    def _running(self, request: Request) -> Entity:
        server_id = request.path["server"]
        text = f"InstanceId: {server_id} Not Found"
        return self.writer.running(request, _KIND, server_id, text)

    def _closed(self, request: Request) -> Entity:
        """Return the one entity that ended within a window."""
        if "end" not in request.query:
            raise documents.mandatory("end")
        start = documents.query_date(request.query["start"])
        end = documents.query_date(request.query["end"])
        server_id = request.path["server"]
        entities = [
            entity
            for entity in self.writer.of(request, _KIND, server_id)
            if entity.end and start <= entity.start and entity.end <= end
        ]
        if len(entities) > 1:
            raise BadRequest(
                "Multiple entities found while updating a closed entity"
            )
        if not entities:
            raise Missing(f"InstanceId: {server_id} Not Found with start")
        return entities[0]

    def _record(self, request: Request, *parts: Mapping[str, Any]) -> None:
        self.writer.record(request, _KIND, request.path["server"], *parts)


@dc.dataclass(frozen=True, slots=True)
class _Change:
    """What becomes of an entity; None: it stays."""

    start: datetime | None
    end: datetime | None
    name: str | None
    flavor: str | None
    shape: Attributes


def _change(fields: Fields, date: Callable[[object], datetime]) -> _Change:
    """Return the change that a body means. Raises InvalidFields, with all
    that is wrong."""
    wrong = {n: "extra keys not allowed" for n in fields if n not in _FIELDS}
    values: dict[str, Any] = {}
    for name, read in _FIELDS.items():
        if name not in fields:
            continue
        try:
            values[name] = read(fields, name)
            if name in _DATES:
                values[name] = date(fields[name])
        except InvalidFields as exc:
            wrong |= exc.more["fields"]
        except BadRequest:
            wrong[name] = f"value does not match expected format {_DATE}"
    if wrong:
        raise InvalidFields(wrong)
    shape = {ours: values[n] for n, ours in _SHAPE.items() if n in values}
    return _Change(
        values.get("start_date"),
        values.get("end_date"),
        values.get("name"),
        values.get("flavor"),
        shape,
    )


def _strict_date(value: object) -> datetime:
    try:
        return datetime.strptime(str(value), _DATE).replace(tzinfo=UTC)
    except ValueError:
        raise BadRequest("") from None


def _system(fields: Fields, name: str) -> Attributes:
    system = fields[name]
    if not isinstance(system, dict):
        raise InvalidFields({name: "expected a dictionary"})
    missing = [key for key in SYSTEM if key not in system]
    if missing:
        raise InvalidFields({name: "required key not provided"})
    return _image(system)


def _metadata(fields: Fields, name: str) -> Attributes:
    if not isinstance(fields[name], dict):
        raise InvalidFields({name: "expected dict"})
    return dict(fields[name])


_FIELDS: Mapping[str, Callable[[Fields, str], Any]] = {
    "name": documents.text,
    "flavor": documents.text,
    "os": _system,
    "metadata": _metadata,
    "start_date": documents.text,
    "end_date": documents.text,
}

_DATES = ("start_date", "end_date")

#: Fields that are attributes of a server, and which.
_SHAPE: Mapping[str, str] = {"os": "image", "metadata": "metadata"}


def _image(properties: Fields) -> Attributes:
    """Return the image with properties by Almanach's names. Raises
    InvalidFields."""
    named = {"os_type": properties.get("type"), **properties}
    image: dict[str, Any] = {"id": None}
    for name, ours in SYSTEM.items():
        value = named.get(name)
        if value is not None and not isinstance(value, str):
            raise InvalidFields({name: "expected str"})
        if value:
            image[ours] = value
    return image


def _parts(
    entity: Entity, change: _Change, writer: Writer
) -> Iterator[Mapping[str, Any]]:
    """Yield the corrections that change an entity: their windows do not
    overlap, so they are one change or none.

    What is cut off is void, what is added is set, and the rest rewritten.
    """
    shape = {**change.shape}
    if change.flavor is not None:
        shape["flavor"] = writer.resources.flavor(change.flavor)
    start = _whole(change.start) or entity.start
    end = _whole(change.end) or entity.end
    _check(entity, start, end)
    if change.name and entity.end is not None:
        raise Conflict("The name of an entity that has ended can't change.")
    yield from _cut_off(entity, start, end)
    if shape or change.name:
        kept = max(start, entity.start)
        until = min(filter(None, (end, entity.end)), default=None)
        yield part("rewrite", kept, until, shape=shape, name=change.name)
    added = dict(project_id=entity.project_id, shape={**entity.shape, **shape})
    if start < entity.start:
        yield part("add", start, entity.start, **added)
    if entity.end and end and entity.end < end:
        yield part("add", entity.end, end, **added)


def _check(entity: Entity, start: datetime, end: datetime | None) -> None:
    if end is not None and end <= start:
        raise InvalidFields({"end_date": "must be after the start"})
    if (entity.end and entity.end <= start) or (end and end <= entity.start):
        raise Conflict("Nothing would be left of the entity.")


def _cut_off(
    entity: Entity, start: datetime, end: datetime | None
) -> Iterator[Mapping[str, Any]]:
    if entity.start < start:
        yield part("close", entity.start, start)
    if end is not None and (entity.end is None or end < entity.end):
        yield part("close", end, entity.end)


def _whole(date: datetime | None) -> datetime | None:
    return date and date.replace(microsecond=0)
