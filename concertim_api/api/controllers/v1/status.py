"""/v1/status"""

from __future__ import annotations

from typing import get_args

from concertim_api.api import types
from concertim_api.api.context import Context
from concertim_api.api.expose import expose
from concertim_api.api.routing import Controller
from concertim_api.policies import status as policies
from concertim_api.services.monitoring import status as service


class Part(types.Representation):
    """A part of the service, and its state in a sentence."""

    name = types.text
    region = types.text
    state = types.Choice(*get_args(service.State))
    text = types.prose
    since = types.time


class Status(types.Representation):
    """The state of all parts of the service, at a moment."""

    at = types.time
    state = types.Choice("ok", "trouble", "unknown")
    parts = [Part]


class StatusController(Controller):
    def __init__(self, status: service.StatusReader) -> None:
        self._status = status

    @expose(Status, policy=policies.SHOW, since="1.2")
    def get_all(self, context: Context) -> service.ServiceStatus:
        """Show what works and what does not, part by part.

        What is not asked for it: the broker, Keystone, the front end. It is
        what the processes last reported to the database. The memcached of
        tokens is asked.
        """
        return self._status.show()
