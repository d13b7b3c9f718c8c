"""/v1/limits"""

from __future__ import annotations

from concertim_api.api import types
from concertim_api.api.context import Context
from concertim_api.api.expose import expose
from concertim_api.api.routing import Controller
from concertim_api.policies import limits as policies
from concertim_api.services.common.listing import Page
from concertim_api.services.operations.quotas import Quotas


class Limit(types.Representation):
    """A limit of your project, null if there is none. used is null where the
    service does not report it."""

    region = types.text
    service = types.text
    name = types.text
    limit = types.count
    used = types.count


class LimitList(types.List):
    limits = [Limit]


class LimitsController(Controller):
    def __init__(self, quotas: Quotas) -> None:
        self._quotas = quotas

    @expose(LimitList, policy=policies.LIST, query={"region": types.text})
    def get_all(self, context: Context, region: str | None = None) -> Page:
        """List the limits of your project, and their use.

        The limits of Nova and Cinder. region is needed only where there are
        several.
        """
        return self._quotas.limits(context.caller(), region)
