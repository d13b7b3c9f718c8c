"""Requests to the API: arguments, time-outs, errors and pages.

keystoneauth repeats a request; this module decides which ones it may repeat.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib import parse

import requests
from keystoneauth1 import adapter, exceptions

from concertim_api.client import errors

LOG = logging.getLogger(__name__)

#: The header of a list that lacks what ended before a moment.
ARCHIVED = "Concertim-Archived-Before"

JSON = "application/json"

#: The longest wait before the next attempt, whatever Retry-After says.
LONGEST_WAIT = 30.0

Arguments = Mapping[str, str]
#: Of a sequence, each text is sent as an argument of this name.
Repeated = Mapping[str, str | Sequence[str]]
T = TypeVar("T")


class Http:
    """Requests in JSON; all managers share one."""

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
        self._archived_before: str | None = None

    @property
    def project_id(self) -> str | None:
        """The project of the session, or None."""
        return self._session.get_project_id()

    def get(
        self,
        path: str,
        arguments: Repeated | None = None,
        microversion: str | None = None,
    ) -> Any:
        return self.request("GET", path, arguments, microversion=microversion)

    def page(
        self,
        path: str,
        arguments: Arguments,
        limit: int | None,
        microversion: str | None = None,
    ) -> Any:
        """Return a page of a list, of ``limit`` rows at most.

        A server may refuse a page of this size. Then the size is halved, for
        this request and the next ones.
        """
        while True:
            size = self._page_size
            if limit is not None:
                size = min(limit, size)
            try:
                arguments = {**arguments, "limit": str(size)}
                return self.get(path, arguments, microversion)
            except errors.Invalid as error:
                if error.field != "limit" or size <= 1:
                    raise
                self._page_size = size // 2

    def get_all(self, path: str, key: str, arguments: Arguments) -> Any:
        """Return an answer whose list ``key`` has the rows of all pages.

        One request for each page.
        """
        answer = self.get(path, arguments)
        next_page = next_arguments(answer)
        while next_page is not None:
            page = self.get(path, next_page)
            answer[key] += rows_of(page, key)
            next_page = next_arguments(page)
        return answer

    def request(
        self,
        method: str,
        path: str,
        arguments: Repeated | None = None,
        body: Mapping[str, Any] | None = None,
        *,
        secret: bool = False,
        microversion: str | None = None,
        accept: str = JSON,
        retries: int | None = None,
    ) -> Any:
        """Return the JSON of the answer; raise the error that it means.

        ``accept``: another type of the answer, which is returned as a text.
        ``secret``: no log gets the request and its answer. ``microversion``,
        ``retries``: what it needs, if others than the client's.

        Without an answer, only a GET is repeated. After a 503 ("not now")
        every request is: the API has done nothing. Not after a 503 by which
        the API says that waiting is in vain, which has no Retry-After.
        """
        if retries is None:
            retries = self._retries
        try:
            answer = self._session.request(
                path,
                method,
                params=dict(arguments or {}),
                headers={"Accept": accept},
                json=body,
                endpoint_override=self._base(),
                raise_exc=False,
                connect_retries=retries if method == "GET" else 0,
                status_code_retries=retries,
                hooks={"response": _Refusals(retries)},
                timeout=self._timeout,
                log=not secret,  # --debug shows bodies
                **({"microversion": microversion} if microversion else {}),
            )
        except exceptions.ConnectionError as failure:
            raise errors.Unreachable(str(failure)) from failure
        if answer.status_code >= 400:
            raise _error(answer)
        self._warn_of_archive(answer.headers.get(ARCHIVED))
        if accept != JSON:
            return answer.content.decode("utf-8")
        return _document(answer)

    def _warn_of_archive(self, before: str | None) -> None:
        """Log once that a list lacks what ended before a moment."""
        if before and before != self._archived_before:
            LOG.warning(
                "What ended before %s may be archived, and missing here.",
                before,
            )
        self._archived_before = before

    def _base(self) -> str:
        """Return the endpoint without its version, which catalogs may have."""
        if self._endpoint is None:
            try:
                endpoint = self._session.get_endpoint()
            except exceptions.CatalogException as failure:
                raise errors.Unreachable(str(failure)) from failure
            if not endpoint:
                raise errors.Unreachable(
                    "no endpoint of the service type "
                    f"{self._session.service_type} is known"
                )
            self._endpoint = re.sub(r"/v\d+/?$", "", endpoint.rstrip("/"))
        return self._endpoint


class Items(Iterator[T]):
    """The rows of a list; each page is fetched when its first row is read.

    ``marker`` is where the list goes on after the last page that was
    fetched. It is None at the end of the list.
    """

    def __init__(
        self,
        http: Http,
        path: str,
        key: str,
        arguments: Arguments,
        limit: int | None,
        microversion: str | None = None,
    ) -> None:
        self.marker: str | None = None
        self._microversion = microversion
        self._items = self._fetch(http, path, key, arguments, limit)

    def __next__(self) -> T:
        return next(self._items)

    def _fetch(
        self,
        http: Http,
        path: str,
        key: str,
        arguments: Arguments | None,
        limit: int | None,
    ) -> Iterator[T]:
        while arguments is not None and limit != 0:
            page = http.page(path, arguments, limit, self._microversion)
            rows = rows_of(page, key)
            arguments = next_arguments(page)
            self.marker = arguments.get("marker") if arguments else None
            yield from rows[:limit]
            if limit is not None:
                limit = max(0, limit - len(rows))


def query(**values: Any) -> dict[str, str]:
    """Return query arguments; a value that is None is left out.

    A time must have a zone. A list means any of its values. A string is sent
    as it is: ``"neq:stopped"`` is a condition of the API.
    """
    return {
        name: _text(value)
        for name, value in values.items()
        if value is not None
    }


def _text(value: Any) -> str:
    """Return one value as text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return "in:" + ",".join(map(_text, value))
    return str(value)


