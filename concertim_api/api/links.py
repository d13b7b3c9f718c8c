"""Links: where things are, as the caller would reach them."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Mapping
from typing import Any
from urllib import parse


@dc.dataclass(frozen=True, slots=True)
class Link:
    rel: str
    href: str


def here(request: Any) -> str:
    """Return the URL of this request without its query."""
    path = parse.quote(request.path_info.rstrip("/"), safe="/:@!$&'()*+,;=~")
    return f"{request.context.base_url}{path}"


def itself(request: Any) -> str:
    """Return the URL of what is shown."""
    words: str = request.environ.get("QUERY_STRING", "")
    return f"{here(request)}?{words}" if words else here(request)


def created(request: Any, item_id: str) -> str:
    """Return the URL of what was created."""
    return f"{here(request)}/{parse.quote(item_id, safe='')}"


def at(request: Any, place: str, item_id: str) -> str:
    """Return the URL of something that has its place elsewhere."""
    return f"{request.context.base_url}{place}/{parse.quote(item_id, safe='')}"


def changed(request: Any, arguments: Mapping[str, Any]) -> str:
    """Return the URL of this request with some arguments changed."""
    words = request.environ.get("QUERY_STRING", "")
    pairs = parse.parse_qsl(words.encode("latin-1").decode())
    merged = {**dict(pairs), **arguments}
    return f"{here(request)}?{parse.urlencode(merged)}"
