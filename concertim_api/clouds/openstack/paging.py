"""Lists of a service, page by page."""

from __future__ import annotations

import dataclasses as dc
import urllib.parse
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

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


def pages(
    service: Service,
    path: str,
    key: str,
    params: Mapping[str, Any],
    versions: tuple[str, str] | None = None,
) -> Iterator[Page]:
    """Yield the pages of a list; an object comes once.

    One request each. Links to the next page are only read for where it
    begins, never followed to where they lead.

    Raises Unavailable also for what is no list, for a list that does not
    end, and for one that was cut without saying where to go on.
    """
    try:
        yield from limited(_pages(service, path, key, params, versions))
    except TooManyPages as exc:
        raise Unavailable(f"{service}: GET {path}: {exc}") from None


def items(
    service: Service,
    path: str,
    key: str,
    params: Mapping[str, Any] | None = None,
    versions: tuple[str, str] | None = None,
) -> list[Any]:
    """Return all that a list holds. One request a page; see ``pages``."""
    every_page = pages(service, path, key, params or {}, versions)
    return [item for page in every_page for item in page.items]


def _pages(
    service: Service,
    path: str,
    key: str,
    params: Mapping[str, Any],
    versions: tuple[str, str] | None,
) -> Iterator[Page]:
    seen: set[str] = set()
    begun: set[str] = set()
    asking = params
    backwards: list[str] = []
    while True:
        answer = _ask(service, path, asking, backwards, versions)
        items = _items(service, path, key, answer.body)
        fresh = [item for item in items if _id(item) not in seen]
        ids = [found for item in items if (found := _id(item))]
        yield Page(answer.asked_at, fresh)
        seen.update(ids)
        following = _following(service, path, answer.body)
        if not items or following is None:
            return
        marker = following.get("marker", "")
        if marker in begun or not fresh:
            raise Unavailable(f"{service}: the pages of {path} go in a circle")
        begun.add(marker)
        asking = {**following, **params}
        backwards = ids[-1 - _STEPS_BACK : -1]


def _ask(
    service: Service,
    path: str,
    asking: Mapping[str, Any],
    backwards: list[str],
    versions: tuple[str, str] | None,
) -> Answer:
    """Return a page; if its marker is gone, one that begins before it."""
    while True:
        try:
            return service.get(path, asking, versions)
        except (BadRequest, Missing):
            if not backwards:
                raise
            asking = {**asking, "marker": backwards.pop()}


def _items(service: Service, path: str, key: str, body: Any) -> list[Any]:
    found = body.get(key) if isinstance(body, Mapping) else None
    if isinstance(found, list):
        return found
    raise Unavailable(
        f"{service}: GET {path}: there are no {key} in its answer"
    )


def _id(item: object) -> str | None:
    found = item.get("id") if isinstance(item, Mapping) else None
    return found if isinstance(found, str) else None


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
            found = links.get("next")
        else:
            found = _of_relation(links)
        if isinstance(found, str) and found:
            return found
    return None


def _of_relation(links: object) -> object:
    for link in links if isinstance(links, list) else ():
        if isinstance(link, Mapping) and link.get("rel") == "next":
            return link.get("href")
    return None
