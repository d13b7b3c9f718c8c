"""Columns show the fields that the API has, and leave none out."""

import typing

import pytest

from concertim_api.client.accounts import Account, AccountWithBalance
from concertim_api.client.changes import Change
from concertim_api.client.credits import Credit
from concertim_api.client.devices import Device
from concertim_api.client.invoices import (
    ClosingMonth,
    Invoice,
    InvoiceDraft,
    InvoiceSummary,
)
from concertim_api.client.jobs import Job
from concertim_api.client.keypairs import Keypair
from concertim_api.client.operations import Operation
from concertim_api.client.orders import Order
from concertim_api.client.periods import Period
from concertim_api.client.quotas import Limit, Quota, RegionStatistics
from concertim_api.client.racks import Rack
from concertim_api.client.regions import Region
from concertim_api.client.resources import Resource
from concertim_api.client.tariffs import PriceRule, TariffSummary
from concertim_api.client.teams import Team, TeamRole
from concertim_api.client.templates import Template
from concertim_api.client.usage_records import UsageRecord
from concertim_api.client.users import User
from concertim_api.osc import (
    account,
    action,
    change,
    credit,
    device,
    invoice,
    job,
    keypair,
    operation,
    order,
    period,
    quota,
    rack,
    region,
    resource,
    tariff,
    team,
    team_role,
    template,
    usage_record,
    user,
)
from concertim_api.osc.cells import Text, every

OF_A_RESOURCE = "id region kind resource_id name"


@pytest.mark.parametrize(
    ("command", "row", "extra", "missing"),
    [
        (rack.ListRack, Rack, "project", "description outputs devices"),
        (rack.ShowRack, Rack, "project", "devices"),
        (device.ListDevice, Device, "project rack", "details"),
        (device.ShowDevice, Device, "project", ""),
        (template.ListTemplate, Template, "", "details"),
        (template.ShowTemplate, Template, "", ""),
        (team.ListTeam, Team, "", ""),
        (team.ShowTeam, Team, "", ""),
        (team.CreateTeam, Team, "", ""),
        (team_role.ListTeamRole, TeamRole, "", ""),
        (team_role.SetTeamRole, TeamRole, "", ""),
        (user.ListUser, User, "", ""),
        (user.CreateUser, User, "", "updated_at"),
        (user.SetUser, User, "", "updated_at"),
        (operation.ListOperation, Operation, "project", ""),
        (operation.ShowOperation, Operation, "project", ""),
        (action.StopDevice, Operation, "project", ""),
        (job.ListJob, Job, "", ""),
        (job.ShowJob, Job, "", "overdue"),
        (period.ListPeriod, Period, "project duration", "shape"),
        (resource.ListResource, Resource, "project", "shape details"),
        (resource.ShowResource, Resource, "project", ""),
        (
            resource.ShowHistory,
            Period,
            "project duration change",
            OF_A_RESOURCE,
        ),
        (keypair.ListKeypair, Keypair, "", "private_key"),
        (keypair.ShowKeypair, Keypair, "", "private_key"),
        (keypair.CreateKeypair, Keypair, "", "private_key public_key"),
        (quota.ListQuota, Quota, "project", ""),
        (quota.ShowLimits, Limit, "", ""),
        (quota.ShowStatistics, RegionStatistics, "", ""),
        (change.ListChange, Change, "project", ""),
        (region.ListRegion, Region, "", ""),
        (account.ListAccount, Account, "project", ""),
        (account.ShowAccount, AccountWithBalance, "project", ""),
        (invoice.ListInvoice, InvoiceSummary, "project", ""),
        (invoice.ShowInvoice, Invoice, "project", ""),
        (invoice.DraftInvoice, InvoiceDraft, "project", ""),
        (invoice.CloseInvoice, ClosingMonth, "project", ""),
        (credit.ListCredit, Credit, "project", ""),
        (credit.GrantCredit, Credit, "project", ""),
        (usage_record.ListUsageRecord, UsageRecord, "project", ""),
        (order.ListOrder, Order, "project", ""),
        (order.ShowOrder, Order, "project", ""),
        (tariff.ListTariff, TariffSummary, "", ""),
        (tariff.ShowTariff, PriceRule, "", ""),
    ],
)
def test_columns(command, row, extra, missing):
    names = [column.name for column in command.columns]
    fields = {*row.__annotations__, *extra.split()}
    assert sorted(names) == sorted(fields - {*missing.split()})


@pytest.mark.parametrize(
    "row",
    [
        *(Device, Job, Operation, Order, Rack, Resource, Team, TeamRole),
        Template,
    ],
)
def test_lists_and_structures_are_readable(row):
    hints = typing.get_type_hints(row, include_extras=True)
    plain = {column.name for column in every(row) if column.cell is Text}
    kinds = {name: typing.get_origin(hint) for name, hint in hints.items()}
    assert not {name for name in plain if kinds.get(name) in (dict, list)}
