"""Orders: requests that change something, and questions before them.

Asked with somebody's credentials. What can go wrong is told in the words of
``services.cloud.acting``; what the service said for itself is in the text, for
it is the caller who must do something about it.
"""

from __future__ import annotations

import time
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import requests

from concertim_api.clouds.openstack import answers, paging
from concertim_api.clouds.openstack.answers import Garbled
from concertim_api.clouds.openstack.service import (
    PASSING,
    Answer,
    NotLetIn,
    Passing,
    Service,
)
from concertim_api.domain import errors
from concertim_api.services.cloud.reading import NotListed

T = TypeVar("T")

#: One caller waits for the answer, and may ask again itself.
_RETRIES, _WAIT = 1, 0.5

#: status -> what it means to who gave the order.
_MEANING: Mapping[int, type[errors.ConcertimError]] = {
    401: errors.Unauthenticated,
    403: errors.Refused,
    404: errors.NotFound,
    409: errors.Conflict,
    413: errors.Refused,  # Nova and Cinder: over a limit
}


#: By these a service says that it did nothing.
_NOT_NOW = frozenset({429, 503})


class _NotNow(Passing):
    """The service does nothing, for now."""


class Orders:
    """What one service is asked to do. ``timeout``: seconds for an answer.

    A POST is sent once: nobody knows whether the first one was heard. All
    else is sent again, once, if there is no answer or one that may pass.
    """

    def __init__(self, service: Service, timeout: float) -> None:
        self.service = service
        self._timeout = timeout

    @property
    def region(self) -> str:
        return self.service.region

    def exists(self) -> bool:
        """Whether the catalog has the service. No request but to log in."""
        return self._told(self.service.exists, 0)

    def is_in_catalog(self) -> bool:
        """Whether the catalog has the service, perhaps not where we may ask
        it. No request but to log in. Raises Unavailable, Unauthenticated:
        a catalog that can't be read lacks nothing."""
        return self._told(self.service.is_in_catalog, _RETRIES)

    def roles(self) -> Sequence[str]:
        """Return the names of the roles that we have. No request but to log
        in. Raises Unavailable, Unauthenticated."""
        return self._told(self.service.roles, _RETRIES)

    def other_regions(self) -> set[str]:
        """Return where else the catalog has the service. No request but to
        log in. Raises Unavailable, Unauthenticated."""
        return self._told(self.service.other_regions, _RETRIES)

    def get(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        microversion: tuple[str, str] | None = None,
    ) -> Answer:
        return self.order("GET", path, params=params, versions=microversion)

    def order(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, str] | None = None,
        versions: tuple[str, str] | None = None,
    ) -> Answer:
        """Return the answer to an order; its body is None if it has none.

        ``versions``: the least and the most microversion. One request, two
        if the first got no answer. Raises what ``services.cloud.acting`` says.
        """
        service = self.service
        more: dict[str, Any] = {"timeout": self._timeout}
        if body is not None:
            more["json"] = body
        if params:
            more["params"] = params
        if versions is not None:
            more["microversion"] = self._told(
                lambda: service.microversion(*versions), _RETRIES
            )
        where = self._told(service.prefix, _RETRIES) + path

        def ask() -> Answer:
            asked_at = service.now()
            response = service.send(method, where, **more)
            return self._read(asked_at, response, f"{method} {path}")

        if method == "GET":
            return self._told(ask, _RETRIES)
        retries = 0 if method == "POST" else _RETRIES
        return self._told(ask, retries, errors.Unanswered)

    def redirection(self, path: str) -> str:
        """Return where a service sends who asks for this: it is read, and
        not followed. One request. Raises NotFound for any other answer."""
        where = self._told(self.service.prefix, _RETRIES) + path

        def ask() -> str:
            response = self.service.send("GET", where, timeout=self._timeout)
            if response.status_code >= 400:
                raise self._failure(response, f"GET {path}")
            return str(response.headers.get("Location", ""))

        found = self._told(ask, _RETRIES)
        if "/" not in found:
            raise errors.NotFound(f"{self._name()}: GET {path}: no place")
        return found

    def pages(
        self,
        path: str,
        key: str,
        versions: tuple[str, str] | None = None,
    ) -> list[Any]:
        """Return all that a list holds. One request a page."""
        found: list[Any] = []
        params: dict[str, str] = {}
        begun = set()
        while True:
            body = self.get(path, params, versions).body
            page = body.get(key) if isinstance(body, Mapping) else None
            if not isinstance(page, list):
                raise errors.Unavailable(
                    f"{self._name()}: GET {path}: no {key} in its answer"
                )
            found += page
            link = paging.next_link(body)
            query = urllib.parse.urlsplit(link or "").query
            params = dict(urllib.parse.parse_qsl(query))
            if not page or not params or query in begun:
                return found
            begun.add(query)

    def _told(
        self,
        ask: Callable[[], T],
        retries: int,
        silence: type[errors.Unavailable] = errors.Unavailable,
    ) -> T:
        """Ask; tell what goes wrong as it concerns who gave the order.

        ``silence``: what no answer means.
        """
        for left in range(retries, -1, -1):
            try:
                return self.service.guarded(ask)
            except NotLetIn as exc:
                raise errors.Unauthenticated(str(exc), exc.detail) from None
            except NotListed as exc:
                # Not NotFound: nothing is gone for want of a service.
                raise errors.Unavailable(str(exc)) from None
            except Passing as exc:
                if not left:
                    kind = silence
                    if isinstance(exc, _NotNow):
                        kind = errors.Unavailable
                    raise kind(f"{self._name()}: {exc}", exc.detail) from None
                time.sleep(_WAIT)
        raise AssertionError("unreachable")

    def _read(
        self, asked_at: Any, response: requests.Response, told: str
    ) -> Answer:
        status = response.status_code
        if status >= 300:
            raise self._failure(response, told)
        if not response.content:
            return Answer(asked_at, None, status)
        try:
            body = answers.parsed(response.content)
            return Answer(asked_at, body, status)
        except Garbled as exc:
            if status in (202, 204):  # nothing in it would be of use
                return Answer(asked_at, None, status)
            raise Passing(str(exc)) from None

    def _failure(self, response: requests.Response, told: str) -> Exception:
        status = response.status_code
        said = answers.complaint(response)
        text = f"{self._name()}: {told}: it answers {status}{said}"
        if status in PASSING:
            kind = _NotNow if status in _NOT_NOW else Passing
            return kind(f"{told}: it answers {status}{said}")
        if status != 401 and not answers.is_object(response.content):
            # A proxy's page for people, and no word on this. Who is not let
            # in, is told so in plain text.
            return errors.Unavailable(text)
        if status == 400:
            return errors.Invalid("cloud", text)
        if status in _MEANING:
            return _MEANING[status](text)
        return errors.Unavailable(text)

    def _name(self) -> str:
        return f"{self.service.name} of {self.service.region}"
