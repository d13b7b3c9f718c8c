"""A deadline for a whole exchange, where libraries have one for each read.

A server that sends one byte a second never exceeds the limit of one read.
Here the timeout of a socket is a deadline: it counts from the moment it is
set, for all that is sent or read until another one is set. urllib3 sets one
when it connects, one when it sends on an old connection, and one before it
reads an answer.
"""

from __future__ import annotations

import io
import socket
import time
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class DeadlineSocket:
    """A socket whose timeout is a deadline. ``began``: when it began to
    count. All that takes longer raises TimeoutError."""

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
POOLS = {"http": _Pool, "https": _TLSPool}
