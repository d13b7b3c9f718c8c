"""What every driver of a front end promises: see ``frontend.base``.

The one that there is talks to the simulated app over HTTP, of both flavours.
"""

from __future__ import annotations

import dataclasses as dc
import logging
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from concertim_api.domain.ledger.observations import Ref
from concertim_api.domain.reconcile import changes
from concertim_api.domain.view.model import Device, Rack, Template
from concertim_api.domain.view.slots import Slot
from concertim_api.frontend import simulator
from concertim_api.frontend.concertim import ConcertimApp
from concertim_api.frontend.session import Options
from concertim_api.services.push.frontend import (
    FrontEndAway,
    FrontEndBroken,
    FrontEndMissing,
    FrontEndRefused,
    FrontEndUnsure,
)

SECRET = "correct horse battery staple"
FOREIGN = "what the app uses in the cloud"
MADE = datetime(2026, 11, 24, 9, tzinfo=UTC)

TEMPLATE = Template(
    ref=Ref("north", "flavor", "f1"),
    name="small",
    label="small",
    description="",
    height_u=2,
    vcpus=2,
    ram_mb=2048,
    disk_gb=0,
    public=True,
    details={"extra_specs": {"hourly_cost": "0.25"}},  # is not sent
)

RACK = Rack(
    ref=Ref("north", "stack", "c1"),
    project_id="p1",
    name="c1",
    stack_name="c1",
    description="",
    status="ACTIVE",
    status_reason="Stack CREATE completed successfully",
    state="CREATE_COMPLETE",
    owner="ann",
    outputs={"concertim_cluster_type": "slurm", "nodes": 3},
    height_u=42,
    used_u=0,
    device_count=1,
    messages=(),
    order_id="order-1",
    created_at=MADE,
)


def device(kind="instance", name="node1", start_u=1, **fields):
    made_of = {"instance": "f1"}.get(kind, kind)
    kind_of = {"instance": "Instance"}.get(kind, kind.capitalize())
    defaults = {
        "ref": Ref("north", kind, fields.pop("id", name)),
        "rack": RACK.ref,
        "project_id": "p1",
        "name": name,
        "label": name,
        "type": kind_of,
        "status": "ACTIVE",
        "state": "active",
        "slot": Slot(start_u, 1 if kind == "network" else 2),
        "template_id": made_of,
        "template": made_of,
        "details": DETAILS[kind],
        "public_ips": (),
        "private_ips": (),
        "networks": (),
        "created_at": MADE,
    }
    return Device(**{**defaults, **fields})


DETAILS = {
    "instance": {
        "ssh_key": "ann",
        "login_user": None,
        "volume_details": ["v1"],
        "vcpus": 2,
        "ram_mb": 2048,
        "disk_gb": 0,
    },
    "volume": {
        "availability_zone": "nova",
        "bootable": False,
        "encrypted": True,
        "size": 10,
        "volume_type": "ssd",
        "attached_to": [],
    },
    "network": {
        "admin_state_up": True,
        "l2_adjacency": None,
        "mtu": 1442,
        "shared": False,
        "external": False,
        "port_security_enabled": True,
    },
}


class References:
    """Knows what was created."""

    def __init__(self):
        self.teams, self.racks, self.templates = {}, {}, {}

    def team(self, project_id):
        return self.teams.get(project_id)

    def rack(self, device):
        return self.racks.get(device.rack.id)

    def template(self, device):
        return self.templates.get(device.template_id)

    def template_name(self, template):
        return template.name


@pytest.fixture(params=["orders", "hours"])
def app(request):
    with simulator.serve(flavour=request.param) as server:
        app = server.app
        admin = next(iter(app.model.users.values()))
        secrets = {"password": SECRET, "foreign_password": FOREIGN}
        app.model.put(dc.replace(admin, **secrets))
        app.seed.cluster_type("slurm")
        app.url, app.server = server.url, server
        yield app


@pytest.fixture
def front_end(app):
    return ConcertimApp(
        Options(app.url, "admin", SECRET, timeout=0.3, retries=2, retry_wait=0)
    )


@pytest.fixture
def made(app, front_end):
    """A front end that knows its team, with one of each noun."""
    app.seed.team("one", "p1")
    return Made(front_end)


class Made:
    def __init__(self, front_end):
        self.front_end, self.references = front_end, References()
        for team in front_end.objects("team"):
            self.references.teams[team.id] = team.foreign_id
        for seed in front_end.objects("template"):
            self.references.templates[seed.fields["tag"]] = seed.foreign_id
        self.references.templates["f1"] = self.create(TEMPLATE).foreign_id
        self.rack = self.create(RACK)
        self.references.racks["c1"] = self.rack.foreign_id

    def desired(self, shown, **actual):
        return self.front_end.desired(shown, self.references, actual)

    def create(self, shown):
        return self.front_end.create(_noun(shown), self.desired(shown))

    def update(self, shown, created):
        desired = self.desired(shown, **created.fields)
        return self.front_end.update(
            created.noun, created.foreign_id, changes(created.fields, desired)
        )


