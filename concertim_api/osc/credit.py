"""openstack concertim credit ..."""

from __future__ import annotations

from concertim_api.client.credits import Credit
from concertim_api.osc import options
from concertim_api.osc.account import AccountOf
from concertim_api.osc.cells import Text, every, named
from concertim_api.osc.commands import PagedListCommand, ShowCommand
from concertim_api.osc.invoice import REASON
from concertim_api.osc.options import Parameter


class ListCredit(PagedListCommand):
    """List credits: what accounts were granted, the newest first."""

    columns = named(
        "id project amount reason author created_at",
        long="account_id project_id key posted_at refusal",
        amount=Text,
    )
    minor = "author"
    request = "credits.list"
    arguments = (options.Scope(), *options.page())


class GrantCredit(ShowCommand):
    """Grant an amount to an account."""

    columns = every(Credit, amount=Text)
    request = "credits.create"
    arguments = (
        Parameter("amount", help="The amount, such as 100.00."),
        AccountOf(),
        REASON,
        Parameter(
            "--key",
            help="A text of your own: the same command with the same key may "
            "be repeated, and grants once.",
        ),
    )
