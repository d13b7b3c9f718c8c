"""What users of other systems complain of, each by its name."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import event

from concertim_api.domain.errors import Unavailable
from concertim_api.domain.ledger.observations import Ref
from concertim_api.services.billing.costs import Costs
from concertim_api.services.common.listing import Scope
from concertim_api.services.ledger.ports import Window
from tests.functional.db.test_costs import Prices, tariff
from tests.functional.db.test_settlement import DAY, HOUR, P1, Site

PER_HOUR = [("server", "compute", {"kind": "instance"}, "hour", "1")]


@pytest.fixture
def site(store, recorder, tell, at):
    site = Site(store, recorder, tell, at)
    site.prices = Prices(tariff(PER_HOUR))
    return site


def cost(site, first, last):
    site.clock.time = max(site.clock.time, site.at(last))
    window = Window(site.at(first), site.at(last))
    return Costs(site.usage()).report(Scope("p1"), (), window).amount


def test_a_failed_write_is_not_counted_and_its_retry_is(site, store):
    """openmeter#5118: the id was claimed before the write; after a failure
    the retry was answered as success, and counted zero times."""

    def fail(connection):
        raise OSError("the disk is full")

    event.listen(store.engine, "commit", fail)
    with pytest.raises((OSError, Unavailable)):
        site.server(0)
    event.remove(store.engine, "commit", fail)
    assert cost(site, 0, 2 * HOUR) == 0
    site.server(0)
    assert cost(site, 0, 2 * HOUR) == 2


def test_the_same_message_twice_counts_once(site):
    """lago-api#4725: the same id and time was kept twice."""
    for _ in range(2):
        site.server(0)
        site.server(HOUR, says="gone")
    assert cost(site, 0, DAY) == 1


def test_a_day_that_is_settled_112_times_has_one_copy(site):
    """cloudstack#13112: 112 copies of the records of one day."""
    site.server(0)
    for _ in range(112):
        site.settle(12 * HOUR)
    (record,) = site.records()
    assert record.amounts == {"compute": Decimal("12.0000")}


def test_clocks_that_are_a_second_apart(site):
    """cloudstack#13019: a start after the stop of the same second, by another
    clock, and the usage job was stuck."""
    site.server(HOUR)
    site.server(2 * HOUR, says="gone")
    site.server(2 * HOUR + 1, "s2")
    site.server(2 * HOUR, "s2", "gone")
    site.settle(12 * HOUR + DAY)
    assert site.charged() == site.costs() == {date(2026, 3, 1): 1}


def test_a_deletion_that_nobody_saw_ends_the_charge(site, tell):
    """cloudstack#10789: a deletion that was not seen was billed for ever. A
    complete listing lacks the server: that is what a sync records."""
    site.server(0)
    ref = Ref("north", "instance", "s1")
    site.recorder.record([tell(5 * HOUR, "absent", ref=ref, project_id="p1")])
    site.settle(3 * DAY)
    assert sum(site.charged().values()) == 5


def test_a_month_has_as_many_hours_as_its_days(site):
    """cloudstack#7210: each month had 720 hours: 1.3 % over a year."""
    site.server(-12 * HOUR)
    march = 31 * DAY - 12 * HOUR
    assert cost(site, -12 * HOUR, march) == 744


def test_a_price_is_of_an_hour_and_no_amount_is_negative(site):
    """opencost#3781, #3387, #3823: hourly prices were taken for monthly ones;
    idle costs were negative."""
    site.server(0)
    assert cost(site, 0, 730 * HOUR) == 730


def test_what_lives_for_seconds_costs_these_seconds(site):
    """Samples each 15 to 30 seconds miss what lives between two of them;
    periods of an hour round it up."""
    site.server(0)
    site.server(7, says="gone")
    assert cost(site, 0, DAY) == Decimal("0.0019")  # 7 / 3600
    window = Window(site.at(0), site.at(DAY))
    (row,) = Costs(site.usage()).report(Scope("p1"), (), window, ["rule"]).rows
    assert row.amount == Decimal("0.0019")


def test_a_resize_within_an_hour_is_split_at_its_second(site):
    """CloudKitty rates an hour by its samples: a resize in it is not split."""
    site.prices = Prices(
        tariff([("vCPU", "compute", {"kind": "instance"}, "vcpu_hour", "1")])
    )
    site.server(0)
    site.server(1800, flavor={"name": "large", "vcpus": 6, "ram_mb": 1})
    assert cost(site, 0, HOUR) == 4


def test_a_day_that_failed_is_settled_later(site, monkeypatch, at):
    """Stratos: a profile that fails is logged and skipped; CloudKitty: it is
    tried for ever, and nothing else."""
    site.server(0)
    site.clock.time = at(2 * DAY)
    lines = type(site.usage()).lines
    with monkeypatch.context() as patched:
        patched.setattr(type(site.usage()), "lines", _fail)
        site.settle()
    assert site.records(P1) == []
    assert type(site.usage()).lines is lines
    site.settle(2 * DAY + 120)
    assert site.charged() == site.costs() != {}


def _fail(*_):
    raise RuntimeError("no")
