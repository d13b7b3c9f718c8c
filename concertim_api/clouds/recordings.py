"""Recorded listings of a cloud, for the fake to repeat."""

from __future__ import annotations

import gzip
import json
import pathlib
from collections.abc import Mapping
from typing import Any

from concertim_api.domain.errors import Invalid


def latest(path: str) -> Mapping[str, Any]:
    """Return the latest of the listings in a file (JSON, perhaps gzipped).

    It holds one set of listings, or several by name, each with ``taken_at``
    and one list per kind. Raises Invalid.
    """
    try:
        content = pathlib.Path(path).read_bytes()
        if path.endswith(".gz"):
            content = gzip.decompress(content)
        found: dict[str, Any] = dict(json.loads(content))
        sets = [found] if "taken_at" in found else [*found.values()]
        return max(map(dict, sets), key=lambda listing: listing["taken_at"])
    except (OSError, EOFError, ValueError, TypeError, KeyError) as exc:
        problem = f"{type(exc).__name__}: {str(exc)[:200]}"
        raise Invalid("[cloud] recording", f"{path}: {problem}") from None