def moment(value: datetime) -> str:
    """Return a time as the API writes it; it must have a zone."""
    if value.tzinfo is None:
        raise ValueError(f"the time {value} has no zone")
    utc = value.astimezone(UTC).replace(tzinfo=None)
    return utc.isoformat() + "Z"


def body(**values: Any) -> dict[str, Any]:
    """Return the fields of a JSON body; a value that is None is left out."""
    return {
        name: moment(value) if isinstance(value, datetime) else value
        for name, value in values.items()
        if value is not None
    }


def next_arguments(page: Any) -> Arguments | None:
    """Return the query of the next page; None after the last one.

    Only the query of the link is used. The caller chooses the server, so
    that no answer can send the token to another one.
    """
    for link in page.get("links") or ():
        if link.get("rel") == "next":
            link_query = parse.urlsplit(str(link.get("href") or "")).query
            return dict(parse.parse_qsl(link_query, keep_blank_values=True))
    return None


def path(*parts: str) -> str:
    """Return the path below /v1; each part is quoted."""
    return "/v1/" + "/".join(parse.quote(part, safe="") for part in parts)


def rows_of(page: Any, key: str) -> list[Any]:
    """Return the rows of a page; raise NotUnderstood if it has none."""
    rows = page.get(key) if isinstance(page, Mapping) else None
    if not isinstance(rows, list):
        raise errors.NotUnderstood(f"the answer has no list of {key}")
    return rows


def _document(answer: requests.Response) -> Any:
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
    return errors.error_of(answer.status_code, body, request_id)


class _Refusals:
    """Looks at each 503 to a request that is sent ``retries`` times more."""

    def __init__(self, retries: int) -> None:
        self._retries = retries

    def __call__(self, answer: requests.Response, **_: Any) -> None:
        """Log the reason, and limit the wait before the next attempt, which
        keystoneauth logs.

        Raises the error of the API if it says that waiting is in vain.
        """
        seconds = answer.headers.pop("Retry-After", None)
        if answer.status_code != 503:
            return
        error = _error(answer)
        if seconds is None and error.code:
            raise error
        if seconds is not None and seconds.isdecimal():
            wait = min(float(seconds), LONGEST_WAIT)
            answer.headers["Retry-After"] = f"{wait:.0f}"
        if self._retries:
            LOG.warning("%s; Ctrl-C ends the wait", error)
            self._retries -= 1
