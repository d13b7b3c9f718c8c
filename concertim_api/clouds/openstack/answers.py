"""The bodies of answers: JSON, or something that should be JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import orjson
import requests

from concertim_api.domain.storable import storable
from concertim_api.http.retries import Transient


class Garbled(Transient):
    """An answer is no JSON: cut off, or a page for people."""


#: Escapes that no database can keep: NUL, and half a surrogate pair.
_SUSPICIOUS = re.compile(rb"\\u(?:0000|[dD][89abcdefABCDEF])")

#: An address of the cloud. Callers must not see it.
_URL = re.compile(r"https?://[^\s'\")>]+")


def body(response: requests.Response) -> Any:
    """Return the JSON of an answer. An order may be answered with nothing:
    then None. Raises Garbled."""
    if response.request.method == "GET":
        return parsed(response.content)
    try:
        return parsed(response.content) if response.content else None
    except Garbled:
        if response.status_code in (202, 204):  # nothing in it is of use
            return None
        raise


def parsed(content: bytes) -> Any:
    """Return the JSON of an answer. Characters that a database can't keep
    are replaced, see ``domain.storable``. Raises Garbled."""
    try:
        return _strictly(content)
    except ValueError:
        pass
    try:
        # This joins surrogate pairs. Halves of pairs stay.
        value = json.loads(content.decode(errors="replace"))
    except (ValueError, RecursionError):
        raise Garbled(_problem(content)) from None
    return storable(value)


def _strictly(content: bytes) -> Any:
    value = orjson.loads(content)
    return storable(value) if _SUSPICIOUS.search(content) else value


def _problem(content: bytes) -> str:
    if not content.strip():
        return "its answer is empty"
    if content.lstrip()[:1] == b"<":
        return "its answer is no JSON but HTML"
    return f"its answer of {len(content)} bytes is no JSON, or cut off"


def is_object(content: bytes) -> bool:
    """Whether an answer is a JSON object, as all of OpenStack's are."""
    try:
        return isinstance(orjson.loads(content), dict)
    except ValueError:
        return False


def complaint(response: requests.Response) -> str:
    """Return the text of an error as ": text", or "" without one.

    OpenStack's services say it in ways like {"error": {"message": _}},
    {"forbidden": {"message": _}}, {"errors": [{"detail": _}]} and
    {"message": _}.
    """
    try:
        body = orjson.loads(response.content)
    except ValueError:
        return ""
    text = _message(body)
    token = response.request.headers.get("X-Auth-Token") if text else None
    if token:
        text = text.replace(str(token), "***")
    text = _URL.sub("its endpoint", text)
    return f": {' '.join(text.split()):.200}" if text else ""


def _message(body: object) -> str:
    if not isinstance(body, Mapping):
        return ""
    for part in (body, *body.values()):
        first = part[0] if isinstance(part, list) and part else part
        if isinstance(first, Mapping):
            for field in ("message", "detail"):
                if isinstance(first.get(field), str):
                    return str(first[field])
    return ""
