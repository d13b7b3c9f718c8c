"""Tell what each stack is made of: members.py RECORDING LISTINGS FILE.

Heat's notifications do not say it, and its lists of resources were not
recorded with the demo. But the template of the recording's clusters names all
that it makes after its stack, and the listings name the parents. From that,
this writes what the agent would say of each stack, as events of our own
(``concertim.observation.stack``), to be replayed beside the recording.
"""

import gzip
import json
import pathlib
import sys

#: event -> (kind, id, name) in its payload
MADE = {
    "compute.instance.create.start": lambda p: (
        "instance",
        p["instance_id"],
        p["display_name"],
    ),
    "volume.create.end": lambda p: (
        "volume",
        p["volume_id"],
        p["display_name"],
    ),
    "network.create.end": lambda p: (
        "network",
        p["network"]["id"],
        p["network"]["name"],
    ),
}

TYPES = {
    "instance": "OS::Nova::Server",
    "volume": "OS::Cinder::Volume",
    "network": "OS::Neutron::Net",
}


def observations(notifications, listings):
    """Yield a message for each stack when it began, and its outputs."""
    parents = {
        stack["id"]: stack["parent"] or ""
        for listing in listings.values()
        for stack in listing["stacks"]
    }
    made = {
        MADE[one["event_type"]](one["payload"])
        for one in notifications
        if one["event_type"] in MADE
    }
    # Of a server that no host could take, no event tells that it was made.
    made |= {
        ("instance", server["id"], server["name"])
        for listing in listings.values()
        for server in listing["servers"]
    }
    last = max(one["timestamp"] for one in notifications).replace(" ", "T")
    for one in notifications:
        phase = one["event_type"].removeprefix("orchestration.stack.create.")
        stack = one["payload"].get("stack_identity")
        name = one["payload"].get("stack_name")
        if phase == "start":
            details = {"parent": parents[stack]}
            if not parents[stack]:
                details["resources"] = resources(made, name)
                details["read_at"] = f"{last}+00:00"
            yield message(stack, phase, one["timestamp"], details)
        elif phase == "end" and not parents[stack]:
            found = outputs(listings, name)
            yield message(stack, phase, one["timestamp"], {"outputs": found})


def resources(made, stack):
    return [
        {"kind": kind, "id": id, "name": name, "type": TYPES[kind]}
        for kind, id, name in sorted(made)
        if name and name.startswith(f"{stack}-")
    ]


def outputs(listings, stack):
    """The template has one output: where users log in."""
    addresses = [
        address["floating_ip_address"]
        for listing in listings.values()
        for address in listing["floatingips"]
        if (address["port_details"] or {}).get("name") == f"{stack}-login-port"
    ]
    return {"login_address": addresses[0]} if addresses else {}


def message(stack, phase, timestamp, details):
    return {
        "message_id": f"listing/stack/{stack}/{phase}",
        "publisher_id": "listing",
        "event_type": "concertim.observation.stack",
        "priority": "INFO",
        "timestamp": timestamp,
        "payload": {"id": stack, "details": details},
    }


def main():
    recording, listings, file = map(pathlib.Path, sys.argv[1:])
    lines = gzip.decompress(recording.read_bytes()).splitlines()
    notifications = [json.loads(line)["message"] for line in lines]
    found = json.loads(gzip.decompress(listings.read_bytes()))
    told = [
        json.dumps({"message": one}, separators=(",", ":")) + "\n"
        for one in observations(notifications, found)
    ]
    file.write_bytes(gzip.compress("".join(told).encode(), 9, mtime=0))


if __name__ == "__main__":
    main()
