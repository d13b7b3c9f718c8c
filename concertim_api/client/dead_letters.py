"""Dead letters: notifications that could not be understood or stored."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from concertim_api.client.collection import ById, Collection, Deletes


class DeadLetters(Collection[dict[str, Any]], ById[dict[str, Any]], Deletes):
    """Dead letters; ``get`` returns one with its message and, with
    microversion 1.3, its ``origin``.

    Filters: event_type, region, message_id.
    """

    nouns = "dead-letters"

    def replay(self, letter_id: int | str) -> dict[str, Any]:
        """Process the message again.

        Returns the ``outcome``: recorded, known or ignored.

        Raises Conflict with the reason if the letter is still dead.
        """
        outcome: dict[str, Any] = self._http.request(
            "POST", self._path(letter_id, "replay")
        )
        return outcome

    def purge(
        self,
        *,
        before: datetime | None = None,
        everything: bool = False,
        **filters: Any,
    ) -> int:
        """Delete the letters that match; return how many.

        Without a filter, ``everything`` must be true.
        """
        answer = self._delete(before=before, all=everything or None, **filters)
        return int(answer["purged"])
