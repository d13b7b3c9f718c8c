"""The port of a log-in by user and password, for callers without a token."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Mapping, Sequence
from typing import Protocol


@dc.dataclass(frozen=True, slots=True)
class Password:
    """What somebody sent to be logged in by.

    ``auth_url`` is one of ours. ``names``: ``user_id`` or ``username`` with
    ``user_domain_name``, ``project_id`` or ``project_name`` with
    ``project_domain_name``.
    """

    auth_url: str
    names: Mapping[str, str]
    password: str = dc.field(repr=False)


@dc.dataclass(frozen=True, slots=True)
class LoggedIn:
    """Who that is, as the cloud says, and its credentials for an operator.

    They hold the password: they are for one request, and not to be kept.
    """

    user_id: str
    user_name: str | None
    project_id: str | None
    credentials: object = dc.field(repr=False)


class Logins(Protocol):
    """Logs callers in, and remembers for a short time that it did."""

    def login(self, given: Password) -> LoggedIn:
        """Log somebody in. One request, unless it is remembered.

        Raises Unauthenticated, Unavailable.
        """


class Enterable(Protocol):
    """A region of a cloud that callers can be logged in to."""

    region: str

    @property
    def auth_urls(self) -> Sequence[str]:
        """Where that is done, unless we are told otherwise."""

    def logins(self, remembered_for: float) -> Logins:
        """Return what logs in, and remembers it for so many seconds."""
