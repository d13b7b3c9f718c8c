"""From notifications to observations, by a table with a row per event."""

from __future__ import annotations

import fnmatch
import functools
import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson

from concertim_api.domain.ledger.observations import Observation, Ref
from concertim_api.listener.rows import Row
from concertim_api.listener.sources import (
    cinder,
    concertim,
    glance,
    heat,
    ironic,
    keystone,
    neutron,
    nova,
)
from concertim_api.payloads.facts import (
    MALFORMED,
    Facts,
    Untranslatable,
    moment,
    optional_text,
    second,
    section,
)

_SOURCES = (
    nova,
    cinder,
    neutron,
    heat,
    glance,
    keystone,
    ironic,
    concertim,
)

#: event type -> row
EVENTS: Mapping[str, Row] = {
    event: row for source in _SOURCES for event, row in source.ROWS.items()
}

#: event type or pattern -> the reason why it is ignored
IGNORED: Mapping[str, str] = {
    "*.start": "the end says what came of it",
    **{
        pattern: reason
        for source in _SOURCES
        for pattern, reason in source.IGNORED.items()
    },
}

#: Characters of the longest id, and of the longest event type, that fit into
#: the database.
_MAX_ID = 255

#: The fields of a message that are not of its way to us.
_CONTENT = ("event_type", "publisher_id", "timestamp", "payload")


class Translator:
    """Translates notifications by the event table and an operator's rows.

    ``patterns``: event type, perhaps with * and ?, -> the operator's row,
    which comes before the row of the table.

    ``row(event_type)`` returns the row of an event, or None.
    ``is_listed(event_type)``: whether it has a row, or a reason for none.
    """

    def __init__(self, patterns: Mapping[str, Row] | None = None) -> None:
        self._patterns = [
            (re.compile(fnmatch.translate(pattern)), row)
            for pattern, row in (patterns or {}).items()
        ]
        self.row = functools.lru_cache(maxsize=4096)(self._find)
        self.is_listed = functools.lru_cache(maxsize=4096)(self._is_listed)

    def _find(self, event_type: str) -> Row | None:
        for pattern, row in self._patterns:
            if pattern.match(event_type):
                return row
        return EVENTS.get(event_type)

    def _is_listed(self, event_type: str) -> bool:
        return bool(self.row(event_type) or why_ignored(event_type))

    def is_incomplete(self, message: Mapping[str, Any]) -> bool:
        """Whether a notification does not have what changed."""
        row = self.row(message["event_type"])
        return row is not None and row.is_incomplete

    def translate(
        self,
        message: Mapping[str, Any],
        region: str,
        received_at: datetime,
        region_rule: str | None = None,
    ) -> list[Observation]:
        """Return the observations in a notification; none without a row.

        ``message``: event_type, payload, message_id and timestamp, as on
        the wire. ``region`` "": it is refused. ``received_at``,
        ``region_rule``: see ``Observation``. Raises Untranslatable, a
        ValueError that says what is wrong with the message.
        """
        event_type = message.get("event_type")
        if not isinstance(event_type, str):
            raise Untranslatable("event_type is missing")
        if len(event_type) > _MAX_ID:  # for the cache
            raise Untranslatable(f"event_type is too long: {event_type:.60}")
        row = self.row(event_type)
        if row is None:
            return []
        if not region:
            raise Untranslatable("[listener] region_rules refuse it")
        try:
            return [*_read(message, row, region, received_at, region_rule)]
        except Untranslatable:
            raise
        except MALFORMED as exc:
            raise Untranslatable(
                f"unforeseen payload: {type(exc).__name__}: {exc}"
            ) from exc


def _read(
    message: Mapping[str, Any],
    row: Row,
    region: str,
    received_at: datetime,
    region_rule: str | None,
) -> Iterator[Observation]:
    key = _key(message)
    payload = section(message, "payload")
    reported_at = moment(message.get("timestamp"), "timestamp")
    if reported_at is None:
        raise Untranslatable("timestamp is missing")
    dates = _dates(payload) if row.at else payload
    result = row.read(payload)
    resources = (result,) if isinstance(result, Facts) else result
    for index, facts in enumerate(resources):
        at = facts.at or (row.at and second(dates, *row.at)) or None
        yield Observation(
            ref=Ref(region, row.kind, _id_of(facts)),
            at=at or reported_at.replace(microsecond=0),
            reported_at=reported_at,
            received_at=received_at,
            key=f"{key}/{index}" if index else key,
            says=facts.says or row.says,
            project_id=facts.project_id,
            shape=facts.shape,
            details=facts.details,
            since=facts.since,
            source=message["event_type"],
            region_rule=region_rule,
        )


def _key(message: Mapping[str, Any]) -> str:
    """Return the id of a message; without one, a digest of its content.

    An id with a slash could be a key of our own.
    """
    message_id = optional_text(message, "message_id")
    if message_id is not None and "/" not in message_id:
        return message_id
    return f"message/{digest(message_id, *map(message.get, _CONTENT))}"


def digest(*values: object) -> str:
    """Return a digest of JSON values: equal values, equal digest."""
    document = orjson.dumps(values, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(document, digest_size=16).hexdigest()


def _dates(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the part of a payload that has the date of the fact."""
    for name in ("nova_object.data", "ironic_object.data"):
        if name in payload:
            return section(payload, name)
    if len(payload) <= 2:  # {"network": {...}}, {"port": {...}, "port_id": _}
        for value in payload.values():
            if isinstance(value, Mapping):
                return value
    return payload


def _id_of(facts: Facts) -> str:
    if len(facts.id) > _MAX_ID:
        raise Untranslatable(f"the id is too long: {facts.id!r:.60}")
    return facts.id


def why_ignored(event_type: str) -> str | None:
    """Return the reason why an event has no row, or None."""
    for pattern, reason in IGNORED.items():
        if fnmatch.fnmatchcase(event_type, pattern):
            return reason
    return None
