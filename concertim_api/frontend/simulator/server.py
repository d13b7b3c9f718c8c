"""HTTP/1.1 on the loopback, with connections that stay."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler

from concertim_api.frontend.simulator.app import App
from concertim_api.frontend.simulator.faults import Dropped

_POLL = 0.02


class Server:
    """Serves a front end. It may be stopped and started again."""

    host = "127.0.0.1"

    def __init__(self, app, *, certificate=None, key=None):
        self.app, self.port = app, 0
        self._context = None
        if certificate:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certificate, key)
        self._listener = None

    @property
    def url(self):
        scheme = "https" if self._context else "http"
        return f"{scheme}://{self.host}:{self.port}"

    def start(self):
        """Listen, from now on at the port that was found free."""
        self._listener = _Listener((self.host, self.port), _Handler)
        self._listener.app, self._listener.context = self.app, self._context
        self.port = self._listener.server_address[1]
        threading.Thread(
            target=self._listener.serve_forever, args=(_POLL,), daemon=True
        ).start()
        return self

    def stop(self):
        """Refuse connections, and end those that are."""
        if self._listener:
            self._listener.shutdown()
            self._listener.server_close()
            self._listener.hang_up()
            self._listener = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *exc):
        self.stop()


@contextlib.contextmanager
def serve(app=None, *, flavour="orders", **tls):
    """Serve an application, or a new one of a flavour."""
    with Server(app or App(flavour), **tls) as server:
        yield server


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, *args):
        self._open = set()
        super().__init__(*args)

    def get_request(self):
        connection, address = super().get_request()
        if self.context:
            # The handshake waits for the thread of the connection.
            connection = self.context.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        self._open.add(connection)
        return connection, address

    def shutdown_request(self, request):
        self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self):
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                # A TLS socket would ask its peer first.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def handle_error(self, request, client_address):
        """Say nothing of clients that go: tests are about them."""
        if not isinstance(sys.exception(), ConnectionError | ssl.SSLError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    #: An answer leaves in one piece.
    wbufsize = -1

    def _serve(self):
        length = int(self.headers.get("Content-Length") or 0)
        content = self.rfile.read(length)
        try:
            answer = self.server.app.respond(
                self.command, self.path, self.headers, content
            )
        except Dropped:
            self.close_connection = True
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(answer.content)))
        for name, value in (answer.headers or {}).items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer.content)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = _serve

    def log_message(self, *args):
        pass
