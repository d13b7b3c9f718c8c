"""The billing system is told each record once, whatever happens."""

import collections
import itertools
import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.errors import Conflict, NotFound
from concertim_api.services.billing import postings
from concertim_api.services.billing.postings import Poster
from concertim_api.services.common.listing import Listing, equal
from concertim_api.services.jobs.job import Call, Stopped
from tests.fakes.billing import FakeBilling, away, refusing
from tests.functional.db.clouds import World
from tests.functional.db.test_credits import CreditSite
from tests.functional.db.test_invoices import (
    APRIL,
    APRIL_IS_DUE,
    MARCH,
    MARCH_IS_DUE,
)
from tests.functional.db.test_settlement import (
    ACTIONS,
    DAY,
    FLAVOR,
    HOUR,
    P1,
    P2,
    Killed,
    order,
)
from tests.functional.statements import noted
from tests.properties import examples


class PostingSite(CreditSite):
    """The same two teams, which a billing system bills."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.system = FakeBilling()

    def poster(self):
        return Poster(self.system, self.store.postings, self.clock)

    def post(self):
        """Post once; return the outcome."""
        return self.poster().run(Call(self.clock.time))

    def post_all(self):
        """Post until nothing waits, however long that takes."""
        for _ in range(400):
            if self.post().idle and not self.waiting():
                return
            self.clock.time += timedelta(hours=1)
        raise AssertionError("it does not come to an end")

    def post_some(self):
        """Post what waited for some time."""
        self.clock.time += timedelta(hours=1)
        self.post()

    def waiting(self):
        return self.store.postings.unposted_count()["waiting"]

    def posted(self, account=P1):
        """Return what the billing system has of each day, of our orders."""
        ours = {record.order_id for record in self.records(account)}
        days = collections.Counter()
        for place, units in self.system.days.items():
            if place.order_id in ours:
                days[place.day] += sum(units.values())
        return {day: total for day, total in days.items() if total}

    def states(self, state):
        listing = Listing(equal(posting=state))
        return self.store.records.page(listing).rows


@pytest.fixture
def site(store, recorder, tell, at):
    site = PostingSite(store, recorder, tell, at)
    site.settle(0)
    site.post()
    return site


def test_records_are_posted_before_their_invoice(site):
    site.server(0)
    site.server(HOUR, "s2", project="p2")
    site.close(MARCH_IS_DUE)
    outcome = site.post()
    assert (outcome.outcome, outcome.more) == ("done", False)
    days = len(site.charged())
    assert outcome.summary == {
        "records": 2 * days,
        "invoices": 2,
        "credits": 0,
        "refused": 0,
    }
    assert site.posted() == site.charged() != {}
    assert site.posted(P2) == site.charged(P2)
    kinds = [
        (name, subject.month)
        for name, subject in site.system.calls
        if getattr(subject, "account_id", P1) == P1
        and getattr(subject, "order_id", P1) == P1
    ]
    march = 31
    assert kinds[:march] == [("post", MARCH)] * march
    assert kinds[march:] == [
        ("close", MARCH),
        ("post", APRIL),
        ("post", APRIL),
    ]
    assert len(site.states("posted")) == 2 * days


def test_without_news_there_are_two_statements_and_no_call(site, store):
    site.server(0)
    site.close(MARCH_IS_DUE)
    site.post()
    calls = len(site.system.calls)
    with noted(store.engine) as statements:
        assert site.post().idle
    assert len(statements) == 2
    assert len(site.system.calls) == calls


def test_an_account_costs_as_many_statements_as_it_says(site, store):
    site.server(0)
    site.close(MARCH_IS_DUE)
    site.store.postings.begin(site.clock.time)
    with noted(store.engine) as statements:
        site.post()
    # begin, claim, what is unposted, its days; the invoice with its items,
    # records, orders to end, and what it has told; two batches of records;
    # release, no other claim
    invoice, batches = 5, 2
    assert len(statements) == 9 + invoice + batches


def test_a_correction_is_told_with_the_next_invoice(site):
    site.server(0)
    site.close(MARCH_IS_DUE)
    site.post()
    before = site.posted()
    site.server(DAY, "late")
    site.settle()
    assert site.post().summary["records"] == 2, "those of April"
    late = [record for record in site.records() if record.is_late]
    assert len(late) == 30
    assert site.waiting() == 0
    assert len(site.states("waiting")) == 30
    site.close(APRIL_IS_DUE)
    site.post_all()
    assert site.states("waiting") == []
    invoice = site.system.invoices["p1", APRIL]
    assert {item.month for item in invoice.items} == {MARCH, APRIL}
    march = {day for day in before if day < APRIL}
    assert {d: n for d, n in site.posted().items() if d in march} == {
        day: before[day] for day in march
    }


def test_who_was_away_is_told_all_of_it_once(site):
    site.server(0)
    site.server(0, "s2", project="p2")
    site.close(MARCH_IS_DUE)
    site.system.trouble = away("post")
    outcome = site.post()
    assert outcome.error == f"account {P1}: no answer"
    assert len(site.system.calls) == 1, "the others are not tried"
    # Both wait by and by, for an hour at most.
    for _ in range(20):
        site.clock.time += timedelta(hours=1)
        site.post()
    assert len(site.system.calls) < 60
    site.system.trouble = lambda *_: None
    site.clock.time += timedelta(hours=1)
    site.post_all()
    assert site.posted() == site.charged()
    assert site.posted(P2) == site.charged(P2)


def test_an_answer_that_is_lost_harms_nothing(site):
    site.server(0)
    site.close(MARCH_IS_DUE)
    lost = itertools.count()

    def trouble(name, subject, is_done):
        if is_done and next(lost) % 3 == 0:
            away(name)(name, subject, is_done)

    site.system.trouble = trouble
    site.post_all()
    assert site.posted() == site.charged()
    assert len(site.system.invoices) == 1


def test_what_is_refused_is_listed_and_holds_up_only_its_month(site):
    site.server(0)
    site.server(0, "s2", project="p2")
    site.close(MARCH_IS_DUE)
    day = MARCH + timedelta(days=4)
    site.system.trouble = refusing(
        lambda name, subject: name == "post" and subject.place == (P1, day)
    )
    outcome = site.post()
    assert outcome.summary["refused"] == 1
    assert outcome.error == f"account {P1}: I do not like it"
    [refused] = site.states("refused")
    assert (refused.day, refused.refusal) == (day, "I do not like it")
    assert site.states("waiting") == []
    assert site.system.invoices.keys() == {("p2", MARCH)}
    counts = site.store.postings.unposted_count()
    assert counts == {"waiting": 2, "refused": 1}
    assert site.post().idle, "it waits"
    site.system.trouble = lambda *_: None
    site.clock.time += timedelta(minutes=1)
    assert site.post().summary["records"] == 1
    assert site.states("refused") == []
    assert site.system.invoices.keys() == {("p1", MARCH), ("p2", MARCH)}
    assert site.posted() == site.charged()


def test_an_invoice_that_is_refused_waits_and_the_next_one_too(site):
    site.server(0)
    site.close(MARCH_IS_DUE)
    site.system.trouble = refusing(lambda name, _: name == "close")
    site.post()
    [invoice] = site.invoices()
    assert (invoice.posted_at, invoice.refusal) == (None, "I do not like it")
    site.close(APRIL_IS_DUE)
    calls = len(site.system.calls)
    site.post()
    assert [name for name, _ in site.system.calls[calls:]].count("close") == 1
    site.system.trouble = lambda *_: None
    site.post_all()
    [march, april] = site.invoices()
    closes = [i.month for name, i in site.system.calls if name == "close"]
    assert closes[-2:] == [MARCH, APRIL]
    assert (march.refusal, april.refusal) == (None, None)
    assert site.posted() == site.charged()


def test_what_is_put_right_by_hand_is_not_posted_again(site):
    site.server(0)
    site.close(MARCH_IS_DUE)
    day = MARCH + timedelta(days=4)
    site.system.trouble = refusing(
        lambda name, subject: (
            name == "close" or (name == "post" and subject.day == day)
        )
    )
    site.post()
    [invoice] = site.invoices()
    accept = site.store.invoices.accept
    with pytest.raises(Conflict, match="does not refuse it"):
        accept(invoice.id, (), "by hand", "ann", site.clock.time)
    site.system.trouble = refusing(lambda name, _: name == "close")
    site.post_some()
    with pytest.raises(NotFound):
        accept(P2, (), "by hand", "ann", site.clock.time)
    accept(invoice.id, (), "by hand", "ann", site.clock.time)
    [invoice] = site.invoices()
    assert (invoice.reason, invoice.author) == ("by hand", "ann")
    assert (invoice.refusal, invoice.posted_at) == (None, site.clock.time)
    site.system.trouble = lambda *_: None
    calls = len(site.system.calls)
    site.post_some()
    assert len(site.system.calls) == calls
    assert site.waiting() == 0


def test_a_later_revision_of_what_is_refused_waits(site):
    site.server(0)
    site.settle(3 * DAY)
    site.server(0, "late")
    site.settle()
    site.system.trouble = refusing(
        lambda name, subject: subject.revision == 0 and subject.day.day == 2
    )
    site.post()
    assert [r.revision for r in site.states("waiting")] == [1]
    site.system.trouble = lambda *_: None
    site.post_all()
    assert site.posted() == site.charged()


def test_a_failure_of_one_account_does_not_stop_the_other(site):
    site.server(0)
    site.server(0, "s2", project="p2")
    site.settle(3 * DAY)

    def trouble(name, subject, is_done):
        if subject.order_id == P1:
            raise ValueError("secret")

    site.system.trouble = trouble
    outcome = site.post()
    assert outcome.error == f"account {P1}: ValueError: see the log"
    assert site.posted(P2) == site.charged(P2) != {}


def test_credits_are_granted_once(site):
    site.grant("12.50")
    site.grant("7.50", account=P2)
    site.settle(DAY)
    lost = itertools.count()

    def trouble(name, subject, is_done):
        if is_done and next(lost) == 0:
            away(name)(name, subject, is_done)

    site.system.trouble = trouble
    site.post_all()
    assert sorted(site.system.credits.values()) == [
        Decimal("7.50"),
        Decimal("12.50"),
    ]
    assert len(site.system.calls) == 3


def test_what_we_billed_alone_is_not_posted(store, recorder, tell, at):
    site = PostingSite(store, recorder, tell, at)
    site.server(0)
    site.grant("12.50")
    site.close(MARCH_IS_DUE)
    site.settle(MARCH_IS_DUE + 5 * DAY)
    site.store.postings.begin(site.clock.time)
    site.grant("7.50")
    site.post_all()
    assert {record.month for record in site.system.records.values()} == {APRIL}
    assert [*site.system.credits.values()] == [Decimal("7.50")]
    assert site.system.invoices == {}
    assert site.store.postings.begin(site.clock.time) == 0


def test_an_order_ends_with_its_last_invoice(site, store, recorder, at):
    world = World(store, recorder, at(0))
    world.project(name="p1")
    world.server("s1", shape={"flavor": FLAVOR})
    world.stack("c1", "instance/s1")
    world.settle()
    closed = order(1, created_at=at(0), closed_at=at(20 * DAY))
    store.orders.add(closed)
    store.orders.add(order(2, stack="c2", created_at=at(0)))
    site.close(20 * DAY)
    site.post_all()
    assert site.system.ends == []
    # It still has records of April.
    site.close(MARCH_IS_DUE)
    site.post_all()
    assert site.system.ends == []
    world.clock.moment = at(MARCH_IS_DUE + 2 * DAY)
    world.tell("instance", "s1", "gone")
    site.close(APRIL_IS_DUE)
    site.post_all()
    assert site.system.ends == [closed.id]
    assert site.system.calls[-1][0] == "end"
    assert site.post().idle


def test_an_order_keeps_that_it_has_ended(site, store, at):
    closed = order(1, created_at=at(0), closed_at=at(0))
    store.orders.add(closed)
    store.postings.ended(closed.id, at(1))
    assert store.postings.ending(P1, MARCH) == []
    assert store.orders.get(closed.id) == closed


def test_a_long_backlog_is_posted_in_parts(site, monkeypatch):
    monkeypatch.setattr(postings, "_MOST", 3)
    site.server(0)
    site.close(MARCH_IS_DUE)
    outcome = site.post()
    assert outcome.more
    assert outcome.summary["records"] == 3 * postings._BATCH
    assert outcome.summary["invoices"] == 0
    site.post_all()
    assert site.posted() == site.charged()
    assert len(site.system.invoices) == 1


def test_an_agent_stops_before_its_claim_ends(site):
    site.server(0)
    site.settle(20 * DAY)

    def slow(name, subject, is_done):
        if not is_done:
            site.clock.time += timedelta(minutes=1)

    site.system.trouble = slow
    site.store.postings.begin(site.clock.time)
    claims = []
    claim = site.store.postings.claim
    site.store.postings.claim = lambda now: claims.append(now) or claim(now)
    site.post()
    # A claim lasts ten minutes: no other agent takes over meanwhile.
    assert max(
        later - sooner for sooner, later in itertools.pairwise(claims)
    ) <= timedelta(minutes=9)
    assert site.posted() == site.charged()


def test_a_stop_gives_the_account_back(site):
    site.server(0)
    site.settle(20 * DAY)
    stops = itertools.chain([False] * 5, itertools.repeat(True))
    call = Call(site.clock.time, stopping=lambda: next(stops))
    with pytest.raises(Stopped):
        site.poster().run(call)
    assert len(site.states("posted")) == 5
    assert site.post().summary["records"] == 15
    assert len(site.system.calls) == 20


def test_no_two_agents_post_an_account(site):
    site.server(0)
    site.server(0, "s2", project="p2")
    site.settle(3 * DAY)
    other = site.poster()
    accounts = []

    def trouble(name, subject, is_done):
        if not accounts and not is_done:
            accounts.append(subject.order_id)
            other.run(Call(site.clock.time))

    site.system.trouble = trouble
    outcome = site.post()
    assert outcome.summary["records"] == 3, "the other account is done"
    assert len(site.system.calls) == 6
    assert site.posted() == site.charged()


def test_killed_at_every_statement_it_posts_the_same(site, store):
    site.server(0)
    site.server(9 * HOUR, "s2", project="p2")
    site.grant("10")
    site.close(MARCH_IS_DUE)
    kills = 0
    for place in itertools.count(1):
        left = [place]

        def stop(*_, left=left):
            left[0] -= 1
            if not left[0]:
                raise Killed

        sa.event.listen(store.engine, "before_cursor_execute", stop)
        try:
            if site.post().idle:
                break
        except Killed:
            kills += 1
            site.clock.time += timedelta(minutes=11)
        finally:
            sa.event.remove(store.engine, "before_cursor_execute", stop)
    assert kills > 10
    site.post_all()
    assert site.posted() == site.charged()
    assert site.posted(P2) == site.charged(P2)
    assert len(site.system.invoices) == 2
    assert len(site.system.credits) == 1


@examples(10)
@given(
    actions=ACTIONS,
    losses=st.lists(st.booleans(), max_size=30),
)
def test_whatever_is_lost_it_has_what_we_charge(site, at, actions, losses):
    names = {n: f"s{n}-{uuid.uuid4()}" for n in (1, 2, 3)}
    fate = iter(losses)

    def trouble(name, subject, is_done):
        if next(fate, False):
            away(name)(name, subject, is_done)

    site.system.trouble = trouble
    moment = (site.clock.time - at(0)).total_seconds()
    for action, hours, n in actions:
        if action == "settle":
            moment += hours * HOUR
            site.settle(moment)
            site.post()
        elif action in ("tell", "gone"):
            says = "gone" if action == "gone" else "alive"
            site.server(hours * HOUR, names[n], says)
    site.settle((site.clock.time - at(0)).total_seconds() + 7 * DAY)
    site.post_all()
    assert site.posted() == site.charged()