def _noun(shown):
    return type(shown).__name__.lower()


ALL = [
    TEMPLATE,
    RACK,
    device("instance", public_ips=("192.0.2.1",), private_ips=("10.0.0.1",)),
    device("volume", "disk", 3),
    device("network", "net", 42),
]


@pytest.mark.parametrize("shown", ALL, ids=lambda s: s.ref.kind)
def test_what_was_created_is_listed_as_it_was_desired(made, shown):
    if isinstance(shown, Device):
        created = made.create(shown)
    else:
        created = made.rack if isinstance(shown, Rack) else None
    objects = made.front_end.objects(_noun(shown))
    [listed] = [o for o in objects if o.id == shown.ref.id]
    assert created is None or listed.foreign_id == created.foreign_id
    desired = made.desired(shown, **listed.fields)
    assert changes(listed.fields, desired) == {}
    if created is not None:
        assert changes(created.fields, desired) == {}


@pytest.mark.parametrize(
    ("shown", "change"),
    [
        (TEMPLATE, {"name": "tiny"}),
        (TEMPLATE, {"description": "For tests"}),
        (TEMPLATE, {"vcpus": None, "disk_gb": 7}),
        (RACK, {"name": "c1-anew"}),
        (RACK, {"status": "FAILED", "status_reason": "no host"}),
        (RACK, {"height_u": 50}),
        (RACK, {"outputs": {"a": 1}}),
        (device(), {"name": "node2"}),
        (device(), {"status": "SUSPENDED"}),
        (device(), {"slot": Slot(9, 2)}),
        (device(), {"public_ips": ("192.0.2.1", "192.0.2.2")}),
        (device(), {"networks": ("inner",)}),
        (device(), {"label": "Zoë's node"}),
        (device(), {"details": {**DETAILS["instance"], "ssh_key": None}}),
        (device("volume"), {"status": "AVAILABLE"}),
        (
            device("volume"),
            {"details": {**DETAILS["volume"], "bootable": True}},
        ),
        (
            device("network", start_u=42),
            {"details": {**DETAILS["network"], "shared": True, "mtu": 9000}},
        ),
    ],
)
def test_a_change_is_written_and_kept(made, shown, change):
    objects = made.front_end.objects(_noun(shown))
    before = [o for o in objects if o.id == shown.ref.id]
    created = before[0] if before else made.create(shown)
    changed = dc.replace(shown, **change)
    desired = made.desired(changed, **created.fields)
    assert changes(created.fields, desired)
    answer = made.update(changed, created)
    assert answer.foreign_id == created.foreign_id
    assert changes(answer.fields, desired) == {}
    objects = made.front_end.objects(_noun(shown))
    [listed] = [o for o in objects if o.id == shown.ref.id]
    assert changes(listed.fields, desired) == {}


@pytest.mark.parametrize("shown", [*ALL[2:]], ids=lambda s: s.ref.kind)
def test_what_is_deleted_is_not_listed(made, shown):
    created = made.create(shown)
    made.front_end.delete("device", created.foreign_id)
    assert made.front_end.objects("device") == []
    made.front_end.delete("device", created.foreign_id)  # is no error


def test_a_rack_that_is_not_empty_is_not_deleted(made):
    made.create(device())
    with pytest.raises(FrontEndRefused, match="rack is not empty"):
        made.front_end.delete("rack", made.rack.foreign_id)


@pytest.mark.parametrize(
    ("wrong", "reason", "is_conflict"),
    [
        ({"name": "node 1", "slot": Slot(9, 2)}, "name: invalid", False),
        ({"name": "node9", "slot": Slot(42, 2)}, "end_u: is invalid", False),
        ({"name": "node9", "slot": Slot(2, 2)}, "start_u: is occupied", True),
        ({"slot": Slot(9, 2)}, "name: taken", True),
    ],
)
def test_a_refusal_has_a_reason_and_leaves_all_else(
    app, made, wrong, reason, is_conflict
):
    made.create(device())
    before = app.snapshot()
    with pytest.raises(FrontEndRefused) as error:
        made.create(dc.replace(device(id="other"), **wrong))
    assert reason in str(error.value)
    assert error.value.is_conflict is is_conflict
    assert app.snapshot() == before


