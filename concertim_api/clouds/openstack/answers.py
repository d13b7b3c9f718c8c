"""What services answer with: JSON, or what is to be made of it."""

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


#: Escapes of what no database keeps: NUL, and halves of characters.
_SUSPICIOUS = re.compile(rb"\\u(?:0000|[dD][89abcdefABCDEF])")

#: Where a service's endpoints are, is not for everybody.
_URL = re.compile(r"https?://[^\s'\")>]+")


def body(response: requests.Response) -> Any:
    """Return the JSON of an answer; None, if it is one to an order that may
    have none. Raises Garbled."""
    if response.request.method == "GET":
        return parsed(response.content)
    try:
        return parsed(response.content) if response.content else None
    except Garbled:
        if response.status_code in (202, 204):  # nothing in it is of use
            return None
        raise


def parsed(content: bytes) -> Any:
    """Return the JSON of an answer, fit to be kept: what can't be is
    replaced, see ``domain.storable``. Raises Garbled."""
    try:
        return _strictly(content)
    except ValueError:
        pass
    try:
        # Pairs of surrogate escapes are made whole; halves survive this.
        found = json.loads(content.decode(errors="replace"))
    except (ValueError, RecursionError):
        raise Garbled(_what(content)) from None
    return storable(found)


def _strictly(content: bytes) -> Any:
    found = orjson.loads(content)
    return storable(found) if _SUSPICIOUS.search(content) else found


def _what(content: bytes) -> str:
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
    """Return what an error says for itself: ": its text", or "".

    OpenStack's services say it in ways like {"error": {"message": _}},
    {"forbidden": {"message": _}}, {"errors": [{"detail": _}]} and
    {"message": _}.
    """
    try:
        body = orjson.loads(response.content)
    except ValueError:
        return ""
    said = _message(body)
    token = response.request.headers.get("X-Auth-Token") if said else None
    if token:
        said = said.replace(str(token), "***")
    said = _URL.sub("its endpoint", said)
    return f": {' '.join(said.split()):.200}" if said else ""


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
