"""When the front end fails, or refuses: the rest goes on, nothing doubles."""

import collections
import dataclasses as dc
import datetime as dt

import pytest
import sqlalchemy as sa

from concertim_api.db.view import tables as view
from concertim_api.services.push.frontend import FrontEndAway

#: What the front end answers to a change that it refuses.
REFUSED = ("status", 422, {"errors": {"status": ["no"]}})


def desired(site):
    """Return the names of what the view shows."""
    return {
        row.name
        for noun in ("rack", "device")
        for row in site.shown(noun).values()
    }


def there(site):
    objects = site.there()
    return {
        name.rpartition("/")[2]
        for noun in ("racks", "devices")
        for name in objects[noun]
    }


def test_one_bad_object_stops_no_other(shown, app):
    refused = ("status", 422, {"name": ["is invalid"]})
    app.faults.add("^POST /api/v1/nodes", *refused, times=1)
    counts = shown.push()
    assert (counts["created"], counts["failed"]) == (5, 1)
    [push] = shown.pushes(state="failing")
    assert (push.error, push.attempts) == ("name: is invalid", 1)
    assert push.due_at > shown.clock.moment
    outcome = shown.pusher.run()
    assert (outcome.outcome, outcome.idle) == ("partial", True)
    assert outcome.error == "1 can't be pushed: see push list"
    assert shown.later(seconds=3).push() == {"created": 1}
    assert there(shown) == desired(shown)
    assert shown.pushes(state="failing") == []


def test_a_mistake_of_ours_stops_no_other(shown, app, caplog):
    """Neither a row that can't be read, nor one that can't be told."""
    with shown.store.engine.begin() as connection:
        connection.execute(
            sa.update(view.view_objects)
            .where(view.view_objects.c.resource_id == "c1-v")
            .values(body='{"of": "another time"}')
        )
    front_end = shown.pusher._front_end
    original = front_end.desired

    def broken(view_object, references, actual):
        if view_object.ref.id == "c1-n":
            raise ArithmeticError("not as foreseen")
        return original(view_object, references, actual)

    front_end.desired = broken
    counts = shown.push()
    assert (counts["created"], counts["failed"]) == (4, 2)
    errors = {p.resource_id: p.error for p in shown.pushes(state="failing")}
    assert errors == {
        "c1-v": "TypeError: see the log",
        "c1-n": "ArithmeticError: see the log",
    }
    assert "not as foreseen" in caplog.text
    assert len(shown.pushes()) == 6


@pytest.mark.parametrize("noun", ["rack", "device"])
def test_a_mistake_in_the_moves_waits_as_any_other(shown, monkeypatch, noun):
    front_end = shown.pusher._front_end
    original = front_end.claims

    def broken(of, fields):
        if of == noun:
            raise ArithmeticError("not as foreseen")
        return original(of, fields)

    monkeypatch.setattr(front_end, "claims", broken)
    assert shown.push()["created"] > 0
    error = "ArithmeticError: see the log"
    failing = [
        push
        for push in shown.pushes(state="failing")
        if push.noun == noun and push.error == error
    ]
    assert len(failing) == (1 if noun == "rack" else 4)
    assert {push.attempts for push in failing} == {1}
    assert {push.due_at - shown.clock.moment for push in failing} == {
        dt.timedelta(seconds=2)
    }
    assert shown.push() == {}


def test_a_mistake_while_it_is_sent_stops_no_other(shown, monkeypatch):
    front_end = shown.pusher._front_end
    original = front_end.create

    def broken(noun, fields):
        if fields["name"].startswith("c1-n"):
            raise ArithmeticError("not as foreseen")
        return original(noun, fields)

    monkeypatch.setattr(front_end, "create", broken)
    counts = shown.push()
    assert (counts["created"], counts["failed"]) == (5, 1)
    [push] = shown.pushes(state="failing")
    assert push.error == "ArithmeticError: see the log"
    monkeypatch.undo()
    assert shown.later(seconds=3).push() == {"created": 1}