def test_a_refused_change_says_what_is_there_now(made):
    """It may be half done: name and status are kept, the place is not."""
    created = made.create(device())
    made.create(device(name="other", start_u=9))
    changed = device(name="node2", status="FAILED", slot=Slot(9, 2))
    changed = dc.replace(changed, ref=Ref("north", "instance", "node1"))
    with pytest.raises(FrontEndRefused, match="is occupied") as error:
        made.update(changed, created)
    objects = made.front_end.objects("device")
    [listed] = [o for o in objects if o.id == "node1"]
    assert error.value.answer == listed
    fields = listed.fields
    assert (fields["name"], fields["status"]) == ("node2", "FAILED")
    assert fields["location"]["start_u"] == 1


def test_a_change_that_breaks_says_what_is_there_now(app, made):
    created = made.create(device())
    app.faults.add("^PATCH", "status_after", 500)
    with pytest.raises(FrontEndBroken) as error:
        made.update(device(status="STOPPED"), created)
    assert error.value.answer.fields["status"] == "STOPPED"


def test_a_refused_change_that_can_not_be_looked_at(app, made):
    created = made.create(device())
    app.faults.add("^PATCH", "status", 422, {"errors": {"status": ["no"]}})
    app.faults.add("^GET /api/v1/devices/", "status", 500)
    with pytest.raises(FrontEndRefused, match="status: no") as error:
        made.update(device(status="STOPPED"), created)
    assert error.value.answer is None
    assert error.value.is_conflict  # so there is a survey


def test_a_device_whose_rack_is_gone(app, made):
    """The app breaks at it, so it is looked whether the rack is there."""
    made.front_end.delete("rack", made.rack.foreign_id)
    app.requests.clear()
    with pytest.raises(FrontEndMissing, match="its rack is gone"):
        made.create(device())
    assert len(app.requests) == 2
    assert app.requests[0].status == 500


def test_long_texts_are_cut(made):
    """The columns of the app are 255 letters wide; more is a 500."""
    label = "ü" * 256
    created = made.create(device(label=label))
    assert created.fields["description"] == "ü" * 254 + "…"
    desired = made.desired(device(label=label), **created.fields)
    assert changes(created.fields, desired) == {}


@pytest.mark.parametrize("app", ["orders"], indirect=True)
@pytest.mark.parametrize("cost", ["12.345", "12.999", "7"])
def test_a_cost_is_written_once(made, cost):
    """The app keeps more than two decimals, and does not show them."""
    rack = dc.replace(RACK, cost=Decimal(cost))
    answer = made.update(rack, made.rack)
    desired = made.desired(rack, **answer.fields)
    assert changes(answer.fields, desired) == {}


def test_what_is_not_there_can_not_be_changed(made):
    created = made.create(device())
    made.front_end.delete("device", created.foreign_id)
    with pytest.raises(FrontEndMissing):
        made.update(device(status="STOPPED"), created)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (("drop_before",), FrontEndUnsure),
        (("drop_after",), FrontEndUnsure),
        (("status", 502), FrontEndUnsure),
        (("status_after", 504), FrontEndUnsure),
        (("status", 500), FrontEndBroken),
        (("status", 200, "<html>"), FrontEndUnsure),
        (("delay", 0.5), FrontEndUnsure),
    ],
)
def test_a_creation_without_an_answer_is_not_repeated(app, made, fault, error):
    app.faults.add("^POST /api", *fault)
    app.requests.clear()
    with pytest.raises(error):
        made.create(device())
    # A connection that ended is tried once by our HTTP client's pool.
    assert app.count("POST /api") <= 1


@pytest.mark.parametrize("verb", ["objects", "update", "delete"])
@pytest.mark.parametrize(
    "fault", [("drop_before",), ("status", 503), ("status", 429)]
)
def test_what_can_be_repeated_is(app, made, verb, fault):
    created = made.create(device())
    app.faults.add("^(GET|PATCH|DELETE)", *fault, times=2)
    if verb == "objects":
        assert len(made.front_end.objects("device")) == 1
    elif verb == "update":
        assert made.update(device(status="STOPPED"), created)
    else:
        made.front_end.delete("device", created.foreign_id)
        assert app.snapshot()["devices"] == {}


@pytest.mark.parametrize(
    "fault",
    [
        ("drop_before",),
        ("status", 503),
        ("status", 302, "", {"Location": "http://127.0.0.1:9/"}),
        ("status", 200, "<html>no list</html>"),
        ("status", 200, {"no": "list"}),
        ("status", 200, ["no object"]),
        ("status", 200, [{"no": "id"}]),
        ("status", 401),
        ("status", 403),
        ("status", 404, {"errors": {"record": ["Not found"]}}),
        ("status", 422, {"errors": "no"}),
        ("status", 500),
        ("delay", 0.5),
    ],
)
def test_a_list_is_whole_or_it_is_away(app, made, fault):
    app.faults.add("^GET /api/v1/devices", *fault)
    with pytest.raises(FrontEndAway):
        made.front_end.objects("device")


