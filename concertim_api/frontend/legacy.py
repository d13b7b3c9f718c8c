"""Values as a predecessor of ours wrote them: texts of Python's literals.

It formatted every value as text, so that the app's database has "None" for
no value, "['a', 'b']" for a list, and "True" for a flag.
"""

from __future__ import annotations

import ast
from typing import Any

#: A longer text is no literal of anybody's.
_LONGEST = 10_000


def plain(value: Any) -> Any:
    """Return what a text means, if it is a literal of Python; else itself.

    Nothing in it is ever run.
    """
    if not isinstance(value, str) or len(value) > _LONGEST:
        return value
    try:
        return ast.literal_eval(value.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return value


def text(value: Any) -> str | None:
    """Return a text that says something; None: it has no value."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    return None if plain(value) is None else str(value)
