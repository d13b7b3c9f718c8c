"""The documents of this dialect: of a success, and of an error."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from concertim_api.api.dialects.errors import DialectError, Errors
from concertim_api.api.dialects.replies import Reply
from concertim_api.api.errors import Problem


class MissingRequiredArgs(DialectError):
    """The body lacks a field. By this dialect, that is a 415."""

    status, slug = 415, "missing_required_args"

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__(f"Missing required arguments: {', '.join(names)}")


class BillingNotConfigured(DialectError):
    """There is no billing system."""

    status, slug = 501, "billing_not_configured"


def success(document: Mapping[str, Any]) -> Reply:
    return Reply({"success": True, **document}, 201)


def word(slug: str) -> str:
    """Return the name of an error, like that of a class."""
    return "".join(part.title() for part in slug.split("_"))


def _error(problem: Problem) -> Reply:
    document = {
        "success": False,
        "error": word(problem.slug),
        "message": problem.detail,
    }
    return Reply(document, problem.status)


ERRORS = Errors(_error, 'Bearer realm="concertim"')
