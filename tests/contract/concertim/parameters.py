"""Strong parameters: what of a body gets through."""

from __future__ import annotations

from tests.contract.concertim import errors

_OUT_OF_RANGE = 2**31


def require(body, name):
    """Return the object under a name. Raises Refused without one (400)."""
    found = body.get(name)
    if found in (None, "", {}, []):
        raise errors.missing(name)
    if not isinstance(found, dict):
        raise errors.crash(f"undefined method `permit' for {found!r}")
    return found


def scalars(params, columns):
    """Return those of the columns that were given a scalar, as given."""
    return {
        name: params[name]
        for name in columns
        if name in params and not isinstance(params[name], dict | list)
    }


def objects(params, *names):
    """Return those that were given an object: a string is not missed."""
    return {
        name: params[name]
        for name in names
        if isinstance(params.get(name), dict)
    }


def cast(columns, given):
    """Return what the columns keep of what was given."""
    kept = {name: columns[name](value) for name, value in given.items()}
    for value in kept.values():
        if isinstance(value, int) and abs(value) >= _OUT_OF_RANGE:
            raise errors.crash(f"{value} is out of range for an integer")
    return kept
