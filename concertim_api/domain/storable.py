"""JSON that every database and every reader accepts.

Messages of others may have values that JSON or a database does not accept:
NUL, halves of characters, endless numbers, nesting without end.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

#: Levels of lists and objects that are kept. Real messages have about ten.
DEEPEST = 100

_UNFIT = re.compile("[\0\ud800-\udfff]")


def text(value: str) -> str:
    """Return a text with U+FFFD for each NUL and each half of a character."""
    return _UNFIT.sub("\ufffd", value)


def storable(value: object, levels: int = DEEPEST) -> Any:
    """Return a JSON value without the parts that can't be stored.

    Characters are replaced as in ``text``. An integer beyond 64 bits and a
    number that is none (1e400, NaN) become their texts. A value deeper than
    ``levels`` becomes a note. Never raises.
    """
    if isinstance(value, str):
        return text(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else _digits(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if levels <= 0:
        return "(nested too deep to be kept)"
    if isinstance(value, Mapping):
        return {
            text(str(name)): storable(item, levels - 1)
            for name, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [storable(item, levels - 1) for item in value]
    return text(str(value))


def _digits(value: int) -> str:
    try:
        return str(value)
    except ValueError:  # more digits than Python makes text of
        return f"(an integer of {value.bit_length()} bits)"
