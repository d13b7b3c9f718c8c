"""Reading attributes that anybody may have filled: a value, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from concertim_api.domain.ledger.observations import Attributes


def text(value: object) -> str:
    """Return a text; "" for anything else."""
    return value if isinstance(value, str) else ""


def texts(value: object) -> tuple[str, ...]:
    """Return the texts in a list, in its order."""
    if not isinstance(value, list | tuple):
        return ()
    return tuple(item for item in value if isinstance(item, str) and item)


def whole(value: object) -> int | None:
    """Return a number of things, or None."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        return None
    return value


def boolean(value: object) -> bool | None:
    """Return a truth, also if it is spelled out, or None."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(text(value).lower())


def section(value: object) -> Attributes:
    """Return the attributes of a thing within a thing."""
    return value if isinstance(value, Mapping) else {}


def moment(value: object) -> datetime | None:
    """Return a date with its zone (UTC if it tells none), or None."""
    try:
        found = datetime.fromisoformat(text(value))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