def test_what_can_not_be_read_is_not_deleted(pushed):
    with pushed.store.engine.begin() as connection:
        connection.execute(sa.update(view.view_objects).values(body="{}"))
    assert pushed.push(look=True) == {"failed": 6, "surveys": 1}
    assert pushed.writes() == []


def test_the_wait_doubles_up_to_ten_minutes(pushed, app):
    app.faults.add("^PATCH", *REFUSED)
    pushed.stops("c1-s0")
    waits = []
    for _ in range(12):
        pushed.push()
        [push] = pushed.pushes(state="failing")
        waits.append((push.due_at - pushed.clock.moment).total_seconds())
        pushed.clock.moment = push.due_at
    assert [round(wait) for wait in waits[:4]] == [2, 4, 8, 16]
    assert round(waits[-1]) == 600
    assert len(pushed.writes()) == 12


def test_a_person_can_ask_for_another_try(pushed, app):
    app.faults.add("^PATCH", *REFUSED, times=1)
    pushed.stops("c1-s0").push()
    assert pushed.push() == {}
    assert pushed.push(retry=True) == {"updated": 1}


def test_a_change_of_it_is_another_try(pushed, app):
    app.faults.add("^PATCH", *REFUSED, times=1)
    for state in ("stopped", "suspended"):
        pushed.server("c1-s0", shape={"state": state})
        pushed.shows().push()
    assert there(pushed) == desired(pushed)
    assert pushed.pushes(state="failing") == []


@pytest.mark.parametrize(
    ("fault", "repeated"),
    [
        (("drop_after",), 0),
        (("status_after", 504), 0),
        (("status_after", 502), 0),
        (("drop_before",), 1),
    ],
)
def test_a_creation_without_an_answer_is_looked_for(
    shown, app, fault, repeated
):
    """It is repeated only if it did not arrive."""
    app.faults.add("^POST /api/v1/(nodes|racks)", *fault, times=1, after=2)
    with pytest.raises(FrontEndAway):
        shown.push()
    shown.later(seconds=3).push()
    assert there(shown) == desired(shown)
    assert app.count("POST /api/v1/nodes") == 4 + repeated
    assert app.count("POST /api/v1/racks") == 1


def test_an_object_at_which_it_breaks_stops_no_other(shown, app):
    app.faults.add("^POST /api/v1/nodes", "status", 500, times=1)
    counts = shown.push()
    assert (counts["created"], counts["failed"]) == (5, 1)
    shown.later(seconds=3).push()
    assert there(shown) == desired(shown)


def test_a_front_end_that_breaks_at_everything_is_away(shown, app):
    app.faults.add("^POST /api/v1/nodes", "status", 500)
    for n in range(3):
        shown.server(f"x{n}")
    shown.stack("c2", *(f"instance/x{n}" for n in range(3)))
    shown.shows()
    with pytest.raises(FrontEndAway, match="fails at everything"):
        shown.push()


def test_passing_errors_are_tried_again_at_once(pushed, app):
    app.faults.add("^PATCH", "status", 503, times=1)
    pushed.stops("c1-s0")
    assert pushed.push() == {"updated": 1}
    assert len(pushed.writes()) == 2


def test_a_token_that_expired_is_renewed(pushed, app):
    app.revoke_tokens()
    pushed.stops("c1-s0", "c1-s1")
    assert pushed.push() == {"updated": 2}
    assert app.count("POST /users/sign_in") == 1


def test_a_wrong_password_says_so(site, app):
    user = next(iter(app.model.users.values()))
    app.model.put(dc.replace(user, password="other"))
    site.founded().cluster().shows()
    with pytest.raises(FrontEndAway, match="refuses our login") as error:
        site.push()
    assert "admin" not in str(error.value)


def test_we_are_no_root_there(pushed, app):
    """Of a user who may not: each object says so, and is tried again."""
    error = {"status": "403", "title": "No", "description": "You are not"}
    app.faults.add("^PATCH", "status", 403, {"errors": [error]})
    pushed.stops("c1-s0")
    assert pushed.push() == {"failed": 1}
    [push] = pushed.pushes(state="failing")
    assert push.error == "not allowed (403): You are not"


