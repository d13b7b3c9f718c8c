"""HTTP/1.1 on the loopback, with connections that stay."""

from __future__ import annotations

import contextlib
import io
import socket
import socketserver
import ssl
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler

from werkzeug.exceptions import ClientDisconnected

from tests.contract.concertim.app import App
from tests.contract.concertim.faults import Dropped

_POLL = 0.02


class Server:
    """Serves an application. It may be stopped and started again."""

    def __init__(
        self,
        app,
        *,
        host="127.0.0.1",
        port=0,
        certificate=None,
        key=None,
    ):
        self.app, self.host, self.port = app, host, port
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
def serve(app=None, *, port=0, certificate=None, key=None, **options):
    """Serve an application, or a new one with these options."""
    app = app or App(**options)
    with Server(app, port=port, certificate=certificate, key=key) as server:
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
        gone = ConnectionError | ssl.SSLError | ClientDisconnected
        if not isinstance(sys.exception(), gone):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    #: An answer leaves in one piece.
    wbufsize = -1

    def _serve(self):
        environ = self._environ()
        begun = []
        try:
            chunks = self.server.app(environ, lambda *a: begun.append(a[:2]))
            content = b"".join(chunks)
        except Dropped:
            self.close_connection = True
            return
        status, headers = begun[0]
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def _environ(self):
        length = int(self.headers.get("Content-Length") or 0)
        path, _, query = self.path.partition("?")
        host, port = self.server.server_address
        environ = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": urllib.parse.unquote(path, "latin-1"),
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(length),
            "SERVER_NAME": host,
            "SERVER_PORT": str(port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "https" if self.server.context else "http",
            "wsgi.input": io.BytesIO(self.rfile.read(length)),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in self.headers.items():
            environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
        return environ

    def log_message(self, *args):
        pass
