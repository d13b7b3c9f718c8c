"""Requests to the API: time-outs, errors and pages.

keystoneauth repeats them; what may be repeated is decided here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar
from urllib import parse

import requests
from keystoneauth1 import adapter, exceptions

from concertim_api.client import errors

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

    def whole(self, path: str, key: str, arguments: Arguments) -> Any:
        """Return an answer; the list in it has all of its pages."""
        answer = self.get(path, arguments)
        after = next_arguments(answer)
        while after is not None:
            page = self.get(path, after)
            answer[key] += listed(page, key)
            after = next_arguments(page)
        return answer

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
        try:
            answer = self._session.request(
                path,
                method,
                params=dict(arguments or {}),
                headers={"Accept": "application/json"},
                json=body,
                endpoint_override=self._base(),
                raise_exc=False,
                connect_retries=self._retries if method == "GET" else 0,
                status_code_retries=self._retries,
                hooks={"response": _limit_wait},
                timeout=self._timeout,
                log=not secret,  # --debug shows bodies
            )
        except exceptions.ConnectionError as failure:
            raise errors.Unreachable(str(failure)) from failure
        if answer.status_code >= 400:
            raise _error(answer)
        return _decoded(answer)

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


def _limit_wait(answer: requests.Response, **_: Any) -> None:
    """Make a Retry-After that is too long bearable; dates don't count."""
    seconds = answer.headers.pop("Retry-After", "")
    if seconds.isdecimal():
        wait = min(float(seconds), LONGEST_WAIT)
        answer.headers["Retry-After"] = f"{wait:.0f}"
