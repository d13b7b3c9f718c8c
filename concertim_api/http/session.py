"""A session of requests with limits; and one of keystoneauth on top of it."""

from __future__ import annotations

import contextlib
import urllib.parse
from collections.abc import Iterator
from typing import Any

import requests
from keystoneauth1.session import Session, TCPKeepAliveAdapter
from requests import exceptions
from urllib3 import Timeout
from urllib3 import exceptions as causes
from urllib3.util import parse_url

from concertim_api.http.deadlines import POOLS

#: Seconds for an exchange of which nothing else is said. Each adapter has an
#: option for it; this is for what asks without one, such as a discovery.
DEADLINE = 300.0

#: Decoded bytes of an answer. The longest lists have no pages: a front end
#: answers with all devices at once, which is 100 MB of 100,000 of them.
MAX_BYTES = 256 << 20

_Origin = tuple[str | None, str | None, int | None]

#: Keeps the Location of a redirection to another host: it can be read, and
#: is followed by nobody.
FOREIGN_LOCATION = "X-Foreign-Location"


class TooLarge(exceptions.RequestException):
    """An answer has more bytes than are read of any."""


def guarded_session(
    max_bytes: int | None = None, connections: int = 10
) -> requests.Session:
    """Return a session with limits. It may be used by several threads.

    ``timeout`` of a request is the deadline of the whole exchange: to
    connect, to send, and to read all of the answer. Raises what requests
    raises: ConnectTimeout, ReadTimeout; and TooLarge.

    ``connections``: how many are kept open to one host.
    """
    session = requests.Session()
    adapter = _Adapter(max_bytes or MAX_BYTES, pool_maxsize=connections)
    for scheme in ("http://", "https://"):
        session.mount(scheme, adapter)
    return session


class KeystoneSession(Session):
    """A session of keystoneauth with the same limits."""

    def __init__(self, **options: Any) -> None:
        super().__init__(session=guarded_session(), **options)


class _Adapter(TCPKeepAliveAdapter):
    """Sends requests for a session, and guards their answers."""

    def __init__(self, max_bytes: int, **options: Any) -> None:
        self._max_bytes = max_bytes
        super().__init__(**options)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = POOLS
        return manager

    def send(
        self, request: requests.PreparedRequest, *args: Any, **options: Any
    ) -> requests.Response:
        seconds = options.get("timeout") or DEADLINE
        options["timeout"] = Timeout(total=seconds)
        response = super().send(request, *args, **options)
        _keep_home(response)
        response.raw = _Body(response.raw, self._max_bytes)
        return response


def _keep_home(response: requests.Response) -> None:
    """Hide where an answer redirects to, if that is another host: requests
    and keystoneauth would go there with the token, or the password."""
    location = response.headers.get("Location")
    if location is None or not 300 <= response.status_code < 400:
        return
    here = _origin(response.url)
    there: _Origin | None = None
    with contextlib.suppress(ValueError):  # it may be no URL
        there = _origin(urllib.parse.urljoin(response.url, location))
    if there not in (here, _with_tls(here)):
        response.headers[FOREIGN_LOCATION] = response.headers.pop("Location")


def _origin(url: str) -> _Origin:
    """Return scheme, host and port, as the one reads them who connects.

    urllib.parse finds another host in http://there\\@here/.
    """
    parts = parse_url(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme or "")
    return parts.scheme, parts.host, port


def _with_tls(origin: _Origin) -> _Origin:
    scheme, host, port = origin
    return ("https", host, 443) if (scheme, port) == ("http", 80) else origin


class _Body:
    """The body of an answer: so many bytes of it can be read."""

    def __init__(self, raw: Any, max_bytes: int) -> None:
        self._raw = raw
        self._max_bytes = max_bytes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def stream(self, amount: int, **options: Any) -> Iterator[bytes]:
        total = 0
        try:
            for part in self._raw.stream(amount, **options):
                total += len(part)
                if total > self._max_bytes:
                    self._raw.close()
                    raise TooLarge(
                        f"the answer is longer than {self._max_bytes} bytes"
                    )
                yield part
        except causes.ReadTimeoutError as exc:
            raise exceptions.ReadTimeout(exc) from None
