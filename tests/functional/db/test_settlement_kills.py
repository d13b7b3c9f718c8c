"""Agents that are killed while they settle, each a process of its own."""

import multiprocessing
import os
import random
import time
import uuid
from datetime import timedelta

import pytest

from concertim_api.db.store import SqlStore
from concertim_api.domain.billing.accounts import Account
from concertim_api.domain.billing.orders import Order
from concertim_api.domain.ledger.kinds import KINDS
from concertim_api.domain.ledger.observations import Ref
from concertim_api.services.billing.rated_usage import RatedUsage
from concertim_api.services.billing.settlement import Settler
from concertim_api.services.jobs.job import Call
from tests.fakes.clock import Clock
from tests.functional.db.conftest import _configuration
from tests.functional.db.test_costs import Prices, tariff
from tests.functional.db.test_settlement import DAY, FLAVOR, HOUR, Site

#: With --long, 20 or as many as are asked for.
KILLS = int(os.environ.get("CONCERTIM_TEST_KILLS", "4"))

TEAMS, DAYS = 10, 50


def agent(url, now, begun):
    """Settle all that there is, again and again; each run later than the
    leases of those who were killed."""
    store, clock = SqlStore(_configuration(url)), Clock(now)
    usage = RatedUsage(
        store.billed_usage, Prices(tariff()), store.ledger, clock, KINDS
    )
    settler = Settler(store.settlements, usage, clock, timedelta(0))
    begun.set()
    while not settler.run(Call(clock.time)).idle:
        pass


def teams(store, recorder, tell, at):
    """Record teams, each with two servers and an order."""
    for n in range(TEAMS):
        account = Account(str(uuid.UUID(int=10 + n)), f"t{n}", at(0))
        store.accounts.add([account])
        store.orders.add(
            Order(
                id=str(uuid.UUID(int=100 + n)),
                account_id=account.id,
                project_id=account.project_id,
                made_by="agent",
                created_at=at(0),
                stack=Ref("north", "stack", f"c{n}"),
            )
        )
        recorder.record(
            [
                tell(
                    (n + server) * HOUR,
                    ref=Ref("north", "instance", f"s{n}-{server}"),
                    project_id=f"t{n}",
                    flavor=FLAVOR,
                )
                for server in range(2)
            ]
        )


@pytest.mark.timeout(900)
def test_it_charges_the_same(store, conf, recorder, tell, at, record_property):
    site = Site(store, recorder, tell, at)
    teams(store, recorder, tell, at)
    url, context = (
        conf.database.connection,
        multiprocessing.get_context("spawn"),
    )
    kills = 0
    for kill in range(KILLS):
        begun = context.Event()
        # Another agent goes on with the same accounts; its clock is later.
        now = at(DAYS * DAY // KILLS * (kill + 1)) + kill * timedelta(hours=1)
        process = context.Process(target=agent, args=(url, now, begun))
        process.start()
        assert begun.wait(60)
        time.sleep(random.uniform(0, 0.2))
        process.kill()
        process.join(30)
        kills += process.exitcode != 0
    record_property("kills", kills)
    site.settle(DAYS * DAY + KILLS * HOUR)
    for n in range(TEAMS):
        account = str(uuid.UUID(int=10 + n))
        costs = site.costs(f"t{n}")
        assert site.charged(account) == costs
        places = [record.place for record in site.records(account)]
        assert len(places) == len({*places}) == len(costs) >= DAYS
