"""concertim-manage sync: what it records, and what it says of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from concertim_api import bootstrap
from concertim_api.clouds.simulator import Simulator
from concertim_api.domain.errors import Unavailable
from concertim_api.domain.ledger.observations import Observation, Ref
from concertim_api.domain.ledger.sightings import Sighting
from concertim_api.services.cloud.reading import (
    ListingPage,
    NotAllowed,
    NotListed,
    Omission,
)


class Cloud:
    """Lists what it has, two to a page."""

    kinds = ("network", "volume", "instance")

    def __init__(self, region):
        self.region = region
        self.has = {"network": ["n1"], "instance": ["a", "b", "c"]}
        self.strange = ()
        self.broken = set()
        self.forbidden = set()

    def listing(self, kind, read):
        if kind == "volume":
            raise NotListed("the catalog has no volumes")
        if kind in self.forbidden:
            raise NotAllowed(f"GET /{kind}: not allowed")
        has = self.has[kind]
        for start in range(0, max(len(has), 1), 2):
            if start and kind in self.broken:
                raise Unavailable("Nova: 503 on page 2")
            yield ListingPage(
                [self._sighting(kind, one) for one in has[start : start + 2]],
                self.strange,
            )

    def look(self, kind, resource_id):
        return [self._sighting(kind, resource_id, "absent")]

    def _sighting(self, kind, resource_id, says="alive"):
        now = datetime.now(UTC)
        return Sighting(
            Observation(
                ref=Ref(self.region, kind, resource_id),
                at=now.replace(microsecond=0),
                reported_at=now,
                received_at=now,
                key=f"{kind}/{resource_id}/{says}/{now.isoformat()}",
                says=says,
                project_id="p1",
                details={"name": resource_id},
                source="listing",
            )
        )


@pytest.fixture
def clouds(monkeypatch, run):
    found = {region: Cloud(region) for region in ("north", "south")}
    monkeypatch.setattr(bootstrap, "clouds", lambda conf: found)
    run("db", "sync")
    return found


def rows(said):
    """Return the rows of the table: region and kind -> the other cells."""
    found = {}
    for line in said.splitlines():
        region, *cells = line.split()[:9] or [""]
        if region in ("north", "south") and ":" not in cells[0]:
            found[region, cells[0]] = cells[1:]
    return found


def test_all_regions_and_kinds_are_listed(run, clouds):
    code, said, _ = run("sync")
    assert code == 0
    assert rows(said)["north", "instance"][:3] == ["3", "3", "0"]
    assert set(rows(said)) == {
        (region, kind) for region in clouds for kind in Cloud.kinds
    }
    assert said.count("the catalog has no volumes") == 2
    again = rows(run("sync")[1])
    assert again["south", "instance"] == ["3", "0", "0", "0", "0", "3"]


def test_a_region_and_kinds_can_be_chosen(run, clouds):
    _, said, _ = run("sync", "--cloud", "south", "--kind", "network")
    assert set(rows(said)) == {("south", "network")}
    code, _, said = run("sync", "--cloud", "west")
    assert code == "concertim-manage: --cloud: west is not one of north, south"
    assert (
        "share is not one of network, volume, instance"
        in (run("sync", "--kind", "share")[2])
    )


def test_a_dry_run_stores_nothing(run, clouds):
    for _ in range(2):
        code, said, _ = run("sync", "--dry-run")
        assert code == 0
        assert rows(said)["north", "instance"][:2] == ["3", "3"]
        assert "A dry run: nothing was stored." in said


def test_too_many_missing_are_refused_until_a_person_says_so(run, clouds):
    run("sync")
    clouds["north"].has["instance"] = ["a"]
    code, said, complaint = run("sync")
    assert "2 missing: too many to believe" in said
    assert code != 0
    assert "north: instance: 2 are missing" in complaint
    assert "--accept-deletes" in complaint
    code, said, _ = run("sync", "--accept-deletes")
    assert code == 0
    assert rows(said)["north", "instance"][4] == "2"


def test_what_breaks_or_is_strange_is_named_and_the_rest_is_done(run, clouds):
    clouds["north"].broken = {"instance"}
    clouds["south"].strange = [Omission("x1", "no id of a project")]
    code, said, complaint = run("sync")
    assert code == ("concertim-manage: north: instance: Nova: 503 on page 2")
    assert complaint == code
    assert "left out: instance x1: no id of a project" in said
    assert rows(said)["south", "instance"][:2] == ["3", "3"]


@pytest.mark.parametrize("columns", [None, "64"])
def test_a_file_is_as_narrow_as_a_terminal(run, clouds, monkeypatch, columns):
    monkeypatch.delenv("COLUMNS", raising=False)
    if columns:
        monkeypatch.setenv("COLUMNS", columns)
    clouds["north"].strange = [Omission("x1", "no id of a project")]
    clouds["north"].broken = {"instance"}
    _, said, _ = run("sync")
    lines = said.splitlines()
    table = [line for line in lines if ":" not in line]
    assert len(table) > 8
    assert max(map(len, table)) <= int(columns or 80)
    assert "north instance: 1 left out, Nova: 503 on page 2" in lines


@pytest.mark.parametrize("words", [(), ("--dry-run",)])
def test_a_missing_role_is_reported_once(run, clouds, caplog, words):
    clouds["north"].forbidden = {"network", "instance"}
    _, output, complaint = run("sync", *words)
    assert complaint == (
        "concertim-manage: north: network, instance: the cloud does not "
        "allow our user to list what all projects have (403). Give it the "
        "role admin: concertim-manage keystone bootstrap --role admin"
    )
    assert "403" not in output + caplog.text
    assert "not allowed" not in output + caplog.text
    assert rows(output)["south", "instance"][:1] == ["3"]


@pytest.mark.parametrize("words", [(), ("--dry-run",)])
def test_a_refused_password_is_reported_once(run, conf, caplog, words):
    """And tried once: Keystone may lock a user who is refused often."""
    with Simulator(region="north") as simulator:
        with conf.open("a") as file:
            file.write(simulator.section(password="hush"))
        run("db", "sync")
        _, output, complaint = run("sync", *words)
        refusals = simulator.count("POST /identity/v3/auth/tokens")
    assert complaint == (
        "concertim-manage: north: Keystone refuses our login to north: user "
        f"{simulator.login()['username']} of [cloud], auth_url "
        f"{simulator.url}/identity/v3"
    )
    assert refusals == 1
    assert "refuses" not in output + caplog.text


def test_progress_is_shown_on_a_terminal_only(run, clouds):
    assert run("sync")[2] == ""


def test_without_a_cloud_it_says_so(run):
    run("db", "sync")
    assert "[cloud] clouds: no cloud is configured" in run("sync")[2]


def test_without_a_schema_it_says_what_to_do(run, clouds, conf, tmp_path):
    conf.write_text(f"[DEFAULT]\nstate_path = {tmp_path}/other\n")
    assert "run concertim-manage db sync" in run("sync")[2]
