"""Values of an older program: Python's literals as texts.

It formatted every value as text. So the app's database has "None" for no
value, "['a', 'b']" for a list, and "True" for a flag.
"""

from __future__ import annotations

import ast
from typing import Any

#: A longer text is no literal.
_LONGEST = 10_000


def plain(value: Any) -> Any:
    """Return the value of a text that is a literal of Python; else the text.

    Nothing in it is run.
    """
    if not isinstance(value, str) or len(value) > _LONGEST:
        return value
    try:
        return ast.literal_eval(value.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return value


def text(value: Any) -> str | None:
    """Return a text with a value; None: it has none."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    return None if plain(value) is None else str(value)
