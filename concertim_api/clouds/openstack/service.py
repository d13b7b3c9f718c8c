"""One service of a region: its answers, or why there is none.

Redirections are not followed: a token is sent nowhere but to the endpoints
of the catalog. ``meanings`` says which errors there are: other ones for who
reads than for who orders something.
"""

from __future__ import annotations

import copy
import dataclasses as dc
import json
import logging
import re
import threading
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

import orjson
import requests
from cachetools import TTLCache
from keystoneauth1 import discover
from keystoneauth1 import exceptions as keystone
from keystoneauth1.adapter import Adapter
from keystoneauth1.plugin import BaseAuthPlugin
from openstack import exceptions as sdk

from concertim_api.clouds.openstack.meanings import ORDERING, READING
from concertim_api.domain.errors import NotFound, Unanswered, Unavailable
from concertim_api.domain.storable import storable
from concertim_api.http.session import (
    FOREIGN_LOCATION,
    TRANSIENT,
    Patience,
    TooLarge,
    Transient,
)
from concertim_api.services.common.ports import Clock

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")

LOG = logging.getLogger(__name__)

#: An endpoint that has a version in it, and perhaps a project.
_VERSIONED = re.compile(r"/v\d+(?:\.\d+)?(?:/[^/]+)?/?$")

_INTERFACES = ("public", "internal", "admin")

#: One caller waits for the answer to an order, and may ask again itself.
_RETRIES, _WAIT = 1, 0.5


#: Escapes that no database can keep: NUL, and half a surrogate pair.
_SUSPICIOUS = re.compile(rb"\\u(?:0000|[dD][89abcdefABCDEF])")


#: Seconds. A listing that takes longer than that fetches values again.
MINUTE = 60

#: So many values are remembered, unless it is said otherwise.
_MAX_ENTRIES = 1000


class Remembered(Generic[K, T]):
    """Values by key, for ``seconds``, in any thread. If there are too many,
    the one that was not used for the longest time is forgotten."""

    def __init__(
        self,
        seconds: float,
        now: Callable[[], float] = time.monotonic,
        max_entries: int = _MAX_ENTRIES,
    ) -> None:
        self._lock = threading.Lock()
        self._values: TTLCache[K, T] = TTLCache(max_entries, seconds, now)

    def get(self, key: K) -> T | None:
        with self._lock:
            self._values.expire()  # an old value must not stay in memory
            return self._values.get(key)

    def put(self, key: K, value: T) -> None:
        with self._lock:
            self._values[key] = value
            self._values.expire()  # at once, if ``seconds`` is 0

    def drop(self, key: K) -> None:
        with self._lock:
            self._values.pop(key, None)

    def fetched(self, key: K, fetch: Callable[[], T]) -> T:
        """Return a value; fetch it if it is not remembered. None is not
        remembered. Raises what fetching it raises."""
        value = self.get(key)
        if value is None:
            value = fetch()
            if value is not None:
                self.put(key, value)
        return value


def seconds_of(clock: Clock) -> Callable[[], float]:
    """Return the time of a clock, as ``Remembered`` needs it."""
    return lambda: clock.now().timestamp()


class Garbled(Transient):
    """An answer is no JSON: cut off, or a page for people."""


