"""Entities: the periods of a resource, as Almanach shows them.

Ours are split by what Almanach has not, such as the state of a server. Those
that are equal for it become one.
"""

from __future__ import annotations

import dataclasses as dc
import itertools
import operator
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from oslo_config import cfg

from concertim_api.domain.attributes import section
from concertim_api.services.ledger.ports import PeriodRow

#: Almanach's name of a property of an image -> ours.
SYSTEM: Mapping[str, str] = {
    "distro": "os_distro",
    "version": "os_version",
    "os_type": "os_type",
}

_RESOURCE = operator.attrgetter("kind", "resource_id", "region")


@dc.dataclass(frozen=True, slots=True)
class Rules:
    """How entities are made, which the profile or an option says.

    ``shortest``: the end of a volume's life, and what is before it is
    attached, count from there on. ``metadata``, ``image_meta``: the names
    that are shown; None: all.
    """

    starts_at_creation: bool
    is_inclusive: bool
    has_local_end: bool
    shortest: timedelta
    joins_attachments: bool
    metadata: Collection[str] | None
    image_meta: Collection[str] | None

    @classmethod
    def of(cls, options: cfg.ConfigOpts) -> Rules:
        """Return the rules of [almanach]: those of the profile, but what an
        option says counts."""
        theirs = options.profile == "almanach"

        def value(option: Any, default: Any) -> Any:
            return default if option is None else option

        shortest = value(options.volume_existence_threshold, 60 * theirs)
        start = value(
            options.server_start, "created_at" if theirs else "launched_at"
        )
        unnamed: Collection[str] | None = () if theirs else None
        return cls(
            starts_at_creation=start == "created_at",
            is_inclusive=value(options.inclusive_window, theirs),
            has_local_end=value(options.local_end, theirs),
            shortest=timedelta(seconds=shortest),
            joins_attachments=theirs,
            metadata=value(options.instance_metadata, unnamed),
            image_meta=value(options.instance_image_meta, unnamed),
        )

    def holds(
        self, entity: Entity, start: datetime, end: datetime | None
    ) -> bool:
        """Whether an entity is in the window of a list."""
        before = operator.le if self.is_inclusive else operator.lt
        return (end is None or before(entity.start, end)) and (
            entity.end is None or before(start, entity.end)
        )


@dc.dataclass(frozen=True, slots=True)
class Entity:
    """[start, end) in which a resource had the same billed attributes.

    ``billed``: those. ``shape``: what the ledger has at its end.
    ``attached_to``: of a volume.
    """

    id: str
    kind: str
    project_id: str | None
    name: str | None
    start: datetime
    end: datetime | None
    changed_at: datetime
    billed: Mapping[str, Any]
    shape: Mapping[str, Any]
    attached_to: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        """Return what callers read of it."""
        document = {
            "entity_id": self.id,
            "entity_type": self.kind,
            "project_id": self.project_id,
            "name": self.name,
            "start": _text(self.start),
            "end": self.end and _text(self.end),
            "last_event": _text(self.end or self.start),
            "processed": _text(self.changed_at),
            **self.billed,
        }
        if self.kind == "volume":
            document["attached_to"] = self.attached_to
        return document

    def is_like(self, other: Entity) -> bool:
        """Whether project and billed attributes are those of another."""
        return (
            self.project_id == other.project_id and self.billed == other.billed
        )


def _text(moment: datetime) -> str:
    return str(moment.astimezone(UTC))


def entities(rows: Iterable[PeriodRow], rules: Rules) -> Iterator[Entity]:
    """Yield the entities of periods, which come by resource and start.

    In memory are those of one resource.
    """
    for _, periods in itertools.groupby(rows, _RESOURCE):
        yield from _of_resource(periods, rules)


def _of_resource(rows: Iterable[PeriodRow], rules: Rules) -> list[Entity]:
    joined: list[Entity] = []
    for row in rows:
        shape = orjson.loads(row.shape)
        if shape.get("launched") is False and not rules.starts_at_creation:
            continue
        entity = _entity(row, shape, rules)
        if joined and _is_one(joined[-1], entity, rules):
            start = joined.pop().start
            entity = dc.replace(entity, start=start)
        joined.append(entity)
    if len(joined) > 1 and _is_too_short(joined[-1], rules):
        joined.pop()
    return joined


def _is_one(before: Entity, after: Entity, rules: Rules) -> bool:
    if before.end != after.start or not before.is_like(after):
        return False
    if before.attached_to == after.attached_to:
        return True
    is_young = after.start - before.start < rules.shortest
    both = before.attached_to and after.attached_to
    return is_young or bool(both and rules.joins_attachments)


def _is_too_short(entity: Entity, rules: Rules) -> bool:
    if entity.kind != "volume" or entity.end is None:
        return False
    return entity.end - entity.start < rules.shortest


def _entity(row: PeriodRow, shape: Mapping[str, Any], rules: Rules) -> Entity:
    is_server = row.kind == "instance"
    billed = _server(shape, rules) if is_server else _volume(row, shape)
    return Entity(
        row.resource_id,
        row.kind,
        row.project_id,
        row.name,
        row.start,
        row.end,
        row.updated_at,  # type: ignore[attr-defined]
        billed,
        shape,
        tuple(shape.get("attached_to") or ()) if not is_server else (),
    )


def _server(shape: Mapping[str, Any], rules: Rules) -> dict[str, Any]:
    image = section(shape.get("image"))
    system = {
        name: image[ours] for name, ours in SYSTEM.items() if image.get(ours)
    }
    image_meta = _listed(system, rules.image_meta)
    return {
        "flavor": section(shape.get("flavor")).get("name"),
        "image_meta": image_meta,
        "os": image_meta,
        "metadata": _listed(section(shape.get("metadata")), rules.metadata),
    }


def _volume(row: PeriodRow, shape: Mapping[str, Any]) -> dict[str, Any]:
    return {"volume_type": row.type, "size": shape.get("size_gb")}


def _listed(
    values: Mapping[str, Any], names: Collection[str] | None
) -> dict[str, Any]:
    return {k: v for k, v in values.items() if names is None or k in names}
