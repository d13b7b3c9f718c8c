"""The front end: what it answers, and what tests may see and break of it."""

from __future__ import annotations

import re
import time
import typing
import urllib.parse
import uuid

import orjson

from concertim_api.frontend.simulator import actions, errors, snapshots
from concertim_api.frontend.simulator.columns import FLAVOURS
from concertim_api.frontend.simulator.faults import Dropped, Entry, Faults, Log
from concertim_api.frontend.simulator.model import Model
from concertim_api.frontend.simulator.presenters import Presenter
from concertim_api.frontend.simulator.seeds import Seeds

_API = "/api/v1/"
_LOGINS = ("/users/sign_in", "/accounts/sign_in")
_FORM = re.compile(r"(\w+)\[(\w+)\]")


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
        #: The users whom a token or a cookie signs in, until it is taken
        #: away.
        self._tokens, self._cookies = {}, {}

    # For tests

    def count(self, beginning=""):
        """Return how many requests ("GET /api/v1/racks") begin so."""
        return self.requests.count(beginning)

    def token(self, user=None):
        """Return what a user, or else root, sends as Authorization, without
        a request."""
        token = f"Bearer {uuid.uuid4()}"
        root = next(u for u in self.model.users.values() if u.root)
        self._tokens[token] = (user or root).id
        return token

    def revoke_tokens(self):
        """Let no token count any more. A cookie does."""
        self._tokens.clear()

    def snapshot(self, *, ids=True):
        """Return what root sees, by id or by name."""
        look = snapshots.by_id if ids else snapshots.by_name
        with self.model.lock:
            return look(self.model, self.show)

    # For servers

    def respond(self, method, path, headers, content=b""):
        """Answer, or raise Dropped where nothing is to be answered."""
        body = _body(content, headers.get("Content-Type") or "")
        answer = self._meet(method, path, headers, body)
        logged = body if isinstance(body, dict) else None
        status = answer and answer.status
        self.requests.append(Entry(method, path, logged, status))
        if answer is None:
            raise Dropped
        return answer

    def _meet(self, method, path, headers, body):
        """Return the answer, or nothing, after whatever goes wrong."""
        kind, *rest = self.faults(method, path) or ("none",)
        if kind == "drop_before":
            return None
        if kind == "status":
            return Answer(*rest)
        if kind == "delay":
            time.sleep(*rest)
        with self.model.lock:
            try:
                answer = self._act(method, path, headers, body)
            except errors.Refused as refused:
                answer = Answer(refused.status, refused.document)
        if kind == "drop_after":
            return None
        return Answer(*rest) if kind == "status_after" else answer

    def _act(self, method, target, headers, body):
        if isinstance(body, orjson.JSONDecodeError):
            raise errors.plain(400, "Bad Request")
        fields = body if isinstance(body, dict) else {}
        path, _, query = target.partition("?")
        path, dot, _ = path.partition(".json")
        if method == "POST" and path in _LOGINS:
            return self._log_in(fields)
        user = self._user(headers)
        if user is None and (dot or "json" in headers.get("Accept", "")):
            raise errors.not_signed_in()
        if user is None:
            here = {"Location": "/accounts/sign_in"}
            return Answer(302, "<html>You are being redirected.</html>", here)
        call = actions.Call(self.model, self.flavour, self.show, user, fields)
        call.recurse = "recurse=true" in query
        verb = {"HEAD": "GET", "PUT": "PATCH"}.get(method, method)
        document = actions.act(call, verb, path.removeprefix(_API))
        return Answer(200, "" if method == "HEAD" else document)

    def _user(self, headers):
        """Return who asks. A cookie counts, whatever the token."""
        user_id = self._cookies.get(headers.get("Cookie"))
        user_id = user_id or self._tokens.get(headers.get("Authorization"))
        return self.model.users.get(user_id)

    def _log_in(self, body):
        sent = body.get("user")
        sent = sent if isinstance(sent, dict) else {}
        login = sent.get("login"), sent.get("password")
        for user in self.model.users.values():
            if (user.login, user.password) == login:
                cookie = f"_ct_session={uuid.uuid4()}"
                self._cookies[cookie] = user.id
                headers = {
                    "Authorization": self.token(user),
                    "Set-Cookie": f"{cookie}; path=/; HttpOnly",
                }
                return Answer(201, self.show.login(user), headers)
        raise errors.Refused(401, {"error": "Invalid Login or password."})


def _body(content, form):
    """Return what a body holds, of the two forms that are read; an error:
    it can't be read."""
    if "json" in form and content:
        try:
            return orjson.loads(content)
        except orjson.JSONDecodeError as error:
            return error
    body = {}
    if "urlencoded" in form:
        for name, value in urllib.parse.parse_qsl(content.decode()):
            outer, inner = _FORM.fullmatch(name).groups()
            body.setdefault(outer, {})[inner] = value
    return body or None
