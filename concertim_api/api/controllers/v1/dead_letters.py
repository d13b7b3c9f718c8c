"""/v1/dead-letters"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from concertim_api.api import types
from concertim_api.api.context import Context
from concertim_api.api.expose import expose
from concertim_api.api.routing import Controller
from concertim_api.policies import dead_letters as policies
from concertim_api.services.common.listing import Filter, Listing, Page
from concertim_api.services.ledger import dead_letters as service
from concertim_api.services.ledger.ports import DeadLetter as Letter

_FILTERS = types.texts("event_type", "region", "message_id")


class DeadLetterSummary(types.Item):
    """A notification that could not be recorded."""

    id = types.identifier
    region = types.text
    message_id = types.text
    event_type = types.text
    publisher_id = types.text
    received_at = types.time
    error = types.Text(max_length=65535)
    attempts = types.count


class DeadLetter(DeadLetterSummary):
    """A notification that could not be recorded, with its message."""

    message = types.attributes
    origin = types.attributes

    _added = {"origin": "1.3"}


class DeadLetterList(types.List):
    dead_letters = [DeadLetterSummary]


class ReplayResult(types.Representation):
    """The outcome of a replay; new and known count observations."""

    outcome = types.Choice("recorded", "known", "ignored")
    new = types.count
    known = types.count


class PurgeResult(types.Representation):
    purged = types.count


class DeadLettersController(Controller):
    def __init__(self, dead_letters: service.DeadLetters) -> None:
        self._dead_letters = dead_letters

    @expose(
        DeadLetterList,
        policy=policies.LIST,
        filters=_FILTERS,
        sort=("id", "received_at"),
    )
    def get_all(self, context: Context, listing: Listing) -> Page:
        """List dead letters, without their messages."""
        return self._dead_letters.list(listing)

    @expose(DeadLetter, policy=policies.LIST, item_id=types.identifier)
    def get_one(self, context: Context, letter_id: int) -> Letter:
        """Show a dead letter with its message."""
        return self._dead_letters.get(letter_id)

    @expose(ReplayResult, policy=policies.REPLAY, item_id=types.identifier)
    def post_replay(
        self, context: Context, letter_id: int
    ) -> service.ReplayResult:
        """Try to record a dead letter again; on success, remove it."""
        return self._dead_letters.replay(letter_id)

    @expose(policy=policies.PURGE, status=204, item_id=types.identifier)
    def delete(self, context: Context, letter_id: int) -> None:
        """Remove a dead letter for good."""
        self._dead_letters.delete(letter_id)

    @expose(
        PurgeResult,
        policy=policies.PURGE,
        filters=_FILTERS,
        query={"before": types.time, "all": types.flag},
    )
    def delete_all(
        self,
        context: Context,
        filters: Sequence[Filter] = (),
        before: datetime | None = None,
        all: bool = False,
    ) -> service.PurgeResult:
        """Remove dead letters for good.

        Those that meet every condition. Without a condition, all=true is
        needed.
        """
        return self._dead_letters.purge(filters, before, everything=all)
