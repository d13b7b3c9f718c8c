"""Recorded listings of a cloud, for the simulator to repeat."""

from __future__ import annotations

import gzip
import json
import pathlib
from collections.abc import Mapping
from typing import Any

from concertim_api.clouds.simulator.site import Site
from concertim_api.domain.errors import Invalid


def site(listings: str, stacks: str | None = None, **options: Any) -> Site:
    """Return a site as the latest of the listings in a file has it.

    ``stacks``: a file of notifications that tell what stacks are made of
    and put out, as the agent's do. Both may be gzipped. Raises Invalid.
    """
    path = listings
    try:
        made: Site = Site.recorded(_latest(_content(path)), **options)
        if stacks:
            path = stacks
            _add_contents(made, _content(path))
    except (OSError, EOFError, ValueError, TypeError, KeyError) as exc:
        problem = f"{type(exc).__name__}: {str(exc)[:200]}"
        raise Invalid("--recording", f"{path}: {problem}") from None
    return made


def _content(path: str) -> bytes:
    content = pathlib.Path(path).read_bytes()
    return gzip.decompress(content) if path.endswith(".gz") else content


def _latest(content: bytes) -> Mapping[str, Any]:
    """Return the latest listing of one, or of several by name."""
    document: dict[str, Any] = dict(json.loads(content))
    sets = [document] if "taken_at" in document else [*document.values()]
    return max(map(dict, sets), key=lambda listing: listing["taken_at"])


def _add_contents(made: Site, content: bytes) -> None:
    for line in content.splitlines():
        stack = json.loads(line)["message"]["payload"]
        if stack["id"] not in made.stacks:
            continue
        for member in stack["details"].get("resources", ()):
            made.add_resource(
                stack, member["name"], member["type"], member["id"]
            )
        made.stacks[stack["id"]]["outputs"] += [
            {"output_key": name, "output_value": value}
            for name, value in stack["details"].get("outputs", {}).items()
        ]
