"""Errors of Keystone that repeat a password are not passed on."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

from concertim_api.domain.errors import ConcertimError, Invalid

#: So many characters of a password in a text count as the whole of it:
#: services cut their texts.
_PREFIX = 6

_HIDDEN = "Keystone does not take it; what it says repeats the password"


@contextlib.contextmanager
def unrepeated(password: str | None) -> Iterator[None]:
    """Hide the text of an error if it holds the password."""
    try:
        yield
    except ConcertimError as exc:
        if not password or not _repeats(str(exc), password):
            raise
        if isinstance(exc, Invalid):
            raise Invalid("password", _HIDDEN) from None
        raise type(exc)(_HIDDEN) from None


def _repeats(text: str, password: str) -> bool:
    """Whether a text holds a password, spelled in any way that is usual."""
    spelled = {
        password,
        " ".join(password.split()),
        repr(password)[1:-1],
        json.dumps(password)[1:-1],
        ascii(password)[1:-1],
    }
    return any(form and form[:_PREFIX] in text for form in spelled)
