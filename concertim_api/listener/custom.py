"""An operator's kinds and events, from a YAML file. They need no code."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Iterator, Mapping
from typing import Any, get_args

import yaml

from concertim_api.domain import errors
from concertim_api.domain.ledger.kinds import KINDS, Kind
from concertim_api.domain.ledger.observations import CORRECTIONS, Says
from concertim_api.domain.paths import pick
from concertim_api.listener.rows import ObjectReader, Row
from concertim_api.payloads.facts import (
    Facts,
    Payload,
    Untranslatable,
    present,
    second,
)

_SAYS = set(get_args(Says)) - CORRECTIONS
_KIND_FIELDS = {"name", "title"}
_EVENT_FIELDS = {
    "event",
    "kind",
    "says",
    "id",
    "project_id",
    "at",
    "since",
    "shape",
    "details",
}


@dc.dataclass(frozen=True, slots=True)
class Custom:
    """The kinds of a file, and its rows by event type or pattern."""

    kinds: Mapping[str, Kind] = dc.field(default_factory=dict)
    rows: Mapping[str, Row] = dc.field(default_factory=dict)


def load(path: str) -> Custom:
    """Return the kinds and the rows in an events file.

    Raises Invalid, which names the option, the file and the entry.
    """
    try:
        with open(path, encoding="utf-8") as file:
            document = yaml.safe_load(file)
    except (OSError, ValueError, yaml.YAMLError) as exc:
        raise _invalid(path, exc) from None
    try:
        return _parsed({} if document is None else document)
    except Untranslatable as exc:
        raise _invalid(path, exc) from None


def _invalid(path: str, error: Exception) -> errors.Invalid:
    return errors.Invalid("[listener] events_file", f"{path}: {error}")


def _parsed(document: object) -> Custom:
    lists = _mapping("the file", document, {"kinds", "events"})
    kinds: dict[str, Kind] = {}
    for where, entry in _entries(lists, "kinds", _KIND_FIELDS):
        name = _word(where, entry, "name")
        if name in KINDS:
            raise Untranslatable(f"{where}: {name} is built in")
        if name in kinds:
            raise Untranslatable(f"{where}: {name} is there twice")
        kinds[name] = Kind(name, str(entry.get("title", name)))
    rows: dict[str, Row] = {}
    for where, entry in _entries(lists, "events", _EVENT_FIELDS):
        kind = _word(where, entry, "kind")
        if kind not in KINDS and kind not in kinds:
            raise Untranslatable(f"{where}: there is no kind {kind}")
        event = _word(where, entry, "event")
        if event in rows:
            raise Untranslatable(f"{where}: {event} is there twice")
        rows[event] = _row(where, kind, entry)
    return Custom(kinds, rows)


def _entries(
    lists: Mapping[str, Any], name: str, fields: set[str]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the entries of a list, and where each is, for errors."""
    entries = lists.get(name)
    if not isinstance(entries, list | None):
        raise Untranslatable(f"{name} is not a list")
    for index, entry in enumerate(entries or ()):
        where = f"{name}[{index}]"
        yield where, _mapping(where, entry, fields)


def _row(where: str, kind: str, entry: Mapping[str, Any]) -> Row:
    says = entry.get("says", "alive")
    if says not in _SAYS:
        raise Untranslatable(
            f"{where}: says is one of {', '.join(sorted(_SAYS))}"
        )
    paths = {
        field: _word(where, entry, field)
        for field in ("id", "project_id", "at", "since")
        if field in entry or field == "id"
    }
    return Row(
        kind,
        says,
        _reader(
            paths,
            _paths(f"{where}: shape", entry.get("shape")),
            _paths(f"{where}: details", entry.get("details")),
        ),
    )


def _reader(
    paths: Mapping[str, str],
    shape: Mapping[str, str],
    details: Mapping[str, str],
) -> ObjectReader:
    def read(payload: Payload) -> Facts:
        values = {field: pick(payload, path) for field, path in paths.items()}
        if not isinstance(values["id"], str | int) or values["id"] == "":
            raise Untranslatable(f"{paths['id']} is missing")
        project_id = values.get("project_id")
        return Facts(
            id=str(values["id"]),
            project_id=None if project_id is None else str(project_id),
            shape=_picked(payload, shape),
            details=_picked(payload, details),
            at=second(values, "at"),
            since=second(values, "since"),
        )

    return read


def _picked(payload: Payload, paths: Mapping[str, str]) -> dict[str, Any]:
    return present(**{n: pick(payload, path) for n, path in paths.items()})


def _mapping(where: str, value: object, fields: set[str]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Untranslatable(f"{where} is not a mapping")
    unknown = {str(field) for field in value} - fields
    if unknown:
        raise Untranslatable(
            f"{where}: unknown {', '.join(sorted(unknown))}; known are "
            f"{', '.join(sorted(fields))}"
        )
    return value


def _word(where: str, entry: Mapping[str, Any], field: str) -> str:
    value = entry.get(field)
    if not isinstance(value, str) or not value:
        raise Untranslatable(f"{where}: {field} is missing")
    return value


def _paths(where: str, value: object) -> dict[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(
        isinstance(text, str) and text
        for pair in value.items()
        for text in pair
    ):
        raise Untranslatable(f"{where} maps names to field paths")
    return dict(value)
