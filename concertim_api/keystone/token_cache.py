"""The memcached in which the API keeps what it knows of tokens."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence
from urllib import parse

from oslo_config import cfg

#: Seconds: for a server to answer, and for which its answer is believed.
PATIENCE, MEMORY = 0.5, 10.0

_GROUP, _OPTION, _PORT = "keystone_authtoken", "memcached_servers", 11211


class Memcached:
    """``TokenCache`` of ``services.access.ports``. Threads may share it."""

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._conf = conf
        self._lock = threading.Lock()
        self._silent: Sequence[str] = ()
        self._looked_at: float | None = None

    def servers(self) -> Sequence[str]:
        # No other process than the API needs the middleware.
        from keystonemiddleware.opts import list_auth_token_opts

        for group, options in list_auth_token_opts():
            (option,) = (o for o in options if o.name == _OPTION)
            self._conf.register_opt(option, group)
        return self._conf[_GROUP][_OPTION] or ()

    def silent(self) -> Sequence[str]:
        with self._lock:
            now = time.monotonic()
            if self._looked_at is None or now - self._looked_at > MEMORY:
                self._silent = [s for s in self.servers() if not _answers(s)]
                self._looked_at = time.monotonic()
            return self._silent


def _answers(server: str) -> bool:
    """Whether a server reacts to a question, in whatever way: one that wants
    TLS or a login does not understand it."""
    try:
        with _connected(server) as connection:
            connection.sendall(b"version\r\n")
            connection.recv(1)
    except (OSError, ValueError) as exc:  # a port may be none
        return isinstance(exc, ConnectionResetError)
    return True


def _connected(server: str) -> socket.socket:
    """Return a connection to host, host:port, [address]:port or unix:path."""
    family, _, path = server.partition(":")
    if family == "unix":
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(PATIENCE)
        connection.connect(path)
        return connection
    if family in ("inet", "inet6"):
        server = path
    address = parse.urlsplit(f"//{server}")
    return socket.create_connection(
        (address.hostname, address.port or _PORT), PATIENCE
    )
