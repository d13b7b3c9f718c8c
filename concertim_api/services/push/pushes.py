"""Pushes: what the front end holds of the view, and what keeps the rest from
it."""

from __future__ import annotations

from concertim_api.services.common.listing import Listing, Page
from concertim_api.services.common.ports import Clock
from concertim_api.services.push.ports import PushList, PushRow


class Pushes:
    def __init__(self, bindings: PushList, clock: Clock) -> None:
        self._bindings = bindings
        self._clock = clock

    def list(self, listing: Listing) -> Page:
        """Return a page of pushes. 1 statement."""
        return self._bindings.pushes(listing)

    def get(self, push_id: int) -> PushRow:
        """Return a push. 1 statement. Raises NotFound."""
        return self._bindings.push(push_id)

    def retry(self, push_id: int) -> PushRow:
        """Make a push due now; return it. 3 statements. Raises NotFound.

        An agent looks at it as soon as it can.
        """
        self._bindings.retry(self._clock.now(), push_id)
        return self._bindings.push(push_id)
