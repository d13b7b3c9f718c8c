"""/v1/templates"""

from __future__ import annotations

from concertim_api.api import types
from concertim_api.api.context import Context
from concertim_api.api.expose import expose
from concertim_api.api.routing import Controller
from concertim_api.policies import templates as policies
from concertim_api.services.common.listing import Listing, Page
from concertim_api.services.view.lists import Templates


class Template(types.Item):
    """A flavor of Nova, as the template of a server in a rack."""

    region = types.text
    id = types.text
    name = types.text
    label = types.prose
    description = types.prose
    height_u = types.count
    vcpus = types.count
    ram_mb = types.count
    disk_gb = types.count
    public = types.flag
    details = types.attributes
    updated_at = types.time


class TemplateList(types.List):
    templates = [Template]


class TemplatesController(Controller):
    def __init__(self, templates: Templates) -> None:
        self._templates = templates

    @expose(
        TemplateList,
        policy=policies.LIST,
        filters=types.texts("region", "name", "id"),
        sort=("id", "name", "updated_at"),
    )
    def get_all(self, context: Context, listing: Listing) -> Page:
        """List templates."""
        scope = context.scope(policies.LIST_ALL)
        return self._templates.list(scope, listing)

    @expose(Template, policy=policies.LIST, query={"region": types.text})
    def get_one(
        self, context: Context, template_id: str, region: str | None = None
    ) -> Page:
        """Show a template.

        region is needed only where several regions have the id.
        """
        scope = context.scope(policies.LIST_ALL)
        return self._templates.get(scope, template_id, region)
