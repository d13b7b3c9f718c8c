"""Requests to the API: retries, time-outs, errors and pages."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar
from urllib import parse

import requests
from keystoneauth1 import adapter, exceptions

from concertim_api.client import errors

LOG = logging.getLogger(__name__)

#: The longest wait before the next attempt, whatever Retry-After says.
LONGEST_WAIT = 30.0

Arguments = Mapping[str, str]
T = TypeVar("T")


class Http:
    """Speaks JSON with the API; hand it out to the managers."""

    def __init__(
        self,
        session: adapter.Adapter,
        *,
        timeout: float,
        retries: int,
        page_size: int,
    ) -> None:
        self._session = session
        self._timeout = timeout
        self._retries = retries
        self._page_size = page_size
        self._endpoint: str | None = None

    @property
    def project_id(self) -> str | None:
        """The project that the session is for, if it has one."""
        return self._session.get_project_id()

    def get(self, path: str, arguments: Arguments | None = None) -> Any:
        return self._request("GET", path, arguments)

    def post(
        self,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        secret: bool = False,
    ) -> Any:
        """``secret``: the body is for nobody's log."""
        return self._request("POST", path, body=body, secret=secret)

    def patch(
        self,
        path: str,
        body: Mapping[str, Any],
        arguments: Arguments | None = None,
        *,
        secret: bool = False,
    ) -> Any:
        return self._request("PATCH", path, arguments, body, secret)

    def delete(self, path: str, arguments: Arguments | None = None) -> Any:
        return self._request("DELETE", path, arguments)

    def items(
        self,
        path: str,
        key: str,
        arguments: Arguments,
        limit: int | None = None,
    ) -> Items[Any]:
        """Return the things of a list, at most ``limit``."""
        return Items(self, path, key, arguments, limit)

    def page(self, path: str, arguments: Arguments, left: int | None) -> Any:
        """Return a page of a list of which so many things are wanted yet.

        A server may allow smaller pages than we ask for: then ask for less.
        """
        while True:
            size = self._page_size
            if left is not None:
                size = min(left, size)
            try:
                return self.get(path, {**arguments, "limit": str(size)})
            except errors.Invalid as refused:
                if refused.field != "limit" or size <= 1:
                    raise
                self._page_size = size // 2

    def _request(
        self,
        method: str,
        path: str,
        arguments: Arguments | None = None,
        body: Mapping[str, Any] | None = None,
        secret: bool = False,
    ) -> Any:
        """Return the decoded answer; raise the error that it tells of.

        Only what is safe to repeat is repeated when no answer came. "Not
        now" (503) means that nothing was done: that is always repeated.
        """
        for attempt in range(self._retries + 1):
            last = attempt == self._retries
            try:
                answer = self._send(method, path, arguments, body, secret)
            except exceptions.RetriableConnectionFailure as failure:
                if last or method != "GET":
                    raise errors.Unreachable(str(failure)) from failure
                self._wait(attempt, None, f"No answer to {method} {path}")
                continue
            except exceptions.ConnectionError as failure:
                raise errors.Unreachable(str(failure)) from failure
            if answer.status_code < 400:
                return _decoded(answer)
            if answer.status_code != 503 or last:
                raise _error(answer)
            told = answer.headers.get("Retry-After")
            self._wait(attempt, told, str(_error(answer)))
        raise AssertionError("the last attempt returns or raises")

    def _send(
        self,
        method: str,
        path: str,
        arguments: Arguments | None,
        body: Mapping[str, Any] | None,
        secret: bool,
    ) -> requests.Response:
        options: dict[str, Any] = {"json": body} if body is not None else {}
        if secret:
            options["log"] = False  # --debug shows bodies
        return self._session.request(
            path,
            method,
            params=dict(arguments or {}),
            headers={"Accept": "application/json"},
            endpoint_override=self._base(),
            raise_exc=False,
            connect_retries=0,
            timeout=self._timeout,
            **options,
        )

    def _base(self) -> str:
        """Return the endpoint without version: catalogs have both."""
        if self._endpoint is None:
            try:
                found = self._session.get_endpoint()
            except exceptions.CatalogException as failure:
                raise errors.Unreachable(str(failure)) from failure
            if not found:
                raise errors.Unreachable(
                    "no endpoint of the service type "
                    f"{self._session.service_type} is known"
                )
            self._endpoint = re.sub(r"/v\d+/?$", "", found.rstrip("/"))
        return self._endpoint

    def _wait(self, attempt: int, told: str | None, why: str) -> None:
        seconds = min(_seconds(told, 0.5 * 2**attempt), LONGEST_WAIT)
        LOG.warning("%s; trying again in %.1f s", why, seconds)
        time.sleep(seconds)


class Items(Iterator[T]):
    """The things of a list, fetched page by page as they are taken.

    ``marker`` is where the list goes on after what has been fetched, None
    if nothing is left: a list cut by its limit can be continued there.
    """

    def __init__(
        self,
        http: Http,
        path: str,
        key: str,
        arguments: Arguments,
        limit: int | None,
    ) -> None:
        self.marker: str | None = None
        self._items = self._fetch(http, path, key, arguments, limit)

    def __next__(self) -> T:
        return next(self._items)

    def _fetch(
        self,
        http: Http,
        path: str,
        key: str,
        arguments: Arguments,
        left: int | None,
    ) -> Iterator[T]:
        asked: Arguments | None = arguments
        while asked is not None and left != 0:
            page = http.page(path, asked, left)
            found = listed(page, key)
            asked = next_arguments(page)
            self.marker = asked.get("marker") if asked else None
            yield from found[:left]
            if left is not None:
                left = max(0, left - len(found))


def next_arguments(page: Any) -> Arguments | None:
    """Return the query of the next page, None if this is the last one.

    Only the query of the link counts: the way to the server, and so where
    a token may travel, is the caller's, not the server's choice.
    """
    for link in page.get("links") or ():
        if link.get("rel") == "next":
            query = parse.urlsplit(str(link.get("href") or "")).query
            return dict(parse.parse_qsl(query, keep_blank_values=True))
    return None


def path(*parts: str) -> str:
    """Return the path of these parts below /v1, each of them quoted."""
    return "/v1/" + "/".join(parse.quote(part, safe="") for part in parts)


def listed(page: Any, key: str) -> list[Any]:
    """Return the things in a page of a list."""
    found = page.get(key) if isinstance(page, Mapping) else None
    if not isinstance(found, list):
        raise errors.NotUnderstood(f"the answer has no list of {key}")
    return found


def _decoded(answer: requests.Response) -> Any:
    if not answer.content:
        return None
    try:
        return answer.json()
    except ValueError as failure:
        raise errors.NotUnderstood(
            f"{answer.url} did not answer with JSON: "
            "is it the endpoint of a concertim API?"
        ) from failure


def _error(answer: requests.Response) -> errors.HttpError:
    try:
        body = answer.json()
    except ValueError:
        body = None
    request_id = answer.headers.get("X-Openstack-Request-Id")
    return errors.of(answer.status_code, body, request_id)


def _seconds(told: str | None, otherwise: float) -> float:
    """Return the seconds of a Retry-After header; dates don't count."""
    return float(told) if told and told.isdigit() else otherwise
