"""A server for development and the demo. Not for the network."""

from __future__ import annotations

import contextlib
import logging
import socketserver
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from wsgiref import simple_server

from concertim_api.api.auth import is_loopback
from concertim_api.domain.errors import Invalid

if TYPE_CHECKING:
    from concertim_api.agent.agent import Agent

LOG = logging.getLogger(__name__)


class _Server(socketserver.ThreadingMixIn, simple_server.WSGIServer):
    daemon_threads = True


class _Handler(simple_server.WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        LOG.debug(format, *args)

    def address_string(self) -> str:
        return str(self.client_address[0])  # without asking a name server


@contextlib.contextmanager
def working(agent: Agent | None, patience: float) -> Iterator[None]:
    """Let an agent work meanwhile, if one is given."""
    if agent is None:
        yield
        return
    agent.start()
    try:
        yield
    finally:
        agent.stop(patience)


def serve(application: Any, host: str, port: int) -> None:
    """Serve until interrupted. Raises Invalid beyond loopback."""
    with server(application, host, port) as running:
        LOG.info("Serving on http://%s:%s", host, running.server_port)
        try:
            running.serve_forever()
        except KeyboardInterrupt:
            LOG.info("Stopped")


def server(application: Any, host: str, port: int) -> simple_server.WSGIServer:
    """Return a server that listens; port 0 takes a free one."""
    if host != "localhost" and not is_loopback(host):
        raise Invalid(
            "--host", f"{host} is not a loopback address; use Apache"
        )
    try:
        return simple_server.make_server(
            host, port, application, _Server, _Handler
        )
    except OSError as exc:
        raise Invalid("--port", f"{port}: {exc.strerror}") from None
