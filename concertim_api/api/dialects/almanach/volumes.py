"""The routes that create, change and end volumes, and those of their types."""

from __future__ import annotations

import dataclasses as dc
from datetime import datetime
from typing import Any

from concertim_api.api.dialects.almanach import documents
from concertim_api.api.dialects.almanach.callers import Callers
from concertim_api.api.dialects.almanach.documents import Missing, Request
from concertim_api.api.dialects.almanach.writes import Writer, part
from concertim_api.api.dialects.dialect import Reply, route
from concertim_api.services.common.listing import Filter

_KIND = "volume"


@dc.dataclass(frozen=True, slots=True)
class Volumes:
    writer: Writer

    @route(
        "POST",
        "/project/{project}/volume",
        *("volume_id", "start", "volume_type", "size"),
        *("volume_name", "attached_to"),
    )
    def create(self, request: Request) -> Reply:
        fields = request.fields
        volume_id = documents.text(fields, "volume_id")
        name = documents.text(fields, "volume_name")
        type_id = documents.text(fields, "volume_type")
        shape = {
            "type": type_id,
            "size_gb": documents.size(fields, "size"),
            "attached_to": documents.texts(fields, "attached_to"),
        }
        start = documents.body_date(fields["start"])
        _type(self.writer, type_id)
        owner = request.path["project"]
        start = self.writer.past(start)
        added = part("add", start, project_id=owner, name=name, shape=shape)
        self.writer.record(request, _KIND, volume_id, added)
        return Reply(status=201)

    @route("DELETE", "/volume/{volume}", "date")
    def delete(self, request: Request) -> Reply:
        self._change(request, "close")
        return Reply(status=202)

    @route("PUT", "/volume/{volume}/resize", "date", "size")
    def resize(self, request: Request) -> Reply:
        size = documents.size(request.fields, "size")
        return self._change(request, "rewrite", size_gb=size)

    @route("PUT", "/volume/{volume}/attach", "date", "attachments")
    def attach(self, request: Request) -> Reply:
        servers = documents.texts(request.fields, "attachments")
        return self._change(request, "rewrite", attached_to=servers)

    @route("PUT", "/volume/{volume}/detach", "date", "attachments")
    def detach(self, request: Request) -> Reply:
        """Attach to the servers that remain: that is what is sent."""
        servers = documents.texts(request.fields, "attachments")
        return self._change(request, "rewrite", attached_to=servers)

    def _change(self, request: Request, action: Any, **shape: Any) -> Reply:
        volume_id = request.path["volume"]
        text = f"Entity {volume_id} not found"
        self.writer.running(request, _KIND, volume_id, text)
        date = self.writer.past(documents.body_date(request.fields["date"]))
        change = part(action, date, shape=shape)
        self.writer.record(request, _KIND, volume_id, change)
        return Reply()


@dc.dataclass(frozen=True, slots=True)
class VolumeTypes:
    writer: Writer
    callers: Callers

    @route("GET", "/volume_types")
    def list(self, request: Request) -> Reply:
        self.callers.reading(request)
        return Reply([_shown(row) for row in self.writer.types()])

    @route("GET", "/volume_type/{type}")
    def show(self, request: Request) -> Reply:
        self.callers.reading(request)
        return Reply(_shown(_type(self.writer, request.path["type"])))

    @route("POST", "/volume_type", "type_id", "type_name")
    def create(self, request: Request) -> Reply:
        type_id = documents.text(request.fields, "type_id")
        name = documents.text(request.fields, "type_name")
        added = part("add", self._now(), name=name)
        self.writer.record(request, "volume_type", type_id, added)
        return Reply(status=201)

    @route("DELETE", "/volume_type/{type}")
    def delete(self, request: Request) -> Reply:
        self.callers.writing(request)
        row = _type(self.writer, request.path["type"])
        change = part("close", max(self._now(), row.start))
        self.writer.record(request, "volume_type", row.id, change)
        return Reply(status=202)

    def _now(self) -> datetime:
        return self.writer.past(self.writer.clock.now())


def _type(writer: Writer, type_id: str) -> Any:
    """Return the volume type with an id. Raises Missing."""
    rows = writer.types(Filter("resource_id", "eq", type_id))
    if not rows:
        raise Missing(f'Unable to find volume_type_id "{type_id}"')
    return rows[0]


def _shown(row: Any) -> dict[str, Any]:
    return {"volume_type_id": row.id, "volume_type_name": row.name}
