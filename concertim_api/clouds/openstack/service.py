"""One service of a region: its answer, or why there is none.

Redirections are not followed: a token is sent nowhere but to the endpoints
of the catalog. The first lines of what can go wrong:

- ``NotListed``: the catalog has no such service in this region;
- ``NotThere``, ``Refused`` (404, 403): kinds of Unavailable;
- ``Unavailable``: all else, after as many repetitions as are configured.

``order`` has a service change something. Then what can go wrong is told in
the words of ``services.cloud.acting``.
"""

from __future__ import annotations

import copy
import dataclasses as dc
import itertools
import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import requests
from keystoneauth1 import discover
from keystoneauth1 import exceptions as keystone
from keystoneauth1.adapter import Adapter
from keystoneauth1.plugin import BaseAuthPlugin
from openstack import exceptions as sdk

from concertim_api.clouds.openstack import answers
from concertim_api.clouds.openstack.answers import Garbled
from concertim_api.domain.errors import Unavailable, in_full
from concertim_api.domain.waits import backoff
from concertim_api.services.cloud.reading import NotListed
from concertim_api.services.common.ports import Clock

T = TypeVar("T")

LOG = logging.getLogger(__name__)

#: An endpoint that has a version in it, and perhaps a project.
_VERSIONED = re.compile(r"/v\d+(?:\.\d+)?(?:/[^/]+)?/?$")

_INTERFACES = ("public", "internal", "admin")

#: Answers that may be others the next time.
PASSING = frozenset({429, 500, 502, 503, 504})


class NotThere(Unavailable):
    """The service has no such thing (404)."""


class Refused(Unavailable):
    """We may not ask for this (403)."""


class Unfit(Unavailable):
    """The service finds the request itself wrong (400)."""


class NotLetIn(Unavailable):
    """Keystone does not let us in."""


