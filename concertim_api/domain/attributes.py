"""Values of attributes that may hold anything: a value, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from concertim_api.domain.ledger.observations import Attributes


def text(value: object) -> str:
    """Return a text; "" for anything else."""
    return value if isinstance(value, str) else ""


def texts(value: object) -> tuple[str, ...]:
    """Return the texts of a list that are not empty."""
    if not isinstance(value, list | tuple):
        return ()
    return tuple(item for item in value if isinstance(item, str) and item)


def count(value: object) -> int | None:
    """Return a count, which is 0 or more; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        return None
    return value


def boolean(value: object) -> bool | None:
    """Return a truth value, which may be a word; None for anything else."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(text(value).lower())


def section(value: object) -> Attributes:
    """Return the attributes of a thing in a thing; {} for anything else."""
    return value if isinstance(value, Mapping) else {}


def moment(value: object) -> datetime | None:
    """Return a date; without a zone, it is UTC. None for anything else."""
    try:
        date = datetime.fromisoformat(text(value))
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
