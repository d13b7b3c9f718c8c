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
from tests.contract.concertim.permissions import Abilities
from tests.contract.concertim.presenters import Presenter
from tests.contract.concertim.seeds import Seeds
from tests.contract.concertim.sessions import Sessions

DAY = 86400
_UNREADABLE = object()


class App:
    """A front end of its own; ``clock`` returns seconds since 1970."""

    def __init__(
        self,
        flavour="orders",
        *,
        clock=time.time,
        secret="shared-secret",
        lifetime=DAY,
        sleep=time.sleep,
        log=None,
    ):
        self.flavour = FLAVOURS[flavour]
        self.clock, self.sleep = clock, sleep
        self.model = Model()
        self.seed = Seeds(self.model)
        self.show = Presenter(self.model, self.flavour)
        self.sessions = Sessions(self.model, clock, secret, lifetime)
        self.requests = Log(log)
        self.faults = Faults()
        #: True: connections end without an answer. A number: the status
        #: of every answer, as of a proxy before a dead front end.
        self.down = False

    # For tests

    def count(self, beginning=""):
        """Return how many requests ("GET /api/v1/racks") begin so."""
        return self.requests.count(beginning)

    def counts(self):
        """Return ``Counter({"PATCH /api/v1/racks/:id": 2, ..})``."""
        return self.requests.counts()

    def token(self, login="admin"):
        """Return what a user sends as Authorization, without a request."""
        with self.model.lock:
            users = self.model.users.values()
            user = next(u for u in users if u.login == login)
            return f"Bearer {self.sessions.issue(user)}"

    def revoke_tokens(self, user_id=None):
        """End the sessions of a user, or all."""
        with self.model.lock:
            self.sessions.revoke(user_id)

    def run_jobs(self):
        """Delete the teams and users that are marked."""
        self.model.run_jobs()

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
        self.requests.add(
            Entry(
                request.method,
                path,
                body if isinstance(body, dict) else None,
                response and response.status_code,
                self.clock(),
            )
        )
        if response is None:
            raise Dropped
        return response(environ, start_response)

    def _meet(self, request, path, body):
        """Return the response, or nothing, after whatever goes wrong."""
        if self.down:
            return None if self.down is True else _answer(self.down)
        kind, *rest = self.faults(request.method, path) or ("none",)
        if kind == "drop_before":
            return None
        if kind == "status":
            return _answer(*rest)
        if kind == "delay":
            self.sleep(*rest)
        elif kind == "wait":
            rest[0].wait()
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
        if body is _UNREADABLE:
            raise errors.unparsable()
        if router.is_login(request.method, request.path):
            return self._login(_fields(body))
        user = None
        if router.is_api(request.path):
            authorization = request.headers.get("Authorization")
            user = self.sessions.user(authorization)
        action, args = router.find(request.method, request.path)
        call = Call(
            model=self.model,
            flavour=self.flavour,
            sessions=self.sessions,
            show=self.show,
            user=user,
            may=Abilities(self.model, user),
            body=_fields(body),
            query=request.args,
            now=self.clock(),
        )
        return _answer(200, action(call, **args))

    def _login(self, body):
        asked = body.get("user")
        asked = asked if isinstance(asked, dict) else {}
        user = self.sessions.sign_in(asked.get("login"), asked.get("password"))
        response = _answer(201, self.show.user(user))
        token = self.sessions.issue(user)
        response.headers["Authorization"] = f"Bearer {token}"
        return response


def _read(request):
    if not (request.is_json and request.content_length):
        return None
    try:
        return orjson.loads(request.get_data())
    except orjson.JSONDecodeError:
        return _UNREADABLE


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
