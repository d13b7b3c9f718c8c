"""The driver of the front end, on a simulated one without a socket."""

from __future__ import annotations

import contextlib
import io
from unittest import mock

import requests
from requests import exceptions
from requests.adapters import BaseAdapter
from urllib3.exceptions import ProtocolError

from concertim_api.frontend import session
from concertim_api.frontend.simulator.faults import Dropped

#: Where a simulator seems to be that has no socket.
URL = "http://front-end.invalid"


@contextlib.contextmanager
def in_process(app):
    """Let all sessions that begin meanwhile ask an app, at ``app.url``.

    A request takes a third of the time that it takes over HTTP.
    """
    app.url = URL

    def new_session(max_bytes, connections):
        http = requests.Session()
        http.trust_env = False  # there is no proxy on the way
        http.mount(URL, _Adapter(app))
        return http

    with mock.patch.object(session, "guarded_session", new_session):
        yield app


class _Adapter(BaseAdapter):
    """Hands requests to an app. Its faults may not delay."""

    def __init__(self, app):
        super().__init__()
        self._app = app

    def send(self, request, **options):
        body = request.body or b""
        try:
            answer = self._app.respond(
                request.method, request.path_url, request.headers, body
            )
        except Dropped as dropped:
            cause = ProtocolError("Connection aborted.", dropped)
            raise exceptions.ConnectionError(cause, request=request) from None
        response = requests.Response()
        response.request, response.url = request, request.url
        response.status_code = answer.status
        response.headers["Content-Type"] = "application/json; charset=utf-8"
        response.headers.update(answer.headers or {})
        response.raw = io.BytesIO(answer.content)
        return response

    def close(self):
        pass
