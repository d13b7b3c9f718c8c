"""The front end: what it answers, and what tests may see and break of it."""

from __future__ import annotations

import time
import typing
import uuid

import orjson

from concertim_api.frontend.simulator import actions, errors, snapshots
from concertim_api.frontend.simulator.columns import FLAVOURS
from concertim_api.frontend.simulator.faults import Dropped, Entry, Faults, Log
from concertim_api.frontend.simulator.model import Model
from concertim_api.frontend.simulator.presenters import Presenter
from concertim_api.frontend.simulator.seeds import Seeds

_API = "/api/v1/"
_LOGIN = "/users/sign_in.json"


class Answer(typing.NamedTuple):
    """A document, or what a fault has in its place."""

    status: int
    document: object = None
    headers: dict | None = None

    @property
    def content(self):
        if isinstance(self.document, str):
            return self.document.encode()
        return orjson.dumps({} if self.document is None else self.document)


class App:
    """A front end of its own."""

    def __init__(self, flavour="orders"):
        self.flavour = FLAVOURS[flavour]
        self.model = Model()
        self.seed = Seeds(self.model)
        self.show = Presenter(self.model, self.flavour)
        self.requests = Log()
        self.faults = Faults()
        #: What signs somebody in: each counts until it is taken away.
        self._tokens = set()

    # For tests

    def count(self, beginning=""):
        """Return how many requests ("GET /api/v1/racks") begin so."""
        return self.requests.count(beginning)

    def token(self):
        """Return what root sends as Authorization, without a request."""
        token = f"Bearer {uuid.uuid4()}"
        self._tokens.add(token)
        return token

    def revoke_tokens(self):
        """End all sessions."""
        self._tokens.clear()

    def snapshot(self, *, ids=True):
        """Return what root sees, by id or by name."""
        look = snapshots.by_id if ids else snapshots.by_name
        with self.model.lock:
            return look(self.model, self.show)

    # For servers

    def respond(self, method, path, token=None, content=b""):
        """Answer, or raise Dropped where nothing is to be answered."""
        body = orjson.loads(content) if content else None
        answer = self._meet(method, path, token, body)
        logged = body if isinstance(body, dict) else None
        status = answer and answer.status
        self.requests.append(Entry(method, path, logged, status))
        if answer is None:
            raise Dropped
        return answer

    def _meet(self, method, path, token, body):
        """Return the answer, or nothing, after whatever goes wrong."""
        kind, *rest = self.faults(method, path) or ("none",)
        if kind == "drop_before":
            return None
        if kind == "status":
            return Answer(*rest)
        if kind == "delay":
            time.sleep(*rest)
        fields = body if isinstance(body, dict) else {}
        with self.model.lock:
            try:
                answer = self._act(
                    method, path.partition("?")[0], token, fields
                )
            except errors.Refused as refused:
                answer = Answer(refused.status, refused.document)
        if kind == "drop_after":
            return None
        return Answer(*rest) if kind == "status_after" else answer

    def _act(self, method, path, token, body):
        if (method, path) == ("POST", _LOGIN):
            return self._log_in(body)
        if path.startswith(_API) and token not in self._tokens:
            raise errors.not_signed_in()
        noun, _, row_id = path.removeprefix(_API).partition("/")
        action = actions.ROUTES.get((method, noun, bool(row_id)))
        if action is None:
            raise errors.no_route(method, path)
        call = actions.Call(self.model, self.flavour, self.show, body)
        return Answer(200, action(call, *[row_id] if row_id else []))

    def _log_in(self, body):
        sent = body.get("user")
        sent = sent if isinstance(sent, dict) else {}
        login = sent.get("login"), sent.get("password")
        for user in self.model.users.values():
            if (user.login, user.password) == login:
                document = {"id": user.id, "login": user.login}
                return Answer(201, document, {"Authorization": self.token()})
        raise errors.Refused(401, {"error": "Invalid Login or password."})
