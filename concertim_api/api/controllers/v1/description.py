"""/v1/openapi.json"""

from __future__ import annotations

from concertim_api.api import openapi
from concertim_api.api.context import Context
from concertim_api.api.expose import expose
from concertim_api.api.routing import Controller
from concertim_api.policies import openapi as policies


class DescriptionController(Controller):
    def __init__(self, root: Controller) -> None:
        self._root = root

    @expose(openapi.Description, policy=policies.SHOW)
    def get_all(self, context: Context) -> openapi.OpenAPI:
        """Describe this API in OpenAPI."""
        return openapi.describe(self._root)
