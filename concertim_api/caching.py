"""Who may keep an answer: said of every answer of every application.

A cache that is told nothing keeps what it likes, and most know nothing of
X-Auth-Token: what one project asked for is then shown to another.
"""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Callable, Container, Iterable
from typing import Any

Environ = dict[str, Any]
Headers = list[tuple[str, str]]

#: Nobody keeps it.
NO_STORE = "no-store"

#: What has an ETag: its caller keeps it, and asks each time whether it is
#: still so.
PRIVATE = "private, no-cache"

#: What is the same for everybody, and needs no token: for a minute.
PUBLIC = "public, max-age=60"

#: Cache-Control -> the headers of a request that such an answer depends on.
#: Links begin with what a proxy says of the way here.
VARY = {
    NO_STORE: (),
    PRIVATE: (
        "X-Auth-Token",
        "Authorization",
        "Accept",
        "OpenStack-API-Version",
    ),
    PUBLIC: (
        "Accept",
        "OpenStack-API-Version",
        "Origin",
        "Forwarded",
        "X-Forwarded-Host",
        "X-Forwarded-Prefix",
        "X-Forwarded-Proto",
    ),
}


@dc.dataclass
class Caching:
    """Says of each answer who may keep it, whatever it said itself.

    It has room for attributes: ``pecan serve`` gives the application one.

    ``public``: the paths whose answers are the same for everybody.
    """

    application: Any
    public: Container[str] = frozenset()

    def __call__(
        self, environ: Environ, start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        is_public = environ.get("PATH_INFO", "") in self.public and environ[
            "REQUEST_METHOD"
        ] in ("GET", "HEAD")

        def start(status: str, headers: Headers, *exc_info: Any) -> Any:
            control = NO_STORE
            if any(name.lower() == "etag" for name, _ in headers):
                control = PRIVATE
            elif is_public and status.startswith("200 "):
                control = PUBLIC
            return start_response(status, _with(control, headers), *exc_info)

        answer: Iterable[bytes] = self.application(environ, start)
        return answer


def _with(control: str, headers: Headers) -> Headers:
    """Return headers with one Cache-Control, and at most one Vary."""
    replaced = ("cache-control", "vary")
    kept = [h for h in headers if h[0].lower() not in replaced]
    kept.append(("Cache-Control", control))
    names = {
        name.lower(): name for name in (*_varied(headers), *VARY[control])
    }
    if names:
        kept.append(("Vary", ", ".join(names.values())))
    return kept


def _varied(headers: Headers) -> list[str]:
    """Return what the answer says that it depends on."""
    return [
        word.strip()
        for name, value in headers
        if name.lower() == "vary"
        for word in value.split(",")
    ]
