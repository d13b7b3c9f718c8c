"""Corrections by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from concertim_api.client.collection import ById, Collection
from concertim_api.client.http import body


class Corrections(Collection[dict[str, Any]], ById[dict[str, Any]]):
    """Corrections, the newest first.

    Filters: resource_id, kind, region, author, project_id.
    """

    nouns = "corrections"

    def create(
        self,
        *,
        action: str,
        resource_id: str,
        kind: str,
        start: datetime,
        reason: str,
        end: datetime | None = None,
        region: str | None = None,
        project_id: str | None = None,
        name: str | None = None,
        shape: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Correct the periods of a resource; return the correction.

        ``action``: *add* a period where there is none, *close* the one that
        runs at ``start``, *rewrite* those from ``start`` to ``end``. Raises
        Conflict if the periods do not fit the action.
        """
        correction: dict[str, Any] = self._http.post(
            self._path(),
            body(
                action=action,
                resource_id=resource_id,
                kind=kind,
                region=region,
                start=start,
                end=end,
                project_id=project_id,
                name=name,
                shape=shape,
                reason=reason,
            ),
        )
        return correction
