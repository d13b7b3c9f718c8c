"""A session of requests with limits, one of keystoneauth on top of it, and
what repeats their requests."""

from __future__ import annotations

import contextlib
import dataclasses as dc
import io
import logging
import socket
import time
import urllib.parse
from collections.abc import Callable, Iterator
from typing import Any

import requests
import tenacity
from keystoneauth1.session import Session, TCPKeepAliveAdapter
from requests import exceptions
from urllib3 import Timeout
from urllib3 import exceptions as causes
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util import parse_url

LOG = logging.getLogger(__name__)

#: Seconds for an exchange of which nothing else is said. Each adapter has an
#: option for it; this is for what asks without one, such as a discovery.
DEADLINE = 300.0

#: Decoded bytes of an answer of which nothing else is said.
MAX_BYTES = 32 << 20

_Origin = tuple[str | None, str | None, int | None]

#: Keeps the Location of a redirection to another host: it can be read, and
#: is followed by nobody.
FOREIGN_LOCATION = "X-Foreign-Location"

#: Answers that may be others the next time.
TRANSIENT = frozenset({429, 500, 502, 503, 504})


class TooLarge(exceptions.RequestException):
    """An answer has more bytes than are read of any."""


def guarded_session(
    max_bytes: int = MAX_BYTES, connections: int = 10
) -> requests.Session:
    """Return a session with limits. It may be used by several threads.

    ``timeout`` of a request is the deadline of the whole exchange: to
    connect, to send, and to read all of the answer. Raises what requests
    raises: ConnectTimeout, ReadTimeout; and TooLarge.

    ``connections``: how many are kept open to one host.
    """
    session = requests.Session()
    adapter = _Adapter(max_bytes, pool_maxsize=connections)
    for scheme in ("http://", "https://"):
        session.mount(scheme, adapter)
    return session


class KeystoneSession(Session):
    """A session of keystoneauth with the same limits."""

    def __init__(self, max_bytes: int = MAX_BYTES, **options: Any) -> None:
        super().__init__(session=guarded_session(max_bytes), **options)


class _Adapter(TCPKeepAliveAdapter):
    """Sends requests for a session, and guards their answers."""

    def __init__(self, max_bytes: int, **options: Any) -> None:
        self._max_bytes = max_bytes
        super().__init__(**options)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = _POOLS
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


class DeadlineSocket:
    """A socket whose timeout is a deadline for a whole exchange.

    A server that sends one byte a second never exceeds the limit of one
    read. Here the timeout counts from the moment it is set, for all that is
    sent or read until another one is set. urllib3 sets one when it connects,
    one when it sends on an old connection, and one before it reads an answer.

    ``began``: when it began to count. All that takes longer raises
    TimeoutError.
    """

    def __init__(self, sock: Any, began: float) -> None:
        self._socket = sock
        timeout = sock.gettimeout()
        self._deadline = None if timeout is None else began + timeout

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)

    def settimeout(self, seconds: float | None) -> None:
        now = time.monotonic()
        self._deadline = None if seconds is None else now + seconds

    def spend(self) -> None:
        """Let the next call take what is left of the time."""
        if self._deadline is None:
            self._socket.settimeout(None)
            return
        seconds = self._deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("the deadline has passed")
        self._socket.settimeout(seconds)

    def sendall(self, data: bytes) -> None:
        self.spend()
        self._socket.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        """Return what http.client reads an answer from."""
        raw = self._socket.makefile(mode, buffering=0)
        return io.BufferedReader(_Reader(self, raw))


class _Reader(io.RawIOBase):
    def __init__(self, sock: DeadlineSocket, raw: socket.SocketIO) -> None:
        super().__init__()
        self._socket = sock
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._socket.spend()
        return self._raw.readinto(buffer)

    def close(self) -> None:
        super().close()
        self._raw.close()


class _Connection(HTTPConnection):
    def connect(self) -> None:
        began = time.monotonic()
        super().connect()
        self.sock: Any = DeadlineSocket(self.sock, began)


class _TLSConnection(HTTPSConnection):
    def connect(self) -> None:
        began = time.monotonic()
        super().connect()
        self.sock: Any = DeadlineSocket(self.sock, began)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


#: For ``pool_classes_by_scheme`` of a pool manager of urllib3.
_POOLS = {"http": _Pool, "https": _TLSPool}


class Transient(Exception):
    """Trying again may help.

    ``is_sent``: the request may have been done. ``status``: of the answer,
    if there was one. ``retry_after``: the seconds that the service asks for.
    ``detail`` is for operators.
    """

    def __init__(
        self,
        problem: str,
        *,
        is_sent: bool = True,
        status: int | None = None,
        retry_after: float = 0,
        detail: str = "",
    ) -> None:
        super().__init__(problem)
        self.is_sent = is_sent
        self.status = status
        self.retry_after = retry_after
        self.detail = detail


@dc.dataclass(frozen=True, slots=True)
class Patience:
    """How often a request is repeated, and the waits before it is.

    The waits double up to the longest one. A service may ask for more by
    Retry-After, but for no more than the longest one.
    """

    retries: int = 3
    wait: float = 0.5
    wait_max: float = 10.0
    sleep: Callable[[float], None] = time.sleep

    def attempts(
        self,
        request: str,
        may_repeat: Callable[[Transient], bool] = lambda error: True,
    ) -> tenacity.Retrying:
        """Return what repeats a call while it raises Transient, and
        ``may_repeat`` agrees. It raises the last error. ``request`` names
        the call in the log."""

        def is_repeated(error: BaseException) -> bool:
            return isinstance(error, Transient) and may_repeat(error)

        def log(state: tenacity.RetryCallState) -> None:
            error = _error(state)
            # A text: a record of an error keeps all that its frames hold.
            text = f"{request}: {error} {error.detail}".rstrip()
            LOG.debug("%s; again in %.1f s", text, state.upcoming_sleep)

        return tenacity.Retrying(
            retry=tenacity.retry_if_exception(is_repeated),
            stop=tenacity.stop_after_attempt(self.retries + 1),
            wait=self._wait,
            sleep=self.sleep,
            before_sleep=log,
            reraise=True,
        )

    def _wait(self, state: tenacity.RetryCallState) -> float:
        backoff = tenacity.wait_exponential(self.wait, self.wait_max)(state)
        return min(max(backoff, _error(state).retry_after), self.wait_max)


def _error(state: tenacity.RetryCallState) -> Transient:
    error = state.outcome and state.outcome.exception()
    assert isinstance(error, Transient)
    return error


def retry_after(response: requests.Response) -> float:
    """Return the seconds of Retry-After; a date counts as nothing."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() else 0
