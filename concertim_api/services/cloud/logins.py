"""The port of log-ins by password, for callers without a token."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol


@dc.dataclass(frozen=True, slots=True)
class Password:
    """The password of a caller, with the names that Keystone needs.

    ``auth_url`` is one of the configured ones. ``names``: ``user_id``, or
    ``username`` with ``user_domain_name``; ``project_id``, or
    ``project_name`` with ``project_domain_name``.
    """

    auth_url: str
    names: Mapping[str, str]
    password: str = dc.field(repr=False)


@dc.dataclass(frozen=True, slots=True)
class Login:
    """A caller, as the cloud knows them, with credentials for the cloud.

    The credentials hold the password: use them for one request, and do not
    keep them.
    """

    user_id: str
    user_name: str | None
    project_id: str | None
    credentials: object = dc.field(repr=False)


#: Whether nobody changed a user through us since a moment. 1 statement.
IsUnchanged = Callable[[str, datetime], bool]


class Logins(Protocol):
    """Logs callers in, and remembers each log-in for a short time, or until
    the user is changed through us."""

    def login(self, login: Password) -> Login:
        """Log a caller in. One request; if it is remembered, none, but the
        statement of ``IsUnchanged``.

        Raises Unauthenticated, Unavailable.
        """


class LoginCloud(Protocol):
    """A region of a cloud that callers can be logged in to."""

    region: str

    @property
    def auth_urls(self) -> Sequence[str]:
        """The addresses of Keystone that we know without an option."""

    def logins(
        self, remembered_for: float, is_unchanged: IsUnchanged
    ) -> Logins:
        """Return log-ins that are remembered for so many seconds, as long
        as the user is unchanged."""
