"""The services on the database of the configuration."""

from __future__ import annotations

import dataclasses as dc
from collections.abc import Mapping
from datetime import timedelta

from oslo_config import cfg

from concertim_api.bootstrap import drivers
from concertim_api.bootstrap.accounts import accounts
from concertim_api.bootstrap.configuration import version
from concertim_api.bootstrap.process import SystemClock
from concertim_api.conf.database import most_connections
from concertim_api.db import connections, engine
from concertim_api.db.store import SqlStore
from concertim_api.domain.errors import Invalid
from concertim_api.domain.ledger.kinds import KINDS, Kind
from concertim_api.domain.ledger.region_rules import RegionRules
from concertim_api.domain.view import ours
from concertim_api.domain.view.model import Rules
from concertim_api.keystone.token_cache import Memcached
from concertim_api.listener import custom
from concertim_api.listener.intake import Intake
from concertim_api.listener.translate import Translator
from concertim_api.services.access import keys
from concertim_api.services.access.ports import TokenCache
from concertim_api.services.access.service_login import ServiceLogin
from concertim_api.services.accounts.remains import Remains
from concertim_api.services.accounts.roles import RoleActions
from concertim_api.services.accounts.teams import TeamActions
from concertim_api.services.accounts.users import UserActions
from concertim_api.services.billing.accounts import Accounts
from concertim_api.services.billing.balances import Balances
from concertim_api.services.billing.charges import Charges
from concertim_api.services.billing.costs import Costs
from concertim_api.services.billing.credits import Credits
from concertim_api.services.billing.invoices import Invoices
from concertim_api.services.billing.month_close import MonthClose
from concertim_api.services.billing.orders import Orders
from concertim_api.services.billing.rated_usage import RatedUsage
from concertim_api.services.billing.records import UsageRecords
from concertim_api.services.billing.system import Billing
from concertim_api.services.billing.tariffs import Tariffs
from concertim_api.services.cloud.region import Region
from concertim_api.services.common.offers import offers
from concertim_api.services.common.ports import Clock
from concertim_api.services.jobs import jobs
from concertim_api.services.ledger import (
    archives,
    corrections,
    dead_letters,
    periods,
    regions,
    resources,
    type_names,
    usage,
)
from concertim_api.services.ledger import feed as changes
from concertim_api.services.ledger.recorder import Recorder
from concertim_api.services.ledger.sync import Sync
from concertim_api.services.monitoring import health, status
from concertim_api.services.operations.announcements import Announcer
from concertim_api.services.operations.by_id import ResourceActions
from concertim_api.services.operations.devices import DeviceActions
from concertim_api.services.operations.keypairs import Keypairs
from concertim_api.services.operations.operations import Operations
from concertim_api.services.operations.quotas import Quotas
from concertim_api.services.operations.racks import RackActions
from concertim_api.services.push import pushes
from concertim_api.services.push.frontend import FrontEnd
from concertim_api.services.view import (
    devices,
    history,
    lists,
    past,
    racks,
)


@dc.dataclass(frozen=True, slots=True)
class Services:
    """Every use case, ready to be called, and what jobs are made of.

    Only the agent has ``front_end`` and ``announcer``.
    """

    store: SqlStore
    recorder: Recorder
    clouds: Mapping[str, Region]
    clock: Clock
    rules: Rules
    sync: Sync
    intake: Intake
    lifetimes: periods.Lifetimes
    periods: periods.Periods
    usage: usage.UsageTotals
    resources: resources.Resources
    changes: changes.Changes
    corrections: corrections.Corrections
    dead_letters: dead_letters.DeadLetters
    regions: regions.Regions
    racks: racks.Racks
    rack_histories: history.RackHistories
    devices: devices.Devices
    templates: lists.Templates
    teams: lists.Teams
    users: lists.Users
    rated_usage: RatedUsage
    charges: Charges
    costs: Costs
    accounts: Accounts
    orders: Orders
    invoices: Invoices
    month_close: MonthClose
    credits: Credits
    usage_records: UsageRecords
    jobs: jobs.Jobs
    pushes: pushes.Pushes
    operations: Operations
    rack_actions: RackActions
    device_actions: DeviceActions
    actions_by_id: ResourceActions
    user_actions: UserActions
    team_actions: TeamActions
    role_actions: RoleActions
    keypairs: Keypairs
    quotas: Quotas
    tariffs: Tariffs
    keys: keys.Keys
    service_login: ServiceLogin
    health: health.Health
    billing: Billing
    status: status.StatusReader
    front_end: FrontEnd | None = None
    announcer: Announcer | None = None


def store(conf: cfg.ConfigOpts) -> SqlStore:
    """Return the database. It connects when it is first used."""
    return SqlStore(conf)


