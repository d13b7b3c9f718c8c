"""/v1/credits"""

from __future__ import annotations

from typing import Any

from concertim_api.api import types
from concertim_api.api.context import Context
from concertim_api.api.expose import expose
from concertim_api.api.routing import Controller
from concertim_api.domain.billing import credits as domain
from concertim_api.policies import credits as policies
from concertim_api.services.billing.credits import Credits
from concertim_api.services.common.listing import Listing, Page


class Credit(types.Item):
    """An amount that an account is granted."""

    id = types.text
    account_id = types.text
    project_id = types.text
    amount = types.amount
    reason = types.reason
    author = types.text
    key = types.text
    created_at = types.time
    posted_at = types.time
    refusal = types.text


class CreditList(types.List):
    credits = [Credit]


class NewCredit(types.Representation):
    account_id = types.required(types.text)
    amount = types.required(types.amount)
    reason = types.required(types.reason)
    key = types.text


class CreditsController(Controller):
    def __init__(self, credits: Credits) -> None:
        self._credits = credits

    @expose(
        CreditList,
        policy=policies.LIST,
        since="1.4",
        filters={
            "created_at": types.time,
            **types.texts("account_id", "project_id", "author"),
        },
        sort=("-created_at",),
    )
    def get_all(self, context: Context, listing: Listing) -> Page:
        """List credits, the newest first."""
        return self._credits.list(context.scope(policies.LIST_ALL), listing)

    @expose(Credit, policy=policies.LIST, since="1.4")
    def get_one(self, context: Context, credit_id: str) -> domain.Credit:
        """Show a credit."""
        return self._credits.get(context.scope(policies.LIST_ALL), credit_id)

    @expose(
        Credit, policy=policies.GRANT, since="1.4", body=NewCredit, status=201
    )
    def post(self, context: Context, body: dict[str, Any]) -> domain.Credit:
        """Grant an amount to an account.

        The same key, in the body or in the header Idempotency-Key, may be
        sent again: it is the same credit. 409: the key is that of another
        amount or reason, or there is no tariff.
        """
        scope = context.scope(policies.GRANT_ALL)
        return self._credits.grant(scope, context.author, **body)
