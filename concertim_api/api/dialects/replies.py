"""What a dialect answers, and how it is sent."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import orjson


@dc.dataclass(frozen=True, slots=True)
class Reply:
    """A document that is sent as JSON, or a text, or nothing."""

    document: Any = None
    status: int = 200
    text: str | None = None


def send(
    reply: Reply,
    environ: WSGIEnvironment,
    start_response: StartResponse,
    headers: Iterable[tuple[str, str]] = (),
) -> list[bytes]:
    """Send a reply, as a WSGI application."""
    sent, body = [*headers], b""
    if reply.text is not None:
        body = reply.text.encode()
        sent.append(("Content-Type", "text/plain; charset=utf-8"))
    elif reply.document is not None:
        body = orjson.dumps(reply.document)
        sent.append(("Content-Type", "application/json"))
    if reply.status != HTTPStatus.NO_CONTENT:
        sent.append(("Content-Length", str(len(body))))
    phrase = HTTPStatus(reply.status).phrase
    start_response(f"{reply.status} {phrase}", sent)
    return [] if environ.get("REQUEST_METHOD") == "HEAD" else [body]
