"""Our own processes beside a real cloud: listener, agent, API, command."""

from __future__ import annotations

import datetime
import http
import json
import socket
import sys
import time

import kombu
import requests

from tests.functional.osc.conftest import OpenStack
from tests.integration.listed import Listed, deleted_servers, moment
from tests.programs import free_port
from tests.waiting import wait_for, wait_until_same

LISTENER, AGENT = "concertim-listener", "concertim-agent"
MANAGE = "concertim-manage"

#: Where things are by their ids: there may be no others.
SETS = (
    "/racks",
    "/outputs",
    "/devices",
    "/templates",
    "/teams",
    "/roles",
    "/users",
)

#: The most that a page holds; a test makes less.
ALL = 1000


class Site:
    """An installation that watches a cloud.

    ``steps`` keeps what was shown whenever it was the same as what the
    cloud lists: (name, when, racks).
    """

    def __init__(self, installation, cloud):
        self._installation = installation
        self._cloud = cloud
        self._pool = f"concertim-{id(self):x}"
        self.steps = []
        self._listener = None
        self._configure()
        installation.run(MANAGE, "db", "sync")
        self.url = self._serve()
        installation.start(AGENT)
        self.start_listener()
        self._openstack = OpenStack(installation.folder, *self._login())

    def _configure(self):
        configure = self._installation.configure
        configure("DEFAULT", transport_url=self._cloud.bus)
        configure("api", auth_strategy="noauth")
        configure("listener", pool=self._pool)
        configure(
            "cloud",
            driver="openstack",
            clouds=self._cloud.name,
            clouds_file=self._cloud.settings,
        )
        # What the test does not ask for, must not happen meanwhile.
        configure(
            "agent",
            sync_interval=3600,
            changes_interval=3600,
            max_delete_ratio=0,
        )

    def _login(self):
        """Return the options by which the command finds the API."""
        return ("--os-auth-type", "none", "--os-endpoint", self.url)

    def _headers(self):
        """Return by what the API knows who asks."""
        return {}

    # Processes

    def _serve(self):
        port = free_port()
        self._installation.start(MANAGE, "serve", "--port", str(port))
        wait_for(f"{MANAGE} to listen to port {port}", lambda: listens(port))
        return f"http://127.0.0.1:{port}"

    def start_listener(self):
        log = self._installation.folder / f"{LISTENER}.log"
        before = log.read_text().count("Listening to") if log.exists() else 0
        self._listener = self._installation.start(LISTENER)
        self._installation.await_log(LISTENER, "Listening to", before + 1)

    def kill_listener(self):
        self._installation.kill(self._listener)

    def lose_messages(self):
        """Delete the queue, as a broker without disk does in a crash."""
        url = self._cloud.bus.replace("rabbit://", "amqp://", 1)
        with kombu.Connection(url) as connection:
            connection.default_channel.queue_delete(self._pool)

    def logs(self):
        """Return what the processes had to complain of."""
        return [
            line
            for name in (LISTENER, AGENT, MANAGE)
            for line in self._installation.log(name).splitlines()
            if " ERROR " in line or " CRITICAL " in line
        ]

    def run_job(self, name):
        """Have the agent do a job now; wait until it is done."""
        url = f"{self.url}/v1/jobs/{name}"
        asked = requests.post(
            f"{url}/run", json={}, headers=self._headers(), timeout=60
        ).json()
        before = asked["finished_at"]
        job = wait_for(
            f"a run of the job {name} after {before} to end",
            lambda: self.get(f"jobs/{name}"),
            lambda job: (
                job["state"] == "waiting" and job["finished_at"] != before
            ),
        )
        assert job["outcome"] == "done", job
        return job

    # What is shown

    def get(self, path, **query):
        """Return what the API answers, or the status if it refuses."""
        answer = requests.get(
            f"{self.url}/v1/{path}",
            params=query,
            headers=self._headers(),
            timeout=60,
        )
        return answer.json() if answer.ok else answer.status_code

    def told_at(self, kind, resource_id):
        """Return when the cloud first notified us of a resource."""
        first = self.get(
            f"resources/{resource_id}/observations",
            kind=kind,
            sort="reported_at",
        )["observations"][0]
        return datetime.datetime.fromisoformat(first["reported_at"])

    def openstack(self, *arguments):
        """Return what our command says, and its exit status."""
        answer = self._openstack(*arguments, "-f", "json")
        return json.loads(answer.out), answer.status

    def check_ends(self, since, *servers):
        """Wait until the ledger has the very second at which Nova ended each
        server.

        Nova tells of an end before its list of what is deleted has it: in
        between it takes the server's claims out of Placement.
        """
        listed = wait_for(
            f"Nova to list as deleted the servers {servers}",
            lambda: deleted_servers(self._cloud, since.isoformat()),
            lambda listed: {*servers} <= listed.keys(),
        )
        ends = {
            server: moment(listed[server]["OS-SRV-USG:terminated_at"])
            for server in servers
        }
        wait_until_same(
            "the ends of servers",
            nova=lambda: ends,
            ledger=lambda: {server: self._end(server) for server in servers},
        )

    def _end(self, server):
        """Return the end of a server's last period: None while it lasts."""
        end = self.get("periods", resource_id=server)["periods"][-1]["end"]
        return end and moment(end)

    def racks(self):
        """Return the racks that are shown, each with its devices by id."""
        found = {
            rack["id"]: {**_dated(rack), "devices": {}}
            for rack in self._list("racks")
        }
        for device in self._list("devices"):
            # Between the two requests its rack may have come.
            rack = found.setdefault(device["rack_id"], {"devices": {}})
            rack["devices"][device["id"]] = _dated(device)
        return found

    def _list(self, noun):
        """Return all of a noun; none while the API is busy (503)."""
        answer = self.get(noun, limit=ALL)
        if answer == http.HTTPStatus.SERVICE_UNAVAILABLE:
            return []
        assert isinstance(answer, dict), f"GET {noun}: {answer}"
        return answer[noun]

    def racks_at(self, moment):
        """Return the same of a moment in the past."""
        at = moment.isoformat()
        found = {}
        for rack in self.get("racks", limit=ALL, at=at)["racks"]:
            path = f"racks/{rack['id']}"
            whole = self.get(path, at=at, devices="true")
            devices = whole.pop("devices")
            found[rack["id"]] = _dated(whole)
            found[rack["id"]]["devices"] = {
                device["id"]: _dated(device) for device in devices
            }
        return found

    def same(self, step):
        """Wait until what is shown is what the cloud lists; return the
        racks."""
        began = time.monotonic()
        racks, _ = wait_for(
            f"what is shown to be what the cloud lists ({step})",
            self._compared,
            lambda compared: not compared[1],
        )
        took = time.monotonic() - began
        sys.stdout.write(f"{step}: the same after {took:.1f} s\n")
        self._keep(step, racks)
        return racks

    def _compared(self):
        """Return the racks that are shown, and how they and all else differ
        from what the cloud lists."""
        listed, view = Listed(self._cloud), self._view()
        if not listed.is_settled():
            return view["racks"], ["the cloud is still busy"]
        return view["racks"], [*differences(listed.view(), view)]

    def _keep(self, step, racks):
        self._check_slots(step, racks)
        at = datetime.datetime.now(datetime.UTC)
        # The ledger knows whole seconds: nothing else is done in this one.
        time.sleep(1 - at.microsecond / 1e6)
        self.steps.append((step, at, racks))

    def _view(self):
        """Return all that is shown, by noun and id."""
        others = {
            noun: {
                thing["id"]: thing for thing in self.get(noun, limit=ALL)[noun]
            }
            for noun in ("templates", "teams", "users")
        }
        return {"racks": self.racks(), **others}

    def _check_slots(self, step, racks):
        """A slot is of one device, which keeps it as long as it can."""
        before = self.steps[-1][2] if self.steps else {}
        for rack_id, rack in racks.items():
            devices = rack["devices"].values()
            taken = [u for device in devices for u in units(device)]
            assert len(taken) == len({*taken}), f"{step}: {rack['name']}"
            assert rack["used_u"] == len(taken), f"{step}: {rack['name']}"
            assert not taken or 1 <= min(taken) <= max(taken)
            assert not taken or max(taken) <= rack["height_u"]
            known = before.get(rack_id, {"devices": {}})["devices"]
            for device_id in known.keys() & rack["devices"].keys():
                was, is_ = known[device_id], rack["devices"][device_id]
                if was["height_u"] >= is_["height_u"]:
                    assert was["start_u"] == is_["start_u"], (
                        f"{step}: {is_['name']} moved"
                    )


def differences(expected, shown, place=""):
    """Yield what is expected and not shown, a line each.

    Of an object that is shown, only fields that are expected count; of a
    set of objects (by their ids) all.
    """
    if not isinstance(expected, dict) or not isinstance(shown, dict):
        if expected != shown:
            yield f"{place}: the cloud says {expected!r}, we show {shown!r}"
        return
    for key, value in expected.items():
        yield from differences(value, shown.get(key), f"{place}/{key}")
    if place.endswith(SETS):
        for key in shown.keys() - expected.keys():
            yield f"{place}/{key}: not in the cloud, but we show it"


def units(device):
    if device["start_u"] is None:
        return []
    return [device["start_u"] + n for n in range(device["height_u"])]


def _dated(thing):
    return {**thing, "created_at": moment(thing["created_at"])}


def listens(port):
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0
