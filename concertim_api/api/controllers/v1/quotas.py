"""/v1/quotas"""

from __future__ import annotations

from concertim_api.api import types
from concertim_api.api.context import Context
from concertim_api.api.expose import expose
from concertim_api.api.routing import Controller
from concertim_api.policies import quotas as policies
from concertim_api.services.common.listing import Page
from concertim_api.services.operations.quotas import Quotas


class Quota(types.Representation):
    """A quota of a project.

    limit is null if there is none. used and reserved are null if the service
    does not report them.
    """

    region = types.text
    project_id = types.text
    service = types.text
    name = types.text
    limit = types.count
    used = types.count
    reserved = types.count


class QuotaList(types.List):
    quotas = [Quota]


class QuotasController(Controller):
    def __init__(self, quotas: Quotas) -> None:
        self._quotas = quotas

    @expose(
        QuotaList,
        policy=policies.LIST,
        query=types.texts("project_id", "region"),
    )
    def get_all(
        self,
        context: Context,
        project_id: str | None = None,
        region: str | None = None,
    ) -> Page:
        """List the quotas of a project, and their use.

        The quotas of Nova, Cinder and Neutron, if the cloud has them. Without
        project_id: of your project. region is needed only where
        there are several.
        """
        scope = context.scope(policies.LIST_ALL)
        return self._quotas.quotas(context.caller(), scope, project_id, region)
