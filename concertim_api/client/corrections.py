"""Corrections by hand."""

from __future__ import annotations

from typing import Any

from concertim_api.client.collection import ByBeginning, Creates


class Corrections(ByBeginning[dict[str, Any]], Creates[dict[str, Any]]):
    """Corrections, the newest first.

    Filters: resource_id, kind, region, author, project_id.

    ``create`` corrects the periods of a resource: action, resource_id, kind,
    start, reason, and end, region, project_id, name, shape. The action: *add*
    a period where there is none, *close* the one that runs at ``start``,
    *rewrite* those from ``start`` to ``end``. It raises Conflict if the
    periods do not fit the action.
    """

    nouns = "corrections"