@dc.dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered, and when it was asked. ``body``: None, if it
    answered an order with nothing."""

    asked_at: datetime
    body: Any
    status: int = 200


class Service:
    """One service of a region. Makes no request until it is asked.

    ``version``: what its paths begin with, unless its endpoint says it.
    ``account``: who logs in where, for operators.

    A POST is sent once: nobody knows whether the first one was done. Other
    requests are repeated if there is no answer, or one that may pass.
    """

    def __init__(
        self,
        adapter: Adapter,
        region: str,
        version: str,
        clock: Clock,
        patience: Patience,
        account: str = "",
    ) -> None:
        self._adapter = adapter
        self._account = account
        self._clock = clock
        self._patience = patience
        self._version = version
        self._meanings = READING
        self._options: dict[str, Any] = {}
        self.name = str(adapter.service_type)
        self.region = region
        #: The newest microversion, when it was read.
        self._newest: list[tuple[int | float, ...]] = []

    def __str__(self) -> str:
        return f"{self.name} of {self.region}"

    def for_orders(
        self, timeout: float, auth: BaseAuthPlugin | None = None
    ) -> Service:
        """Return the same service for orders. ``auth``: the credentials of
        the caller; None: ours.

        It has ``timeout`` seconds for an answer, and its errors are those of
        ``services.cloud.acting``. Discoveries are shared. No request.
        """
        service = copy.copy(self)
        service._meanings = ORDERING
        service._options = {"timeout": timeout}
        service._patience = dc.replace(
            self._patience, retries=_RETRIES, wait=_WAIT, wait_max=_WAIT
        )
        if auth is not None:
            service._adapter = copy.copy(self._adapter)
            service._adapter.auth = auth
            service._account = "the caller"
        return service

    def now(self) -> datetime:
        return self._clock.now()

    def exists(self) -> bool:
        """Whether the catalog has it. No request but to log in."""
        return self._lookup() is not None

    def is_in_catalog(self) -> bool:
        """Whether the catalog has it, at this interface or another. No
        request but to log in. Raises Unavailable, and if it is for orders
        Unauthenticated: a catalog that can't be read lacks nothing."""
        return self._lookup(interface=_INTERFACES) is not None

    def _lookup(self, **options: Any) -> str | None:
        def look() -> str | None:
            try:
                return self._adapter.get_endpoint(**options) or None
            except keystone.EmptyCatalog:
                raise
            except keystone.EndpointNotFound:
                return None

        return self._ask(look)

    def roles(self) -> Sequence[str]:
        """Return the names of our roles, if the way we log in tells. No
        request but to log in."""
        token = self._token()
        return () if token is None else tuple(token.role_names)

    def other_regions(self) -> set[str]:
        """Return where else the catalog has this service, at any interface,
        if the way we log in tells. No request but to log in."""
        token = self._token()
        if token is None:
            return set()
        endpoints = token.service_catalog.get_endpoint_data_list(
            self.name, interface=None
        )
        regions = {endpoint.region_name for endpoint in endpoints}
        return regions - {self._adapter.region_name, None}

    def _token(self) -> Any:
        session = self._adapter.session
        auth = self._adapter.auth or session.auth
        access = getattr(auth, "get_access", None)
        return access and self._ask(lambda: access(session))

    def microversion(self, lowest: str, highest: str) -> str:
        """Return the newest microversion up to ``highest`` that it has.

        One request, the first time. Raises what ``get`` raises.
        """
        if not self._newest:
            self._newest.append(self._read_newest())
        version = discover.normalize_version_number
        newest = min(self._newest[0], version(highest))
        if newest < version(lowest):
            raise Unavailable(
                f"{self} is too old: it has microversions up to "
                f"{discover.version_to_string(self._newest[0])}, not {lowest}"
            )
        return discover.version_to_string(newest)

    def _read_newest(self) -> tuple[int | float, ...]:
        self._endpoint()
        data = self._ask(self._adapter.get_endpoint_data)
        newest = getattr(data, "max_microversion", None)
        if not newest:
            # keystoneauth doesn't tell why it could not read them.
            self.request("GET", "/")
            raise Unavailable(
                f"{self} does not say which microversions it has"
            )
        return tuple(newest)

    def _endpoint(self) -> str:
        endpoint = self._lookup()
        if endpoint is None:
            raise self._unlisted()
        return endpoint

    def _prefix(self) -> str:
        """Return the version for the path, if the endpoint has none."""
        if _VERSIONED.search(self._endpoint()):
            return ""
        if "{" not in self._version:
            return "/" + self._version
        project_id = self._ask(self._adapter.get_project_id)
        return "/" + self._version.format(project_id=project_id)

    def get(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        versions: tuple[str, str] | None = None,
    ) -> Answer:
        """Return the answer to a GET; see ``request``."""
        return self.request("GET", path, params=params, versions=versions)

    def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, Any] | None = None,
        versions: tuple[str, str] | None = None,
    ) -> Answer:
        """Return the answer of the service.

        ``versions``: the least and the most microversion. One request, and
        one more for each repetition. Raises Unavailable and what else
        ``meanings`` has; Unanswered: an order may have been done.
        """
        options: dict[str, Any] = {"json": body, "params": params}
        if versions is not None:
            options["microversion"] = self.microversion(*versions)

        def read(asked_at: datetime, response: requests.Response) -> Answer:
            if response.status_code >= 300:
                raise self._failure(method, path, response)
            return Answer(asked_at, _body(response), response.status_code)

        return self._exchange(method, path, read, options)

    def redirection(self, path: str) -> str:
        """Return where a service sends who asks for this: it is read, and
        not followed. One request. Raises NotFound for any other answer."""

        def read(_: datetime, response: requests.Response) -> str:
            if response.status_code >= 400:
                raise self._failure("GET", path, response)
            headers = response.headers
            return headers.get("Location") or headers.get(FOREIGN_LOCATION, "")

        location = self._exchange("GET", path, read, {})
        if "/" not in location:
            raise NotFound(f"{self}: GET {path}: no place")
        return location

    def _exchange(
        self,
        method: str,
        path: str,
        read: Callable[[datetime, requests.Response], T],
        options: Mapping[str, Any],
    ) -> T:
        """Send a request, and return what is read in its answer."""
        url = self._prefix() + path

        def send() -> T:
            asked_at = self.now()
            response = self._adapter.request(
                url,
                method,
                headers={"Accept": "application/json"},
                redirect=False,
                raise_exc=False,
                log=False,  # bodies may hold passwords of servers
                connect_retries=0,
                status_code_retries=0,
                **self._options,
                **options,
            )
            # Texts: a record that is kept must not keep credentials alive.
            LOG.debug(
                "%s: %s %s: %d", str(self), method, url, response.status_code
            )
            return read(asked_at, response)

        return self._ask(send, method, path)

    def _ask(
        self, call: Callable[[], T], method: str = "GET", path: str = "/"
    ) -> T:
        """Return what a call returns. Repeat it after what may pass."""
        request = f"{self}: {method} {path}"
        attempts = self._patience.attempts(request, lambda _: method != "POST")
        try:
            result: T = attempts(self._guarded, call)
            return result
        except Transient as exc:
            is_unsure = method != "GET" and exc.is_sent
            error = Unanswered if is_unsure else Unavailable
            raise error(f"{request}: {exc}", exc.detail) from None

    def _guarded(self, call: Callable[[], T]) -> T:
        """Call, and say what goes wrong before there is an answer."""
        try:
            return call()
        except keystone.EndpointNotFound as exc:
            if isinstance(exc, keystone.EmptyCatalog):
                raise Unavailable(
                    f"{self.region}: the catalog is empty; the login has no "
                    "project"
                ) from None
            raise self._unlisted() from None
        except keystone.ConnectionError as exc:
            raise self._unconnected(exc) from None
        except (keystone.Unauthorized, keystone.AuthorizationFailure) as exc:
            raise self._not_let_in(exc) from None
        except keystone.HttpError as exc:  # of Keystone, or of a discovery
            problem = f"Keystone answers {exc.http_status}"
            if exc.http_status in TRANSIENT:
                raise Transient(problem) from None
            raise Unavailable(
                f"{self.region}: {problem}", short(exc)
            ) from None
        except (keystone.ClientException, sdk.SDKException) as exc:
            name = type(exc).__name__
            raise Unavailable(f"{self}: {name}", short(exc)) from None

    def _not_let_in(self, exc: Exception) -> Exception:
        """Return an error that is the same for all services and requests."""
        detail = self._account
        if not isinstance(exc, keystone.Unauthorized):  # it says why
            detail = f"{detail}: {short(exc)}"
        about = f"Keystone refuses our login to {self.region}"
        return self._meanings.not_let_in(about, detail)

    def _unconnected(self, exc: keystone.ConnectionError) -> Exception:
        if isinstance(exc, keystone.SSLError):
            return Unavailable(f"{self}: TLS fails", short(exc))
        if isinstance(exc, keystone.ConnectTimeout):
            return Transient("no answer within [cloud] timeout")
        if isinstance(getattr(exc, "original", None), TooLarge):
            return Unavailable(
                f"{self}: its answer is longer than [cloud] max_answer_mb"
            )
        return Transient("the connection failed", detail=short(exc))

    def _failure(
        self, method: str, path: str, response: requests.Response
    ) -> Exception:
        about = f"{self}: {method} {path}"
        return self._meanings.failure(about, response)

    def _unlisted(self) -> Exception:
        return self._meanings.unlisted(
            f"the catalog has no service of type {self.name} in region "
            f"{self.region}"
        )


