"""What can go wrong in the words of the domain. HTTP is api/errors.py's."""


class ConcertimError(Exception):
    """Base of every error that a caller caused or must hear of.

    Anybody may read its text. ``detail`` is for operators: it may name
    hosts, ports, users and files; a password or a value never.
    """

    def __init__(self, text: str = "", detail: str = "") -> None:
        super().__init__(text)
        self.detail = detail


def in_full(error: Exception) -> str:
    """Return the text of an error, and its detail: for operators."""
    detail = getattr(error, "detail", "")
    return f"{error}: {detail}" if detail else str(error)


class NotFound(ConcertimError):
    """The thing does not exist, or the caller may not see it."""


class Refused(ConcertimError):
    """The cloud does not let the caller do that."""


class Unauthenticated(ConcertimError):
    """The cloud does not know the caller, or no longer."""


class Conflict(ConcertimError):
    """The request contradicts what is stored."""


class Invalid(ConcertimError):
    """A value is not acceptable; ``field`` names it."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class Gone(ConcertimError):
    """It existed, and is no longer kept."""


class Unavailable(ConcertimError):
    """A part that we depend on does not answer; trying again may help."""


class Busy(Unavailable):
    """The database answers, but others write what we would write."""


class Unasked(Unavailable):
    """A part of the cloud that must be asked first, can't be: nothing was
    done. ``part`` names it to whoever called; why is for the log, and in
    the text of the error."""

    def __init__(self, part: str, reason: str, detail: str = "") -> None:
        super().__init__(f"{part} can't be asked: {reason}", detail)
        self.part = part


class Unanswered(Unavailable):
    """The cloud was asked to do something, and gave no answer: it may have
    done it, or not."""


class NotConfigured(ConcertimError):
    """What this takes is not configured here; trying again does not help."""
