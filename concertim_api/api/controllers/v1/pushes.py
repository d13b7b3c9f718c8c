"""/v1/pushes"""

from __future__ import annotations

from typing import get_args

from concertim_api.api import types
from concertim_api.api.context import Context
from concertim_api.api.expose import expose
from concertim_api.api.routing import Controller
from concertim_api.policies import pushes as policies
from concertim_api.services.common.listing import Listing, Page
from concertim_api.services.push import ports
from concertim_api.services.push import pushes as service
from concertim_api.services.push.frontend import NOUNS

_noun = types.Choice(*NOUNS)
_state = types.Choice(*get_args(ports.PushState))
_text = types.Text(min_length=0)

_FILTERS = {
    "noun": _noun,
    "state": _state,
    "region": _text,
    **types.texts("resource_id", "foreign_id", "name"),
}


class Push(types.Representation):
    """An object of the view, and the state of its copy in the front end."""

    id = types.identifier
    noun = _noun
    region = _text
    resource_id = types.text
    name = _text
    foreign_id = types.text
    state = _state
    attempts = types.count
    error = types.prose
    due_at = types.time
    pushed_at = types.time


class PushList(types.List):
    pushes = [Push]


class PushesController(Controller):
    def __init__(self, pushes: service.Pushes) -> None:
        self._pushes = pushes

    @expose(PushList, policy=policies.LIST, filters=_FILTERS, sort=("id",))
    def get_all(self, context: Context, listing: Listing) -> Page:
        """List pushes to the front end, and their state."""
        return self._pushes.list(listing)

    @expose(Push, policy=policies.LIST, item_id=types.identifier)
    def get_one(self, context: Context, push_id: int) -> ports.PushRow:
        """Show a push."""
        return self._pushes.get(push_id)

    @expose(Push, policy=policies.RETRY, status=202, item_id=types.identifier)
    def post_retry(self, context: Context, push_id: int) -> ports.PushRow:
        """Ask for a push as soon as an agent can.

        The answer is the push before that.
        """
        return self._pushes.retry(push_id)
