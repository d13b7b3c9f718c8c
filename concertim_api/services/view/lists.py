"""The view as it is: rows of a noun, those that a caller may see."""

from __future__ import annotations

import abc
import dataclasses as dc
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, ClassVar

from concertim_api.domain import errors
from concertim_api.domain.view import names
from concertim_api.domain.view.model import Team
from concertim_api.services.common.listing import (
    Filter,
    Listing,
    Page,
    Scope,
)
from concertim_api.services.ledger.ports import NameReader
from concertim_api.services.ledger.resources import Ambiguous
from concertim_api.services.view.ports import ViewReader, ViewRow
from concertim_api.services.view.rows import from_row

#: Rows of one statement, where all rows are read.
_PAGE = 1000


class NounRows:
    """One noun of the view: rack, device, template, team or user.

    ``within``: the conditions that the caller's scope adds.
    """

    def __init__(self, view: ViewReader, noun: str) -> None:
        self._view = view
        self._noun = noun

    def page(self, listing: Listing, within: Sequence[Filter]) -> Page:
        """Return a page. 1 statement."""
        filters = (*listing.filters, *within)
        return self._view.page(
            self._noun, dc.replace(listing, filters=filters)
        )

    def rows(self, within: Sequence[Filter]) -> list[ViewRow]:
        """Return all rows. 1 statement for each thousand."""
        listing = Listing(limit=_PAGE)
        rows: list[ViewRow] = []
        while True:
            page = self.page(listing, within)
            rows += page.rows
            if page.marker is None:
                return rows
            listing = dc.replace(listing, marker=page.marker)

    def row(
        self, view_id: str, region: str | None, within: Sequence[Filter]
    ) -> ViewRow:
        """Return the row with an id. 1 statement.

        Raises NotFound, or Ambiguous naming the regions.
        """
        filters = (*within, *in_region(region))
        rows = self._view.find(self._noun, view_id, filters)
        row: ViewRow = only(self._noun, view_id, rows)
        return row


class Noun(abc.ABC):
    """A noun that is listed as the view has it."""

    noun: ClassVar[str]

    def __init__(self, view: ViewReader) -> None:
        self._view = view
        self._rows = NounRows(view, self.noun)

    def list(self, scope: Scope, listing: Listing) -> Page:
        """Return a page. 1 statement; of users within a project, 2."""
        return self._rows.page(listing, self.visible(scope))

    def get(
        self, scope: Scope, view_id: str, region: str | None = None
    ) -> Page:
        """Return one row, as a page. Statements as ``list``.

        Raises NotFound, Ambiguous.
        """
        return Page([self._rows.row(view_id, region, self.visible(scope))])

    @abc.abstractmethod
    def visible(self, scope: Scope) -> tuple[Filter, ...]:
        """Return the conditions of what a caller may see."""


class Teams(Noun):
    """The projects that are ours, and who has which role in them."""

    noun = "team"

    def visible(self, scope: Scope) -> tuple[Filter, ...]:
        return scope.filters()


class Templates(Noun):
    """What a server may be made of. Public templates are everybody's; who
    sees every project sees all."""

    noun = "template"

    def visible(self, scope: Scope) -> tuple[Filter, ...]:
        if scope.project_id is None:
            return ()
        return (Filter("type", "eq", "public"),)


class Users(Noun):
    """Who works in the teams. A project sees those who have a role in it."""

    noun = "user"

    def visible(self, scope: Scope) -> tuple[Filter, ...]:
        if scope.project_id is None:
            return ()
        rows = self._view.find("team", scope.project_id)
        ids = {user_id for r in rows for user_id in from_row(Team, r).roles}
        return (Filter("id", "in", tuple(sorted(ids))),)


def in_region(region: str | None) -> tuple[Filter, ...]:
    """Return the condition for a region; none without a region."""
    return () if region is None else (Filter("region", "eq", region),)


def only(
    noun: str, view_id: str, rows: Sequence[Any], at: datetime | None = None
) -> Any:
    """Return the only row.

    Raises NotFound, or Ambiguous naming the regions.
    """
    if not rows:
        when = "" if at is None else f" at {at:%Y-%m-%dT%H:%M:%SZ}"
        raise errors.NotFound(
            f"{noun.capitalize()} {view_id} not found{when}."
        )
    if len(rows) > 1:
        regions = ", ".join(sorted(row.region for row in rows))
        raise Ambiguous(f"{view_id} is in {regions}; say which by region.")
    return rows[0]


def team_names(ledger: NameReader, rows: Iterable[Any]) -> dict[str, str]:
    """Return the names of the teams that rows belong to, by id of the
    project. 1 statement, if there are any."""
    ids = {row.project_id for row in rows if row.project_id is not None}
    if not ids:
        return {}
    return {
        project_id: names.acceptable(name, project_id, names.TEAM)
        for project_id, name in ledger.names("project", ids).items()
    }
