"""The simulated front end answers as the app itself was recorded.

All requests of the recording are sent, in its order; where it has an answer,
that is the answer here. See ``tests/samples/front_end``.
"""

from __future__ import annotations

import datetime as dt
import json
import pathlib
import re
import types
from decimal import Decimal

import orjson
import pytest

from concertim_api.frontend.simulator import App

SAMPLES = pathlib.Path(__file__).parents[1] / "samples" / "front_end"
REQUESTS = [
    types.SimpleNamespace(**json.loads(line))
    for line in (SAMPLES / "answers.jsonl").read_text().splitlines()
]
RECORDED = [n for n, r in enumerate(REQUESTS) if hasattr(r, "status")]

#: What stands in the recording for any text, id or time.
ANY = {
    "<text>": re.compile(r".+", re.DOTALL),
    "<uuid>": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "<time>": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
}


@pytest.fixture(scope="module")
def replay():
    """The answers to all requests, by their number."""
    return Replay(seeded()).answers()


def seeded():
    """Return an app with what the real one was seeded with."""
    app = App()
    app.model.today = lambda: dt.date(2026, 11, 29)
    account = {"billing_acct_id": "acc-a", "credits": Decimal("30.5")}
    team = app.seed.team("team-a", "a" * 32, **account)
    app.seed.team("team b", "b" * 32)
    boss = app.seed.user("boss", cloud_user_id="c-boss")
    member = app.seed.user("mem")
    app.seed.user("stranger")
    app.seed.role(boss, team, "admin")
    app.seed.role(member, team, "member")
    return app


class Replay:
    """Sends the requests; ``ids`` are those of what the app made."""

    def __init__(self, app):
        self.app = app
        model = app.model
        names = {row.name: row.id for row in model.templates.values()}
        names |= {row.login: row.id for row in model.users.values()}
        names |= {row.name: row.id for row in model.teams.values()}
        names["team-b"] = names.pop("team b")
        self.ids = {f"{{{name}}}": row_id for name, row_id in names.items()}
        self.tokens = {
            user.login: app.token(user) for user in model.users.values()
        }

    def answers(self):
        return [self.send(request) for request in REQUESTS]

    def send(self, request):
        """Return status, document, and what the recording has for them."""
        content = getattr(request, "raw", None)
        if content is None and hasattr(request, "body"):
            content = json.dumps(request.body)
        headers = {
            "Accept": getattr(request, "accept", "application/json"),
            "Content-Type": getattr(request, "ctype", "application/json"),
            "Authorization": self.tokens.get(request.who),
        }
        answer = self.app.respond(
            request.method,
            self.named(request.path),
            headers,
            self.named(content or "").encode(),
        )
        document = shown(answer.content)
        if hasattr(request, "save"):
            self.ids[f"{{{request.save}}}"] = document["id"]
        expected = self.named(json.dumps(getattr(request, "answer", None)))
        return answer.status, document, json.loads(expected)

    def named(self, text):
        for name, row_id in self.ids.items():
            text = text.replace(name, row_id)
        return text


def shown(content):
    """Return a document, or else the text that it is; nothing of nothing."""
    try:
        return orjson.loads(content or b"null")
    except orjson.JSONDecodeError:
        return content.decode()


def differences(expected, document, path="answer"):
    """Yield where a document is not what is expected."""
    if isinstance(expected, dict) and isinstance(document, dict):
        for name in expected.keys() | document.keys():
            yield from differences(
                expected.get(name, "<absent>"),
                document.get(name, "<absent>"),
                f"{path}.{name}",
            )
    elif (
        isinstance(expected, list)
        and isinstance(document, list)
        and len(expected) == len(document)
    ):
        for n, pair in enumerate(zip(expected, document, strict=True)):
            yield from differences(*pair, f"{path}[{n}]")
    elif not matches(expected, document):
        yield path, expected, document


def matches(expected, document):
    if type(expected) is not type(document):
        return False
    if not isinstance(expected, str):
        return expected == document
    mark = "<time>" if ANY["<time>"].fullmatch(expected) else expected
    if mark in ANY:
        return bool(ANY[mark].fullmatch(document))
    return expected == document


def test_the_recording_is_whole():
    assert (len(REQUESTS), len(RECORDED)) == (212, 142)


@pytest.mark.parametrize("n", RECORDED, ids=lambda n: REQUESTS[n].label)
def test_the_answer_is_that_of_the_app(replay, n):
    status, document, expected = replay[n]
    assert [*differences(expected, document)] == []
    assert status == REQUESTS[n].status
