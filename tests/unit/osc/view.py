"""A small view, as the API tells it."""

RACK = {
    "region": "one",
    "id": "k1",
    "project_id": "p1",
    "team": "physics",
    "name": "solver",
    "stack_name": "solver",
    "description": None,
    "status": "ACTIVE",
    "status_reason": "Stack CREATE completed successfully",
    "state": "CREATE_COMPLETE",
    "owner": "ada",
    "outputs": {"gateway": "203.0.113.7", "nodes": ["10.0.0.4", "10.0.0.5"]},
    "height_u": 42,
    "used_u": 6,
    "device_count": 3,
    "messages": [],
    "order_id": None,
    "cost": None,
    "created_at": "2026-11-20T00:00:00Z",
    "updated_at": "2026-11-20T00:00:01.500000Z",
}


def device(name, start_u, height_u=1, **more):
    """Return a device; by default a server."""
    return {
        "region": "one",
        "id": f"id-of-{name}",
        "kind": "instance",
        "rack_id": "k1",
        "project_id": "p1",
        "name": name,
        "label": name,
        "type": "Instance",
        "status": "ACTIVE",
        "state": "active",
        "template_id": "f1",
        "template": "m1.small",
        "start_u": start_u,
        "height_u": height_u,
        "facing": "f",
        "public_ips": [],
        "private_ips": [],
        "networks": [],
        "details": {},
        "created_at": "2026-11-20T00:00:00Z",
        "updated_at": "2026-11-20T00:00:01.500000Z",
        **more,
    }


GATEWAY = device(
    "gateway",
    1,
    3,
    template="m1.large",
    public_ips=["203.0.113.7"],
    private_ips=["10.0.0.4"],
    networks=["lan"],
)
SCRATCH = device(
    "scratch",
    4,
    2,
    type="Volume",
    kind="volume",
    status="AVAILABLE",
    template="volume",
    details={"size": 500, "volume_type": "ceph"},
)
LAN = device(
    "lan",
    42,
    type="Network",
    kind="network",
    status="STOPPED",
    template="network",
)
WHOLE = {**RACK, "devices": [GATEWAY, SCRATCH, LAN]}

SYNC = {
    "name": "sync:one",
    "interval": 600.0,
    "agent": "a1",
    "state": "waiting",
    "outcome": "partial",
    "started_at": "2026-11-20T00:00:00Z",
    "finished_at": "2026-11-20T00:00:04.200000Z",
    "duration": 4.2,
    "age": 180.5,
    "next_at": "2026-11-20T00:10:00Z",
    "summary": {
        "instance": {"listed": 11, "new": 2, "changed": 1, "unchanged": 8},
        "volume": {
            "listed": 3,
            "new": 1,
            "unchanged": 1,
            "left_out": [{"id": "v1", "reason": "size: not a number"}],
            "left_out_count": 21,
        },
        "image": {"skipped": "no such service"},
        "network": {"listed": 1, "unchanged": 1, "refused": 7},
        "port": {"error": "HTTP 500 on page 3"},
    },
    "error": "port: HTTP 500 on page 3",
}
