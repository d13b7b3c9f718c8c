"""Dead letters: notifications that could not be understood or stored."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from concertim_api.client.arguments import query
from concertim_api.client.http import Http, Items, path

_PLURAL = "dead-letters"


class DeadLetters:
    def __init__(self, http: Http) -> None:
        self._http = http

    def list(
        self,
        *,
        sort: str | None = None,
        limit: int | None = None,
        marker: str | None = None,
        **filters: Any,
    ) -> Items[dict[str, Any]]:
        """Return dead letters. Filters: event_type, region, message_id."""
        return self._http.items(
            path(_PLURAL),
            "dead_letters",
            query(sort=sort, marker=marker, **filters),
            limit,
        )

    def get(self, letter_id: int | str) -> dict[str, Any]:
        """Return a dead letter with its full message."""
        found: dict[str, Any] = self._http.get(path(_PLURAL, str(letter_id)))
        return found

    def replay(self, letter_id: int | str) -> dict[str, Any]:
        """Try the message again; return the ``outcome``: recorded, known or
        ignored.

        Raises Conflict with the reason if it is still dead.
        """
        outcome: dict[str, Any] = self._http.post(
            path(_PLURAL, str(letter_id), "replay")
        )
        return outcome

    def delete(self, letter_id: int | str) -> None:
        """Delete one dead letter."""
        self._http.delete(path(_PLURAL, str(letter_id)))

    def purge(
        self,
        *,
        before: datetime | None = None,
        everything: bool = False,
        **filters: Any,
    ) -> int:
        """Delete those that match; return how many.

        Without any condition ``everything`` must be true.
        """
        arguments = query(
            before=before, all=True if everything else None, **filters
        )
        found = self._http.delete(path(_PLURAL), arguments)
        return int(found["purged"])
