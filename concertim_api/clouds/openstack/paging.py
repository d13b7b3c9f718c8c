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

#: So many objects back we look for one to go on from, when the last one of
#: a page was deleted before the next page was asked for.
_STEPS_BACK = 3


@dc.dataclass(frozen=True, slots=True)
class Page:
    """Objects of a list, and when they were asked for."""

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
    """Yield the pages of a list; an object comes once.

    One request each. Links to the next page are only read for where it
    begins, never followed to where they lead.

    Raises Unavailable also for what is no list, for a list that does not
    end, and for one that was cut without saying where to go on.
    """
    try:
        yield from limited(_pages(service, query))
    except TooManyPages as exc:
        raise Unavailable(f"{service}: GET {query.path}: {exc}") from None


def items(service: Service, query: Query) -> list[Any]:
    """Return all that a list holds. One request a page; see ``pages``."""
    return [item for page in pages(service, query) for item in page.items]


def _pages(service: Service, query: Query) -> Iterator[Page]:
    seen: set[str] = set()
    begun: set[str] = set()
    params = query.params
    backwards: list[str] = []
    while True:
        answer = _ask(service, query._replace(params=params), backwards)
        items = _items(service, query, answer.body)
        fresh = [item for item in items if _id(item) not in seen]
        ids = [item_id for item in items if (item_id := _id(item))]
        yield Page(answer.asked_at, fresh)
        seen.update(ids)
        following = _following(service, query.path, answer.body)
        if not items or following is None:
            return
        marker = following.get("marker", "")
        if marker in begun or not fresh:
            raise Unavailable(
                f"{service}: the pages of {query.path} go in a circle"
            )
        begun.add(marker)
        params = {**following, **query.params}
        backwards = ids[-1 - _STEPS_BACK : -1]


def _ask(service: Service, query: Query, backwards: list[str]) -> Answer:
    """Return a page; if its marker is gone, one that begins before it."""
    params = query.params
    while True:
        try:
            return service.get(query.path, params, query.versions)
        except (BadRequest, Missing):
            if not backwards:
                raise
            params = {**params, "marker": backwards.pop()}


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
    """Return the query of the next page; None: this is the last one."""
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
