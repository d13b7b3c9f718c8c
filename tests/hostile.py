"""Whatever JSON can say in the place of what a service would say."""

from __future__ import annotations

import copy
import functools

from hypothesis import strategies as st


def nested(levels):
    """A list in a list, so many times."""
    return functools.reduce(lambda inner, _: [inner], range(levels), "deep")


#: Each stopped a listener, a sync or a replay once, or is next to what did.
POISONS = {
    "no float": float("inf"),
    "no number": float("nan"),
    "400 digits": 10**400,
    "64 bits": 2**63,
    "65 bits": -(2**64),
    "half a character": "a\ud800",
    "NUL": "a\0b",
    "300 letters": "x" * 300,
    "over a megabyte": "x" * (1 << 20 | 1),
    "255 levels": nested(255),
    "900 levels": nested(900),
    "the last second": "9999-12-31T23:59:59",
    "the first second": "0001-01-01T00:00:00+14:00",
    "an empty object": {},
    "an object with odd names": {"\ud800": {"\0": "\udfff"}},
}

_any_text = st.text(st.characters(codec=None, categories=None), max_size=8)

#: Any value that Python's ``json`` reads.
VALUES = st.sampled_from(list(POISONS.values())) | st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.datetimes().map(lambda at: at.isoformat())
    | _any_text,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(_any_text, inner, max_size=3)
    ),
    max_leaves=5,
)


def paths(value, prefix=()):
    """Yield the path of each value within a value, but its own."""
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    else:
        items = ()
    for name, inner in items:
        yield (*prefix, name)
        yield from paths(inner, (*prefix, name))


def replaced(value, path, by):
    """Return a copy of a value with another one at a path."""
    result = copy.deepcopy(value)
    place = result
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = by
    return result