def services(
    conf: cfg.ConfigOpts, clouds: Mapping[str, Region] | None = None
) -> Services:
    """Return the services on the database of the configuration.

    ``clouds``: the regions in which callers can act. Raises Invalid if the
    services can't work with an option.
    """
    database, clock = store(conf), SystemClock()
    connections.warn(database.engine, most_connections(conf))
    events = _site_events(conf)
    kinds = {**KINDS, **events.kinds}
    translator = Translator(events.rows)
    recorder = Recorder(database.transactions)
    view_rules, region_rules = rules(conf), _region_rules(conf)
    past_view = past.Past(
        database.ledger, database.histories, database.view, view_rules
    )
    rack_reader = racks.Racks(database.view, database.ledger, past_view, clock)
    operations = Operations(database.operations, recorder, clouds or {}, clock)
    rack_actions = RackActions(database.view, operations)
    device_actions = DeviceActions(database.view, operations)
    remains = Remains(database.ledger, clouds or {})
    users, teams, roles = accounts(
        conf, database, operations, remains, view_rules
    )
    billing = drivers.billing(conf)
    tariffs = Tariffs(database.tariffs, clock, kinds)
    rated_usage = RatedUsage(
        database.billed_usage, tariffs, database.ledger, clock, kinds
    )
    balances = Balances(
        database.settlements, database.balances, rated_usage, clock
    )
    login = ServiceLogin(clock, conf.api.auth_strategy == "keystone")
    cache = Memcached(conf) if login.is_used else None
    return Services(
        store=database,
        recorder=recorder,
        clouds=clouds or {},
        clock=clock,
        rules=view_rules,
        sync=Sync(database.sync, recorder, clock, conf.agent.max_delete_ratio),
        intake=Intake(
            translator,
            recorder,
            database.dead_letters,
            database.refreshes,
            database,
            clock,
            region_rules,
        ),
        periods=periods.Periods(database.ledger, clock, kinds),
        lifetimes=periods.Lifetimes(
            database.ledger,
            type_names.Dictionary(database.ledger, kinds),
            ("instance", "volume"),
        ),
        usage=usage.UsageTotals(database.usage, database.ledger, clock, kinds),
        resources=resources.Resources(
            database.ledger, database.histories, kinds
        ),
        changes=changes.Changes(
            database.feed, type_names.Dictionary(database.ledger, kinds)
        ),
        corrections=corrections.Corrections(
            database.ledger,
            database.histories,
            recorder,
            clock,
            kinds,
            conf.listener.region,
        ),
        dead_letters=dead_letters.DeadLetters(
            database.dead_letters,
            recorder,
            translator.translate,
            region_rules,
        ),
        regions=regions.Regions(database.ledger),
        racks=rack_reader,
        rack_histories=history.RackHistories(
            database.ledger, database.histories, rack_reader
        ),
        devices=devices.Devices(database.view, database.ledger, past_view),
        templates=lists.Templates(database.view),
        teams=lists.Teams(database.view),
        users=lists.Users(database.view),
        accounts=Accounts(database.accounts, database.ledger, balances, clock),
        invoices=Invoices(
            database.accounts,
            database.invoices,
            balances,
            database.settlements,
            database.ledger,
            clock,
        ),
        month_close=MonthClose(
            database.invoices,
            tariffs,
            clock,
            timedelta(seconds=conf.billing.invoice_grace),
        ),
        credits=Credits(database.accounts, database.credits, tariffs, clock),
        usage_records=UsageRecords(database.records),
        orders=Orders(
            database.accounts,
            database.orders,
            database.view,
            database.ledger,
            clock,
        ),
        jobs=jobs.Jobs(database.jobs, clock, kinds),
        pushes=pushes.Pushes(database.bindings, clock),
        operations=operations,
        rack_actions=rack_actions,
        device_actions=device_actions,
        actions_by_id=ResourceActions(
            database.ledger, operations, rack_actions, device_actions
        ),
        user_actions=users,
        team_actions=teams,
        role_actions=roles,
        keypairs=Keypairs(operations),
        quotas=Quotas(operations),
        tariffs=tariffs,
        rated_usage=rated_usage,
        charges=Charges(rated_usage),
        costs=Costs(
            rated_usage, database.settlements if billing.is_owed else None
        ),
        keys=keys.Keys(database.keys, clock),
        service_login=login,
        health=health.Health(database, database.jobs, clock, login, cache),
        billing=billing,
        status=_status(conf, database, login, sorted(clouds or {}), cache),
    )


def _status(
    conf: cfg.ConfigOpts,
    database: SqlStore,
    login: ServiceLogin,
    regions: list[str],
    cache: TokenCache | None,
) -> status.StatusReader:
    return status.StatusReader(
        version(),
        login,
        database,
        database.jobs,
        database.heartbeats,
        database.dead_letters,
        database.view,
        SystemClock(),
        regions,
        None if conf.frontend.driver == "none" else database.bindings,
        bool(conf.listener.region_rules),
        engine.place(conf),
        cache,
    )


def archiver(built: Services) -> archives.Archiver:
    """Return what moves parts of the ledger into files."""
    return archives.Archiver(
        built.store.histories,
        built.store.transactions,
        [*offers("keepers", built)],
    )


def kinds(conf: cfg.ConfigOpts) -> Mapping[str, Kind]:
    """Return the kinds of resources: the built-in ones, and the operator's
    own. Raises Invalid, which names the option."""
    return {**KINDS, **_site_events(conf).kinds}


def _site_events(conf: cfg.ConfigOpts) -> custom.Custom:
    path = conf.listener.events_file
    return custom.load(path) if path else custom.Custom()


def _region_rules(conf: cfg.ConfigOpts) -> RegionRules | None:
    lines = conf.listener.region_rules
    try:
        return RegionRules(lines) if lines else None
    except ValueError as exc:
        raise Invalid("[listener] region_rules", str(exc)) from None


def rules(conf: cfg.ConfigOpts) -> Rules:
    """Return what [view] says. Raises Invalid, which names the option."""
    view = conf.view
    if view.rack_max_height_u < view.rack_height_u:
        raise Invalid(
            "[view] rack_max_height_u",
            f"{view.rack_max_height_u} is less than rack_height_u, which is "
            f"{view.rack_height_u}",
        )
    try:
        projects = tuple(ours.parse_rule(rule) for rule in view.projects)
    except ValueError as exc:
        raise Invalid("[view] projects", str(exc)) from None
    return Rules(
        rack_height_u=view.rack_height_u,
        rack_max_height_u=view.rack_max_height_u,
        vcpus_per_u=view.vcpus_per_u,
        template_max_height_u=view.template_max_height_u,
        projects=projects,
    )
