"""Links: URLs as the caller can use them."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Mapping
from typing import Any
from urllib import parse


@dc.dataclass(frozen=True, slots=True)
class RelatedUrl:
    rel: str
    href: str


def path_url(request: Any) -> str:
    """Return the URL of this request without its query."""
    path = parse.quote(request.path_info.rstrip("/"), safe="/:@!$&'()*+,;=~")
    return f"{request.context.base_url}{path}"


def request_url(request: Any) -> str:
    """Return the URL of this request."""
    words: str = request.environ.get("QUERY_STRING", "")
    return f"{path_url(request)}?{words}" if words else path_url(request)


def child_url(request: Any, item_id: str) -> str:
    """Return the URL of an item that this request created."""
    return f"{path_url(request)}/{parse.quote(item_id, safe='')}"


def place_url(request: Any, place: str, item_id: str) -> str:
    """Return the URL of an item in another collection."""
    return f"{request.context.base_url}{place}/{parse.quote(item_id, safe='')}"


def url_with(request: Any, arguments: Mapping[str, Any]) -> str:
    """Return the URL of this request with some arguments changed."""
    words = request.environ.get("QUERY_STRING", "")
    pairs = parse.parse_qsl(words.encode("latin-1").decode())
    merged = {**dict(pairs), **arguments}
    return f"{path_url(request)}?{parse.urlencode(merged)}"
