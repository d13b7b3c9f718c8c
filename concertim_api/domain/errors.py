"""The errors of the domain; ``api/errors.py`` makes HTTP of them."""

import logging

LOG = logging.getLogger(__name__)


class ConcertimError(Exception):
    """Base of each error that is shown to a caller.

    Anybody may read its text. ``detail`` is for operators: it may name
    hosts, ports, users and files, but never a password or a value.
    """

    def __init__(self, text: str = "", detail: str = "") -> None:
        super().__init__(text)
        self.detail = detail


def in_full(error: Exception) -> str:
    """Return the text of an error with its detail, for operators."""
    detail = getattr(error, "detail", "")
    return f"{error}: {detail}" if detail else str(error)


def reason(error: Exception) -> str:
    """Return what operators may read of an error, and log what not.

    Errors of our own explain themselves. Of others only the type is told:
    their texts may hold statements, values and addresses.
    """
    if isinstance(error, ConcertimError):
        return in_full(error)
    LOG.error("Unforeseen: %s", type(error).__name__, exc_info=error)
    return f"{type(error).__name__}: see the log"


class NotFound(ConcertimError):
    """The thing does not exist, or the caller may not see it."""


class CloudRefused(ConcertimError):
    """The cloud refuses the request of the caller."""


class Unauthenticated(ConcertimError):
    """The cloud does not accept the credentials of the caller."""


class Conflict(ConcertimError):
    """The request contradicts what is stored."""


class Invalid(ConcertimError):
    """A value is not acceptable; ``field`` names it."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class Gone(ConcertimError):
    """The thing existed, but it is not kept any more."""


class Unavailable(ConcertimError):
    """A part that we need does not answer; a later attempt may succeed."""


class Busy(Unavailable):
    """The database answers, but others write the same rows."""


class Unasked(Unavailable):
    """A part of the cloud that must be asked first does not answer.

    Nothing was done. ``part`` names it for the caller; the reason is in the
    text, and for the log.
    """

    def __init__(self, part: str, reason: str, detail: str = "") -> None:
        super().__init__(f"{part} can't be asked: {reason}", detail)
        self.part = part


class OutOfOrder(Unavailable):
    """A part that we need is in disorder: until somebody mends it, no later
    attempt succeeds."""


class LoginRefused(OutOfOrder):
    """Keystone refuses our own login; callers may know that much."""

    def __init__(self, detail: str = "") -> None:
        super().__init__(
            "Keystone refuses this service's own password; tell your "
            "administrator",
            detail,
        )


class Unanswered(Unavailable):
    """The cloud gave no answer to a request: it may have done it, or not."""


class NotConfigured(ConcertimError):
    """The configuration lacks a part; a later attempt does not help."""