def _body(response: requests.Response) -> Any:
    """Return the JSON of an answer. An order may be answered with nothing:
    then None. Raises Garbled."""
    if response.request.method == "GET":
        return parsed(response.content)
    try:
        return parsed(response.content) if response.content else None
    except Garbled:
        if response.status_code in (202, 204):  # nothing in it is of use
            return None
        raise


def parsed(content: bytes) -> Any:
    """Return the JSON of an answer. Characters that a database can't keep
    are replaced, see ``domain.storable``. Raises Garbled."""
    try:
        value = orjson.loads(content)
        return storable(value) if _SUSPICIOUS.search(content) else value
    except ValueError:
        pass
    try:
        # This joins surrogate pairs. Halves of pairs stay.
        value = json.loads(content.decode(errors="replace"))
    except (ValueError, RecursionError):
        raise Garbled(_problem(content)) from None
    return storable(value)


def _problem(content: bytes) -> str:
    if not content.strip():
        return "its answer is empty"
    if content.lstrip()[:1] == b"<":
        return "its answer is no JSON but HTML"
    return f"its answer of {len(content)} bytes is no JSON, or cut off"


def short(exc: Exception) -> str:
    """Return the text of a library's error, without a password in a URL.
    It has addresses, so it is a detail for operators."""
    return re.sub(r"//[^/@\s]*@", "//***@", str(exc)[:300])
