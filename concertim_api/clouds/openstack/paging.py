"""Lists of a service, page by page."""

from __future__ import annotations

import dataclasses as dc
import urllib.parse
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from concertim_api.clouds.openstack.meanings import BadRequest, Missing
from concertim_api.clouds.openstack.service import Answer, Service
from concertim_api.domain.errors import Unavailable
from concertim_api.http.pages import TooManyPages, limited

#: The last object of a page may be deleted before the next page is asked
#: for. Then we go on from the object before it, so many steps back.
_STEPS_BACK = 3


@dc.dataclass(frozen=True, slots=True)
class Page:
    """A page of a list, and when it was asked for."""

    asked_at: datetime
    items: list[Any]


class Query(NamedTuple):
    """What a service is asked for. ``key``: the name of the list in its
    answers, if its path does not say it; ``versions``: as of requests."""

    path: str
    params: Mapping[str, Any] = {}
    versions: tuple[str, str] | None = None
    key: str = ""


def list_name(path: str) -> str:
    """Return what a list is called that is at a path: of
    /os-hypervisors/detail, hypervisors."""
    name = path.removesuffix("/detail").rpartition("/")[2]
    return name.removeprefix("os-")


def pages(service: Service, query: Query) -> Iterator[Page]:
    """Yield the pages of a list. Each object comes once.

    One request each. A link to the next page says where that page begins.
    Its host is ignored: behind a proxy it is often wrong.

    Raises Unavailable, also if there is no list in the answer, if the list
    does not end, or if it was cut off without a link to the rest.
    """
    try:
        yield from limited(_pages(service, query))
    except TooManyPages as exc:
        raise Unavailable(f"{service}: GET {query.path}: {exc}") from None


def items(service: Service, query: Query) -> list[Any]:
    """Return the items of all pages. One request a page; see ``pages``."""
    return [item for page in pages(service, query) for item in page.items]


def _pages(service: Service, query: Query) -> Iterator[Page]:
    seen_ids: set[str] = set()
    markers: set[str] = set()
    params = query.params
    earlier_ids: list[str] = []
    while True:
        answer = _ask(service, query._replace(params=params), earlier_ids)
        items = _items(service, query, answer.body)
        new_items = [item for item in items if _id(item) not in seen_ids]
        ids = [item_id for item in items if (item_id := _id(item))]
        yield Page(answer.asked_at, new_items)
        seen_ids.update(ids)
        following = _following(service, query.path, answer.body)
        if not items or following is None:
            return
        marker = following.get("marker", "")
        if marker in markers or not new_items:
            raise Unavailable(
                f"{service}: the pages of {query.path} go in a circle"
            )
        markers.add(marker)
        params = {**following, **query.params}
        earlier_ids = ids[-1 - _STEPS_BACK : -1]


def _ask(service: Service, query: Query, earlier_ids: list[str]) -> Answer:
    """Return a page. If its marker is gone, begin before it."""
    params = query.params
    while True:
        try:
            return service.get(query.path, params, query.versions)
        except (BadRequest, Missing):
            if not earlier_ids:
                raise
            params = {**params, "marker": earlier_ids.pop()}


def _items(service: Service, query: Query, body: Any) -> list[Any]:
    name = query.key or list_name(query.path)
    items = body.get(name) if isinstance(body, Mapping) else None
    if isinstance(items, list):
        return items
    raise Unavailable(
        f"{service}: GET {query.path}: there are no {name} in its answer"
    )


def _id(item: object) -> str | None:
    item_id = item.get("id") if isinstance(item, Mapping) else None
    return item_id if isinstance(item_id, str) else None


def _following(
    service: Service, path: str, body: Mapping[str, Any]
) -> dict[str, str] | None:
    """Return the query of the next page. None: this is the last page."""
    link = next_link(body)
    if link:
        query = urllib.parse.urlsplit(link).query
        return dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
    if body.get("truncated"):
        raise Unavailable(
            f"{service}: GET {path}: its answer is cut off by the service's "
            "own limit (list_limit)"
        )
    return None


def next_link(body: Mapping[str, Any]) -> str | None:
    """Return the link to the next page, wherever a service puts it.

    servers_links and the like (Nova, Cinder, Neutron), links as a list
    (Heat) or an object (Keystone), next (Glance, Magnum).
    """
    if isinstance(body.get("next"), str):
        return str(body["next"])
    for name, links in body.items():
        if name != "links" and not name.endswith("_links"):
            continue
        if isinstance(links, Mapping):
            link = links.get("next")
        else:
            link = _next_of(links)
        if isinstance(link, str) and link:
            return link
    return None


def _next_of(links: object) -> object:
    for link in links if isinstance(links, list) else ():
        if isinstance(link, Mapping) and link.get("rel") == "next":
            return link.get("href")
    return None
