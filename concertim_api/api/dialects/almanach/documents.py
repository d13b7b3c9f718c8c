"""The documents of Almanach's dialect: bodies, queries, lists and errors."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from wsgiref.types import WSGIEnvironment

import orjson

from concertim_api.api.dialects import dialect
from concertim_api.api.dialects.almanach.entities import Entity
from concertim_api.api.dialects.dialect import DialectError, Errors, Reply
from concertim_api.api.errors import Problem
from concertim_api.domain.attributes import moment

Fields = Mapping[str, Any]
Request = dialect.Request[Fields]
Route = dialect.Route[Fields]

#: The form of dates in the query, by Almanach's client.
QUERY_DATE = "%Y-%m-%d %H:%M:%S.%f"

_DEEPEST = 16
_LONGEST = 255

#: Bytes of a list that are kept in memory; more go to a file.
_SPOOLED = 1024 * 1024


class BadRequest(DialectError):
    """What Almanach answers with 400 and one text."""

    status, slug = 400, "invalid"


class InvalidFields(DialectError):
    """Fields of a body that are wrong: each with what is wrong with it."""

    status, slug = 400, "invalid"

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.more = {"fields": fields}
        super().__init__("Invalid fields")


class Missing(DialectError):
    """There is no such thing, in Almanach's words."""

    status, slug = 404, "not_found"


class TooManyRows(DialectError):
    """A list is longer than [almanach] max_rows."""

    status, slug = 413, "too_large"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"More than {limit} rows; ask for a shorter time. Nothing is sent "
            "of an answer that would be cut."
        )


def payload() -> BadRequest:
    return BadRequest("Invalid parameter or payload")


def mandatory(name: str) -> BadRequest:
    return BadRequest(
        f"The '{name}' param is mandatory for the request you have made."
    )


def read(environ: WSGIEnvironment, route: Route) -> Fields:
    """Return the fields of a body, with all that the route needs.

    Of a route that needs none no body is read, but for PUT. Raises
    BadRequest.
    """
    if not route.needs and route.method != "PUT":
        return {}
    try:
        document = orjson.loads(dialect.body_of(environ))
    except orjson.JSONDecodeError:
        raise payload() from None
    if not isinstance(document, dict) or not _is_storable(document):
        raise payload()
    for name in route.needs:
        if name not in document:
            raise mandatory(name)
    return document


def _is_storable(value: object, depth: int = 0) -> bool:
    """Whether a database can store a value."""
    if depth > _DEEPEST:
        return False
    if isinstance(value, str):
        return "\x00" not in value
    if isinstance(value, dict):
        value = [*value, *value.values()]
    if isinstance(value, list):
        return all(_is_storable(item, depth + 1) for item in value)
    return True


def body_date(value: object) -> datetime:
    """Return the date of a body, in UTC. Raises BadRequest."""
    date = _utc(moment(value))
    if date is None:
        raise BadRequest(
            "The provided date has an invalid format. Format should be of "
            "yyyy-mm-ddThh:mm:ss.msZ, ex: 2015-01-31T18:24:34.1523Z"
        )
    return date


def query_date(text: str) -> datetime:
    """Return the date of a query: Almanach's form, or ISO 8601. Raises
    BadRequest."""
    try:
        date = datetime.strptime(text, QUERY_DATE).replace(tzinfo=UTC)
    except ValueError:
        parsed = _utc(moment(text))
        if parsed is None:
            raise payload() from None
        date = parsed
    return date


def _utc(date: datetime | None) -> datetime | None:
    try:
        return date and date.astimezone(UTC)
    except OverflowError:
        return None


def text(fields: Fields, name: str) -> str:
    """Return a field that is a text. Raises InvalidFields."""
    value = fields[name]
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST:
        raise InvalidFields({name: "expected str"})
    return value


def texts(fields: Fields, name: str) -> list[str]:
    """Return a field that is a list of texts, sorted; null is an empty one.
    Raises InvalidFields."""
    value = fields[name] or []
    if not isinstance(value, list) or not all(
        isinstance(item, str) for item in value
    ):
        raise InvalidFields({name: "expected a list of str"})
    return sorted(set(value))


def size(fields: Fields, name: str) -> int:
    """Return a field that is a count of GB, perhaps in a text. Raises
    InvalidFields."""
    value = fields[name]
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:10])
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidFields({name: "expected int"})
    if not 0 <= value < 2**31:
        raise InvalidFields({name: "expected a size in GB"})
    return value


def answer(entities: Iterable[Entity], limit: int) -> Reply:
    """Return the list of entities.

    It is complete before the first byte is sent, and its length is told. In
    memory is a mebibyte of it at most. Raises TooManyRows.
    """
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(tempfile.SpooledTemporaryFile(_SPOOLED))
        for number, entity in enumerate(entities):
            if number == limit:
                raise TooManyRows(limit)
            file.write(b",\n" if number else b"[")
            file.write(orjson.dumps(entity.document()))
        file.write(b"]" if file.tell() else b"[]")
        stack.pop_all()
    return Reply(file=file)


def _error(problem: Problem) -> Reply:
    text = problem.more.get("fields") or problem.detail
    return Reply({"error": text}, problem.status)


ERRORS = Errors(_error, 'Key realm="concertim"')
