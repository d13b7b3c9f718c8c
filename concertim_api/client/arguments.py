"""Python values as query arguments of the API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any


def query(**values: Any) -> dict[str, str]:
    """Return the values that are there as query arguments.

    Times must know their zone, a list means any of its values, and a string
    is sent as it is: ``"neq:stopped"`` is a condition of the API.
    """
    return {
        name: text(value)
        for name, value in values.items()
        if value is not None
    }


def text(value: Any) -> str:
    """Return one value as text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return "in:" + ",".join(map(text, value))
    return str(value)


def moment(value: datetime) -> str:
    """Return a time as the API writes it."""
    if value.tzinfo is None:
        raise ValueError(f"the time {value} has no zone")
    utc = value.astimezone(UTC).replace(tzinfo=None)
    return utc.isoformat() + "Z"


def body(**values: Any) -> dict[str, Any]:
    """Return the values that are there as fields of a JSON body."""
    return {
        name: moment(value) if isinstance(value, datetime) else value
        for name, value in values.items()
        if value is not None
    }