def test_ten_minutes_without_a_front_end(pushed, app):
    """Under load: it recovers alone, in order, with what is true by then,
    and each object once."""
    app.server.stop()
    began = pushed.clock.moment
    rounds = 0
    while pushed.clock.moment < began + dt.timedelta(minutes=10):
        state = "stopped" if rounds % 2 else "active"
        pushed.server("c1-s0", shape={"state": state})
        pushed.server("c1-s1", shape={"state": "stopped"})
        if rounds == 3:
            pushed.cluster("c2")
        pushed.shows()
        with pytest.raises(FrontEndAway):
            pushed.push()
        rounds += 1
        pushed.later(seconds=30)
    app.server.start()
    pushed.writes()
    counts = pushed.push()
    assert "failed" not in counts
    assert there(pushed) == desired(pushed)
    writes = pushed.writes()
    assert len(writes) == len(set(writes)) + 3  # four nodes of one path
    posts = [w for w in writes if w.startswith("POST")]
    assert posts == ["POST /api/v1/racks"] + ["POST /api/v1/nodes"] * 4
    assert next(w for w in writes if "racks" in w) == posts[0]


def test_an_outage_makes_no_storm(pushed, app):
    """While it is away, one request and its repetitions are all."""
    app.faults.add("", "status", 503)
    for n in range(50):
        pushed.server(f"x{n}")
    pushed.stack("c2", *(f"instance/x{n}" for n in range(50)))
    pushed.shows()
    with pytest.raises(FrontEndAway):
        pushed.push()
    app.requests.clear()
    for _ in range(20):
        with pytest.raises(FrontEndAway):
            pushed.later(seconds=30).push()
    assert len(app.requests) == 20 * 2  # one repetition each


def test_stopping_ends_it_between_two_objects(shown, app):
    stop = iter([False] * 3 + [True] * 100)
    shown.push(until_done=False, is_stopping=lambda: next(stop))
    assert len(shown.writes()) <= 3
    shown.pusher = shown.new_pusher()
    shown.push()
    assert there(shown) == desired(shown)


def test_a_thousand_devices_cost_a_thousand_requests(site, app, statements):
    """Besides the rack, the template, four lists and a login."""
    site.founded()
    for rack in range(25):
        names = [f"s-{rack}-{n}" for n in range(40)]
        site.recorder.record(
            [
                site.observation(
                    "instance",
                    name,
                    shape={"flavor": {"id": "f0", "vcpus": 1}},
                    details={"name": name},
                )
                for name in names
            ]
        )
        site.stack(f"c{rack}", *(f"instance/{name}" for name in names))
    site.tell("flavor", "f0", shape={"vcpus": 1}, details={"name": "tiny"})
    site.shows()
    del statements[:]
    counts = site.push()
    assert counts["created"] == 1000 + 25 + 2
    assert len(site.there()["devices"]) == 1000
    requests = len(app.requests) - app.count("POST /users")
    assert requests <= 1.1 * 1000
    assert requests == 1000 + 25 + 2 + 4
    assert len(statements) < 250


def test_small_batches_come_to_the_same(site, app):
    """What a thing needs is in its batch, or in one before."""
    site.founded()
    for n in range(6):
        site.cluster(f"c{n}")
    site.shows()
    total = collections.Counter()
    for _ in range(40):
        total.update(site.push(limit=3, until_done=False))
    assert total == {"created": 1 + 6 * 5, "surveys": 1, "more": 10}
    assert there(site) == desired(site)
    assert app.count("POST /api") == 31


def test_statements(pushed, statements):
    del statements[:]
    assert pushed.push() == {}
    assert len(statements) == 1
    pushed.cluster("c2", servers=9).shows()
    del statements[:]
    pushed.push()
    assert len(statements) <= 24
