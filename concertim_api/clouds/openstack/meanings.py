"""What the answers of services mean: one table for who reads, one for who
orders something.

Who reads gets kinds of ``Unavailable``: a listing that fails says nothing of
what is there. Who orders something gets the words of
``services.cloud.acting``: it is the caller who must do something about it.
"""

from __future__ import annotations

import dataclasses as dc
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

import orjson
import requests

from concertim_api.domain import errors
from concertim_api.domain.errors import Unavailable
from concertim_api.http.session import TRANSIENT, Transient, retry_after
from concertim_api.services.cloud.reading import (
    NotAllowed,
    NotLetIn,
    NotListed,
)

#: An address of the cloud. Callers must not see it.
_URL = re.compile(r"https?://[^\s'\")>]+")


#: By these a service says that it did nothing.
_NOT_NOW = frozenset({429, 503})


class BadRequest(Unavailable):
    """The service finds the request itself wrong (400)."""


class Forbidden(NotAllowed):
    """We may not ask for this (403)."""


class Missing(Unavailable):
    """The service has no such thing (404)."""


class Meaning(NamedTuple):
    """``is_spoken``: only if the service itself says it. A proxy's page for
    people is no word on this."""

    error: Callable[[str], Exception]
    words: str = ""
    is_spoken: bool = True


@dc.dataclass(frozen=True, slots=True)
class Meanings:
    """``of``: status -> what it means. ``unlisted``: the catalog lacks the
    service. ``not_let_in``: Keystone does not accept the credentials."""

    by_status: Mapping[int, Meaning]
    unlisted: Callable[[str], Exception]
    not_let_in: Callable[[str, str], Exception]

    def failure(self, about: str, response: requests.Response) -> Exception:
        """Return what an answer means that is no success."""
        status = response.status_code
        complaint = _complaint(response)
        if status in TRANSIENT:
            return Transient(
                f"it answers {status}{complaint}",
                is_sent=status not in _NOT_NOW,
                status=status,
                retry_after=retry_after(response),
            )
        meaning = self.by_status.get(status, _UNAVAILABLE)
        if meaning.is_spoken and not _is_object(response.content):
            meaning = _UNAVAILABLE
        words = meaning.words or f"it answers {status}"
        if status < 400:
            words = f"it redirects us ({status})"
        return meaning.error(f"{about}: {words}{complaint}")


def _invalid(problem: str) -> Exception:
    """Return what 400 means.

    Cinder answers it if the state of a volume does not allow an order, where
    all other services answer 409, and Nova passes that on. The text tells it
    from a wrong value.
    """
    if "invalid volume" in problem.lower():
        return errors.Conflict(problem)
    return errors.Invalid("cloud", problem)


_UNAVAILABLE = Meaning(Unavailable, is_spoken=False)

READING = Meanings(
    {
        400: Meaning(BadRequest, "it refuses this (400)", is_spoken=False),
        403: Meaning(Forbidden, "not allowed (403)", is_spoken=False),
        404: Meaning(Missing, "there is none (404)"),
    },
    unlisted=NotListed,
    not_let_in=NotLetIn,
)

ORDERING = Meanings(
    {
        400: Meaning(_invalid),
        # Said in plain text by the filter in front of a service.
        401: Meaning(errors.Unauthenticated, is_spoken=False),
        403: Meaning(errors.CloudRefused),
        404: Meaning(errors.NotFound),
        409: Meaning(errors.Conflict),
        413: Meaning(errors.CloudRefused),  # Nova and Cinder: over a limit
    },
    # Not NotFound: nothing is gone for want of a service.
    unlisted=Unavailable,
    not_let_in=errors.Unauthenticated,
)


def _is_object(content: bytes) -> bool:
    """Whether an answer is a JSON object, as all of OpenStack's are."""
    try:
        return isinstance(orjson.loads(content), dict)
    except ValueError:
        return False


def _complaint(response: requests.Response) -> str:
    """Return the text of an error as ": text", or "" without one.

    OpenStack's services say it in ways like {"error": {"message": _}},
    {"forbidden": {"message": _}}, {"errors": [{"detail": _}]} and
    {"message": _}.
    """
    try:
        body = orjson.loads(response.content)
    except ValueError:
        return ""
    text = _message(body)
    token = response.request.headers.get("X-Auth-Token") if text else None
    if token:
        text = text.replace(str(token), "***")
    text = _URL.sub("its endpoint", text)
    return f": {' '.join(text.split()):.200}" if text else ""


def _message(body: object) -> str:
    if not isinstance(body, Mapping):
        return ""
    for part in (body, *body.values()):
        first = part[0] if isinstance(part, list) and part else part
        if isinstance(first, Mapping):
            for field in ("message", "detail"):
                if isinstance(first.get(field), str):
                    return str(first[field])
    return ""
