"""The small cloud's clusters, projected: racks, devices and all the rest.

*physics* (p1) has the cluster k1, and twin in two regions; *biology* (p2)
has k2; what *elsewhere* (p3) has is recorded, but not shown.
"""

import dataclasses as dc
from datetime import UTC, datetime, timedelta

from concertim_api.services.billing.orders import AgentOrders
from concertim_api.services.jobs.job import Call
from concertim_api.services.jobs.ports import JobRecord
from concertim_api.services.push.ports import Binding, BindingKey
from tests.fakes.clock import Clock
from tests.functional import built
from tests.functional.api.cloud import (
    NOW,
    SMALL,
    at,
    said,
    server,
)

ANN = {"ann": ["member"]}
BOB = {"bob": ["admin", "member"]}


def listed(kind, resource_id):
    return {
        "kind": kind,
        "id": resource_id,
        "name": resource_id,
        "type": f"OS::{kind}",
    }


def stack(stack_id, hours, *members, state="CREATE_COMPLETE", **fields):
    """Return what a refresh tells of a root stack."""
    details = {
        "name": f"cluster-{stack_id}",
        "state": state,
        "state_reason": f"Stack {state}",
        "user_name": "ann",
        "parent": "",
        "outputs": {"login": "198.51.100.7"},
        "resources": [listed(*member.split("/")) for member in members],
        "read_at": at(hours).isoformat(),
        **fields.pop("details", {}),
    }
    return said(stack_id, hours, kind="stack", details=details, **fields)


def project(project_id, name, **details):
    return said(
        project_id,
        0,
        kind="project",
        project_id=None,
        details={"name": name, **details},
    )


def user(user_id):
    return said(
        user_id,
        0,
        kind="user",
        project_id=None,
        details={"name": user_id, "email": f"{user_id}@example.org"},
    )


def flavor(public, **fields):
    return said(
        fields["id"],
        0,
        kind="flavor",
        project_id=None,
        shape={**fields, "is_public": public},
        details={"name": fields["name"]},
    )


def port(port_id, hours, server_id, address, **fields):
    return said(
        port_id,
        hours,
        kind="port",
        shape={"network_id": "w1"},
        details={"device_id": server_id, "addresses": [address]},
        **fields,
    )


def floating_ip(address, hours, port_id, **fields):
    return said(
        f"fip-{address}",
        hours,
        kind="floating_ip",
        details={"address": address, "port_id": port_id},
        **fields,
    )


def volume(volume_id, hours, size_gb=10, state="available", **fields):
    return said(
        volume_id,
        hours,
        kind="volume",
        shape={"size_gb": size_gb, "type": "t1", "attached_to": []},
        details={"name": volume_id, "state": state},
        **fields,
    )


def network(network_id, hours, **fields):
    return said(
        network_id,
        hours,
        kind="network",
        details={"name": network_id, "state": "ACTIVE", "mtu": 1500},
        **fields,
    )


MIDDLE = {**SMALL, "id": "f3", "name": "m1.middle", "vcpus": 4}
SECRET = {**SMALL, "id": "f4", "name": "secret-flavor", "vcpus": 64}

VIEW = [
    project("p1", "CM_physics", roles=ANN),
    project("p2", "CM_biology", roles=BOB),
    project("p3", "elsewhere"),
    user("ann"),
    user("bob"),
    flavor(True, **SMALL),
    flavor(False, **SECRET),
    # A cluster of physics.
    stack("k1", 200, "instance/n1", "instance/n2", "volume/d1", "network/w1"),
    network("w1", 200),
    server("n1", 201, MIDDLE),
    port("q1", 201, "n1", "10.0.0.5"),
    floating_ip("198.51.100.7", 202, "q1"),
    server("n2", 202, state="stopped"),
    volume("d1", 203),
    # One of biology, broken.
    stack("k2", 200, "instance/n3", state="CREATE_FAILED", project_id="p2"),
    server("n3", 201, state="error", project_id="p2"),
    # One that is not ours.
    stack("k3", 200, "instance/n4", project_id="p3"),
    server("n4", 201, project_id="p3"),
    # One id in two regions.
    stack("twins", 210),
    stack("twins", 210, region="RegionTwo"),
    said(
        "p1",
        0,
        kind="project",
        project_id=None,
        region="RegionTwo",
        details={"name": "CM_physics", "roles": ANN},
    ),
]

AT_NOW = {"started_at": NOW, "finished_at": NOW}
JOBS = [
    JobRecord(
        "view",
        0.2,
        "agent-1",
        **AT_NOW,
        outcome="done",
        summary={"projected": 12},
    ),
    JobRecord(
        "push",
        0.2,
        "agent-1",
        **AT_NOW,
        outcome="partial",
        summary={"created": 10, "failed": 3, "refused": 1, "surveys": 1},
        error="1 can't be pushed: see push list",
    ),
    JobRecord(
        "sync:RegionOne",
        interval=600,
        agent="agent-1",
        started_at=at(479),
        finished_at=at(479.01),
        outcome="partial",
        summary={"instance": {"listed": 5}},
        error="volume: cinder does not answer",
    ),
    JobRecord("sync:RegionTwo", interval=600, agent="agent-1"),
]


def settle(services, now=NOW):
    """Project until nothing is stale."""
    built.settle(services.store, Clock(now))
    assert not services.store.projection.is_stale()


def shown(services):
    """Show the clusters, and let the agents have worked."""
    services.recorder.record(VIEW)
    settle(services)
    for job in JOBS:
        services.store.jobs.save(job)


def ordered(services):
    """Let an agent order for each rack."""
    store, grace = services.store, timedelta(minutes=15)
    agent = AgentOrders(
        store.accounts,
        store.orders,
        store.view,
        store.settlements,
        services.clock,
        grace,
    )
    agent.run(Call(services.clock.now()))


#: A rack of the front end that nobody here has heard of.
OLD = Binding(
    key=BindingKey("rack", "", "old"),
    name="left-over",
    foreign_id="rack-old",
    generation=1,
    state="refused",
    due_at=NOW + timedelta(minutes=10),
    error="it is not known whether the cloud has it",
)


def pushed(services):
    """Let the front end show all but the server n2, and more than that."""
    bindings = services.store.bindings
    dues = bindings.due(datetime(2100, 1, 1, tzinfo=UTC), 1000)
    bindings.save([*(_pushed(due.binding) for due in dues), OLD])


def _pushed(binding):
    noun, _, name = binding.key
    if name == "n2":
        return dc.replace(
            binding,
            state="failing",
            attempts=3,
            error="HTTP 422: location: is occupied",
            due_at=NOW + timedelta(seconds=8),
        )
    return dc.replace(
        binding,
        state="pushed",
        foreign_id=f"{noun}-{name}",
        pushed_generation=binding.generation,
        due_at=None,
        pushed_at=NOW,
    )
