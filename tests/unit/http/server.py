"""A server that answers byte by byte what a test says."""

from __future__ import annotations

import contextlib
import socketserver
import threading


class Server(socketserver.ThreadingTCPServer):
    """Answers each request with the parts of an answer, one after the
    other; ``None`` waits for a while, ``False`` ends the connection. Notes
    what was sent to it."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, tls=None):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = {}
        self.requests = []
        self.closing = threading.Event()
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self.server_address[1]}"
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_side=True)

    def answer(self, *parts, path="/"):
        self.answers[path] = parts

    def redirect(self, location, status=302, path="/"):
        line = f"HTTP/1.1 {status} See there\r\nLocation: {location}\r\n"
        self.answer(f"{line}Content-Length: 0\r\n\r\n".encode(), path=path)


class _Handler(socketserver.StreamRequestHandler):
    def handle(self):
        with contextlib.suppress(ConnectionError):  # the client left
            while line := self.rfile.readline():
                self.answer(line)

    def answer(self, line):
        lines = [line]
        while lines[-1] not in (b"\r\n", b""):
            lines.append(self.rfile.readline())
        self.server.requests.append(b"".join(lines).decode())
        for part in self.server.answers[line.split()[1].decode()]:
            if part is None:
                self.server.closing.wait(0.02)
            elif part is False:
                raise ConnectionResetError
            else:
                self.wfile.write(part)


@contextlib.contextmanager
def serving(tls=None):
    with Server(tls) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            server.shutdown()
            thread.join()