@dc.dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered, and when it was asked."""

    asked_at: datetime
    body: Any
    status: int = 200


@dc.dataclass(frozen=True, slots=True)
class Patience:
    """How often a request is repeated, and the waits before it is."""

    retries: int = 3
    wait: float = 0.5
    wait_max: float = 10.0
    sleep: Callable[[float], None] = time.sleep


class Passing(Exception):
    """Asking again may help; ``after``: the seconds the service asks for.
    ``detail`` as of any error: for operators."""

    def __init__(
        self, problem: str, after: float = 0, detail: str = ""
    ) -> None:
        super().__init__(problem)
        self.after = after
        self.detail = detail


class Service:
    """One service of a region. Makes no request until it is asked.

    ``version``: what its paths begin with, unless its endpoint says it.
    """

    def __init__(
        self,
        adapter: Adapter,
        region: str,
        version: str,
        clock: Clock,
        patience: Patience,
    ) -> None:
        self._adapter = adapter
        self._clock = clock
        self._patience = patience
        self._version = version
        self.name = str(adapter.service_type)
        self.region = region
        #: The newest microversion, once known, for whoever asks as well.
        self._newest: list[tuple[int, int]] = []

    def acting(self, auth: BaseAuthPlugin) -> Service:
        """Return the same service, asked with other credentials.

        Their discoveries are shared. No request.
        """
        found = copy.copy(self)
        found._adapter = copy.copy(self._adapter)
        found._adapter.auth = auth
        return found

    def now(self) -> datetime:
        return self._clock.now()

    def exists(self) -> bool:
        """Whether the catalog has it. No request but to log in."""
        try:
            return bool(self._endpoint())
        except NotListed:
            return False

    def is_in_catalog(self) -> bool:
        """Whether the catalog has it, at this interface or another. No
        request but to log in."""

        def endpoint() -> object:
            return self._adapter.get_endpoint(interface=_INTERFACES)

        try:
            return bool(self.patiently("/", endpoint))
        except NotListed:
            return False

    def roles(self) -> Sequence[str]:
        """Return the names of our roles, if the way we log in tells."""
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
        access = getattr(
            self._adapter.auth or session.auth, "get_access", None
        )
        if access is None:
            return None
        return self.patiently("/", lambda: access(session))

    def microversion(self, least: str, most: str) -> str:
        """Return the newest microversion up to ``most`` that it has.

        One request, the first time. Raises Unavailable, NotListed.
        """
        if not self._newest:
            self._newest.append(self._read_newest())
        wanted = min(self._newest[0], _version(most))
        if wanted < _version(least):
            raise Unavailable(
                f"{self.name} of {self.region} is too old: it has "
                f"microversions up to {_text(self._newest[0])}, not {least}"
            )
        return _text(wanted)

    def _read_newest(self) -> tuple[int, int]:
        self._endpoint()
        data = self.patiently("/", self._adapter.get_endpoint_data)
        newest = getattr(data, "max_microversion", None)
        if not newest:
            raise Unavailable(
                f"{self.name} of {self.region} does not say which "
                "microversions it has"
            )
        return int(newest[0]), int(newest[1])

    def _endpoint(self) -> str:
        found = self.patiently("/", self._adapter.get_endpoint)
        if not found:
            raise self._not_listed()
        return str(found)

    def get(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        microversion: str | None = None,
    ) -> Answer:
        """Return the answer to a GET.

        One request, and one more for each repetition. Raises Unavailable
        and its kinds, NotListed.
        """
        return self.patiently(
            path,
            lambda: self._get(self.prefix() + path, params, microversion),
        )

    def prefix(self) -> str:
        """Return the version for the path, if the endpoint has none."""
        if _VERSIONED.search(self._endpoint()):
            return ""
        if "{" not in self._version:
            return "/" + self._version
        project_id = self.patiently("/", self._adapter.get_project_id)
        return "/" + self._version.format(project_id=project_id)

    def patiently(self, path: str, ask: Callable[[], T]) -> T:
        """Ask; ask again after what may pass, and wait longer each time."""
        patience = self._patience
        for attempt in itertools.count():
            try:
                return self.guarded(ask)
            except Passing as exc:
                failure = Unavailable(self._about(path, str(exc)), exc.detail)
                if attempt >= patience.retries:
                    raise failure from None
                wait = backoff(attempt, patience.wait, patience.wait_max)
                wait = min(max(wait, exc.after), patience.wait_max)
                LOG.debug("%s; again in %.1f s", in_full(failure), wait)
                patience.sleep(wait)
        raise AssertionError("unreachable")

    def _get(
        self,
        path: str,
        params: Mapping[str, str] | None,
        microversion: str | None,
    ) -> Answer:
        asked_at = self._clock.now()
        response = self.send(
            "GET", path, params=params, microversion=microversion
        )
        if response.status_code >= 300:
            raise self._failure(path, response)
        try:
            return Answer(asked_at, answers.parsed(response.content))
        except Garbled as exc:
            raise Passing(str(exc)) from None

    def send(self, method: str, path: str, **more: Any) -> requests.Response:
        """Send one request, and return the answer, whatever it is."""
        response = self._adapter.request(
            path,
            method,
            headers={"Accept": "application/json"},
            redirect=False,
            raise_exc=False,
            log=False,  # both hold what users gave their servers
            connect_retries=0,
            status_code_retries=0,
            **more,
        )
        LOG.debug(
            "%s of %s: %s %s: %d",
            self.name,
            self.region,
            method,
            path,
            response.status_code,
        )
        return response

    def guarded(self, ask: Callable[[], T]) -> T:
        """Ask, and tell what goes wrong before there is an answer.

        What the libraries say of it has addresses: that is the detail.
        """
        name = f"{self.name} of {self.region}"
        try:
            return ask()
        except keystone.EmptyCatalog:
            raise Unavailable(
                f"{self.region}: the catalog is empty; the login has no "
                "project"
            ) from None
        except keystone.EndpointNotFound:
            raise self._not_listed() from None
        except keystone.SSLError as exc:
            raise Unavailable(f"{name}: TLS fails", short(exc)) from None
        except keystone.ConnectTimeout:
            raise Passing("no answer in time") from None
        except keystone.ConnectionError as exc:
            raise Passing("the connection failed", detail=short(exc)) from None
        except (keystone.Unauthorized, keystone.AuthorizationFailure) as exc:
            raise NotLetIn(
                f"{self.region}: Keystone does not let us in", short(exc)
            ) from None
        except keystone.HttpError as exc:  # of Keystone, or of a discovery
            problem = f"Keystone answers {exc.http_status}"
            if exc.http_status in PASSING:
                raise Passing(problem) from None
            raise Unavailable(
                f"{self.region}: {problem}", short(exc)
            ) from None
        except (keystone.ClientException, sdk.SDKException) as exc:
            raise Unavailable(
                f"{name}: {type(exc).__name__}", short(exc)
            ) from None

    def _failure(self, path: str, response: requests.Response) -> Exception:
        status = response.status_code
        said = answers.complaint(response)
        if status in PASSING:
            return Passing(f"it answers {status}{said}", _after(response))
        if status == 404 and answers.is_object(response.content):
            # A proxy's own 404 is a page for people, and no word on this.
            return NotThere(self._about(path, f"there is none (404){said}"))
        if status == 403:
            return Refused(self._about(path, f"we may not (403){said}"))
        if status == 400:
            return Unfit(self._about(path, f"it refuses this (400){said}"))
        if status < 400:
            return Unavailable(
                self._about(path, f"it redirects us ({status})")
            )
        return Unavailable(self._about(path, f"it answers {status}{said}"))

    def _not_listed(self) -> NotListed:
        return NotListed(
            f"the catalog has no service of type {self.name} in region "
            f"{self.region}"
        )

    def _about(self, path: str, problem: str = "") -> str:
        told = f"{self.name} of {self.region}: GET {path}"
        return f"{told}: {problem}" if problem else told


def _version(text: str) -> tuple[int, int]:
    major, minor = discover.normalize_version_number(text)[:2]
    return int(major), int(minor)


def _text(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


def _after(response: requests.Response) -> float:
    """Return the seconds of Retry-After; dates are not worth reading."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() else 0


def short(exc: Exception) -> str:
    """Return what a library says, without what may be secret in a URL."""
    return re.sub(r"//[^/@\s]*@", "//***@", str(exc)[:300])
