"""The front end, as a WSGI application."""

from __future__ import annotations

import time

import orjson
from werkzeug.wrappers import Request, Response

from tests.contract.concertim import errors, router, snapshots
from tests.contract.concertim.controllers.base import Call
from tests.contract.concertim.faults import Dropped, Faults
from tests.contract.concertim.flavours import FLAVOURS
from tests.contract.concertim.log import Entry, Log
from tests.contract.concertim.model import Model
from tests.contract.concertim.presenters import Presenter
from tests.contract.concertim.seeds import Seeds
from tests.contract.concertim.sessions import Sessions


class App:
    """A front end of its own."""

    def __init__(self, flavour="orders"):
        self.flavour = FLAVOURS[flavour]
        self.model = Model()
        self.seed = Seeds(self.model)
        self.show = Presenter(self.model, self.flavour)
        self.sessions = Sessions(self.model)
        self.requests = Log()
        self.faults = Faults()

    # For tests

    def count(self, beginning=""):
        """Return how many requests ("GET /api/v1/racks") begin so."""
        return self.requests.count(beginning)

    def token(self):
        """Return what root sends as Authorization, without a request."""
        with self.model.lock:
            return self.sessions.issue()

    def revoke_tokens(self):
        """End all sessions."""
        with self.model.lock:
            self.sessions.revoke()

    def snapshot(self, *, ids=True):
        """Return what root sees, by id or by name."""
        look = snapshots.by_id if ids else snapshots.by_name
        with self.model.lock:
            return look(self.model, self.show)

    # For servers

    def __call__(self, environ, start_response):
        """Answer, or raise Dropped where nothing is to be answered."""
        request = Request(environ)
        path = request.full_path.removesuffix("?")
        body = _read(request)
        response = self._meet(request, path, body)
        self.requests.append(
            Entry(
                request.method,
                path,
                body if isinstance(body, dict) else None,
                response and response.status_code,
                time.time(),
            )
        )
        if response is None:
            raise Dropped
        return response(environ, start_response)

    def _meet(self, request, path, body):
        """Return the response, or nothing, after whatever goes wrong."""
        kind, *rest = self.faults(request.method, path) or ("none",)
        if kind == "drop_before":
            return None
        if kind == "status":
            return _answer(*rest)
        if kind == "delay":
            time.sleep(*rest)
        response = self._respond(request, body)
        if kind == "drop_after":
            return None
        return _answer(*rest) if kind == "status_after" else response

    def _respond(self, request, body):
        with self.model.lock:
            try:
                return self._act(request, body)
            except errors.Refused as refused:
                return _answer(refused.status, refused.document)

    def _act(self, request, body):
        if router.is_login(request.method, request.path):
            return self._login(_fields(body))
        if router.is_api(request.path):
            self.sessions.check(request.headers.get("Authorization"))
        action, args = router.find(request.method, request.path)
        call = Call(
            model=self.model,
            flavour=self.flavour,
            show=self.show,
            body=_fields(body),
        )
        return _answer(200, action(call, **args))

    def _login(self, body):
        asked = body.get("user")
        asked = asked if isinstance(asked, dict) else {}
        user = self.sessions.sign_in(asked.get("login"), asked.get("password"))
        response = _answer(201, self.show.user(user))
        response.headers["Authorization"] = self.sessions.issue()
        return response


def _read(request):
    if not (request.is_json and request.content_length):
        return None
    return orjson.loads(request.get_data())


def _fields(body):
    return body if isinstance(body, dict) else {}


def _answer(status, document=None, headers=None):
    content = document
    if not isinstance(document, str | bytes):
        content = orjson.dumps({} if document is None else document)
    return Response(
        content,
        status,
        headers,
        content_type="application/json; charset=utf-8",
    )
