"""Templates: what a server may be made of."""

from __future__ import annotations

from concertim_api.services.common.listing import Filter, Found, Listing, Scope
from concertim_api.services.view.lists import Shown
from concertim_api.services.view.ports import ViewReader


class Templates:
    """The public ones are everybody's; who sees every project sees all."""

    def __init__(self, view: ViewReader) -> None:
        self._shown = Shown(view, "template")

    def list(self, scope: Scope, listing: Listing) -> Found:
        """Return a page of templates. 1 statement."""
        return Found.of(self._shown.page(listing, _within(scope)))

    def get(
        self, scope: Scope, template_id: str, region: str | None = None
    ) -> Found:
        """Return a template, as a page of one. 1 statement.

        Raises NotFound, Ambiguous.
        """
        return Found([self._shown.one(template_id, region, _within(scope))])


def _within(scope: Scope) -> tuple[Filter, ...]:
    if scope.project_id is None:
        return ()
    return (Filter("type", "eq", "public"),)
