"""/v1/usage-records"""

from __future__ import annotations

from concertim_api.api import types
from concertim_api.api.context import Context
from concertim_api.api.expose import expose
from concertim_api.api.routing import Controller
from concertim_api.policies import usage_records as policies
from concertim_api.services.billing.records import UsageRecords
from concertim_api.services.billing.system import POSTING_STATES
from concertim_api.services.common.listing import Listing, Page


class UsageRecord(types.Representation):
    """What a revision adds to the charges of a day of an order.

    month is the first day of the month on whose invoice it is. posted_at is
    when the billing system took it; refusal says why it does not.
    """

    order_id = types.text
    account_id = types.text
    project_id = types.text
    day = types.day
    revision = types.count
    month = types.day
    amounts = types.attributes
    created_at = types.time
    posted_at = types.time
    refusal = types.text


class UsageRecordList(types.List):
    usage_records = [UsageRecord]


class UsageRecordsController(Controller):
    def __init__(self, records: UsageRecords) -> None:
        self._records = records

    @expose(
        UsageRecordList,
        policy=policies.LIST,
        since="1.4",
        filters={
            "day": types.day,
            "month": types.month,
            "posting": types.Choice(*POSTING_STATES),
            **types.texts("order_id", "account_id", "project_id"),
        },
        sort=("-day",),
    )
    def get_all(self, context: Context, listing: Listing) -> Page:
        """List what each day of each order was charged, the newest first."""
        return self._records.list(context.scope(policies.LIST_ALL), listing)