def test_a_front_end_that_is_not_there_is_away(app, front_end):
    app.server.stop()
    with pytest.raises(FrontEndAway, match="no connection") as error:
        front_end.objects("rack")
    assert not error.value.is_sent


def test_tokens_are_renewed(app, made):
    app.revoke_tokens()
    assert len(made.front_end.objects("rack")) == 1
    assert app.count("POST /users/sign_in") == 2


def test_a_redirection_to_the_login_renews_the_token(app, made):
    """So says an app that takes us for a browser."""
    here = {"Location": "/accounts/sign_in"}
    app.faults.add("^GET /api", "status", 302, "<html>", here, times=1)
    app.requests.clear()
    assert len(made.front_end.objects("rack")) == 1
    lines = [f"{entry.method} {entry.path}" for entry in app.requests]
    rack = "GET /api/v1/racks"
    assert lines == [rack, "POST /users/sign_in.json", rack]


def test_a_redirection_of_the_login_says_so(app, front_end):
    there = {"Location": "http://127.0.0.1:9/users/sign_in.json"}
    app.faults.add("^POST /users", "status", 302, "<html>", there)
    with pytest.raises(
        FrontEndAway, match=r"redirects us; see \[frontend\] url"
    ):
        front_end.objects("rack")
    assert len(app.requests) == 1


def test_no_cookie_is_sent(app, made):
    """It would let us in after the token was revoked."""
    headers = []
    original = app.respond

    def respond(method, path, sent, content=b""):
        headers.append(dict(sent.items()))
        return original(method, path, sent, content)

    app.respond = respond
    app.revoke_tokens()
    assert len(made.front_end.objects("rack")) == 1
    assert len(headers) == 3
    assert not any("Cookie" in sent for sent in headers)


def test_a_thing_of_another_app_is_no_list(app, front_end):
    app.faults.add("^POST /users", "status", 404, "<html>nothing</html>")
    with pytest.raises(FrontEndAway, match="refuses our login"):
        front_end.objects("rack")


def test_an_answer_to_the_login_without_a_token(app, front_end):
    app.faults.add("^POST /users", "status", 200, {"id": 1})
    with pytest.raises(FrontEndAway, match="without a token"):
        front_end.objects("rack")


def test_no_secret_is_told(app, made, caplog):
    """Neither by errors nor by logs, down to DEBUG."""
    caplog.set_level(logging.DEBUG)
    token = app.token().partition(" ")[2]
    texts = []
    for fault in (("status", 403), ("drop_before",), ("status", 500)):
        app.faults.clear()
        app.faults.add("/api/", *fault)
        with pytest.raises((FrontEndRefused, FrontEndAway)) as error:
            made.create(device())
        texts.append(repr(error.value))
    app.faults.clear()
    app.model.put(
        dc.replace(next(iter(app.model.users.values())), password="x")
    )
    app.revoke_tokens()
    with pytest.raises(FrontEndAway) as error:
        made.front_end.objects("rack")
    texts += [repr(error.value), repr(made.front_end._session._options)]
    output = "\n".join([*texts, caplog.text])
    assert SECRET not in output
    assert FOREIGN not in output
    assert token not in output
    assert "Bearer" not in output


@pytest.mark.parametrize("status", [202, 302, 401, 403, 422, 500])
def test_the_answer_to_a_login_is_not_told(app, front_end, caplog, status):
    """It may have the user's secrets in it, or the failing row."""
    caplog.set_level(logging.DEBUG)
    error = {"foreign_password": FOREIGN, "error": f"({FOREIGN})"}
    app.faults.add("^POST /users", "status", status, error)
    with pytest.raises(FrontEndAway) as caught:
        front_end.objects("rack")
    assert str(status) in str(caught.value) or status == 302
    assert FOREIGN not in f"{caught.value!r} {caplog.text}"


def test_tls_is_checked(app, tmp_path):
    from concertim_api.frontend.simulator import certificates

    certificate, key = certificates.write(tmp_path)
    with simulator.serve(app, certificate=certificate, key=key) as server:
        options = Options(server.url, "admin", SECRET, retries=0)
        with pytest.raises(FrontEndAway, match="no trust"):
            ConcertimApp(options).objects("team")
        trusting = dc.replace(options, verify=str(certificate))
        assert ConcertimApp(trusting).objects("team") == []


def test_connections_are_kept(app, made):
    """A thousand requests do not make a thousand connections."""
    handled = []
    listener = app.server._listener
    original = listener.process_request

    def note(request, address):
        handled.append(address)
        original(request, address)

    listener.process_request = note
    for _ in range(20):
        made.front_end.objects("rack")
    assert handled == []
