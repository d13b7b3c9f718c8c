"""Finding a thing by its id or, failing that, by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from concertim_api.client import errors

T = TypeVar("T", bound=Mapping[str, Any])

#: So many of those that share a name are told.
MOST = 10


def find(
    nouns: str,
    name_or_id: str,
    get: Callable[[str], T],
    named: Callable[[str], Iterable[T]],
) -> T:
    """Return what has this id or, failing that, this name.

    ``named`` gets a condition on the name. Raises NotFound, or ClientError
    naming those that share the name. One request, or two.
    """
    try:
        return get(name_or_id)
    except errors.NotFound:
        found = only(nouns, name_or_id, [*named(f"eq:{name_or_id}")])
        if found is None:
            raise
        return found


def only(nouns: str, name: str, found: Sequence[T]) -> T | None:
    """Return the only thing that has a name, None if there is none.

    Raises ClientError naming those that share it.
    """
    if len(found) > 1:
        raise errors.ClientError(
            f"several {nouns} are named {name}: "
            + ", ".join(_told(one) for one in found)
        )
    return found[0] if found else None


def _told(one: Mapping[str, Any]) -> str:
    """Return what tells a thing from others of its name."""
    words = [one.get("kind"), one["id"]]
    words += [one.get("region") and f"in {one['region']}"]
    return " ".join(word for word in words if word)
