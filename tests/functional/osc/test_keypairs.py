"""The openstack command, and a cloud with key pairs and quotas."""

import os
import stat

import pytest

from tests.functional.api import operable

from .conftest import OpenStack

ADA = "ssh-ed25519 QURBQURB ada@laptop\n"


@pytest.fixture(scope="module")
def openstack(live_api, home):
    """The command of somebody on the machine of an API without auth."""
    clouds = {region: operable.cloud(region) for region in ("here", "there")}
    url, _ = live_api("[api]", "auth_strategy = noauth", clouds=clouds)
    return OpenStack(home, "--os-auth-type", "none", "--os-endpoint", url)


HERE = ("--region", "here")


def test_a_private_key_is_printed(openstack):
    told = openstack("keypair", "create", "printed", *HERE)
    assert told.status == 0
    first, _, *rest = told.out.splitlines()
    assert first == "-----BEGIN OPENSSH PRIVATE KEY-----"
    assert rest == ["-----END OPENSSH PRIVATE KEY-----"]
    assert told.err == ""


def test_a_private_key_in_a_file(openstack, tmp_path):
    place = tmp_path / "filed.pem"
    words = ("keypair", "create", "filed", *HERE, "--private-key", str(place))
    before = os.umask(0)
    try:
        shown = openstack.json(*words)
    finally:
        os.umask(before)
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert place.read_text().startswith("-----BEGIN OPENSSH PRIVATE KEY-----")
    assert set(shown) == {"name", "fingerprint", "type", "region"}
    again = openstack(*words)
    assert again.status == 1
    assert "File exists" in again.err  # and not that there is such a key
    assert place.read_text().startswith("-----BEGIN OPENSSH PRIVATE KEY-----")


def test_the_life_of_a_key(openstack, tmp_path):
    place = tmp_path / "ada.pub"
    place.write_text(ADA)
    words = ("keypair", "create", "ada", "--public-key", str(place), *HERE)
    made = openstack.json(*words)
    assert openstack.json(*words) == made
    shown = openstack.json("keypair", "show", "ada", *HERE)
    assert shown == {**made, "public_key": ADA}
    alone = openstack("keypair", "show", "ada", "--public-key", *HERE)
    assert alone.out == ADA
    assert shown in openstack.json("keypair", "list", *HERE)
    table = openstack("keypair", "list", *HERE)
    assert table.head == ["name", "fingerprint", "type"]
    assert "QURBQURB" not in table.out
    assert openstack.json("keypair", "list", "--region", "there") == []
    gone = openstack("keypair", "delete", "ada", "never-there", *HERE)
    assert (gone.status, gone.out, gone.err) == (0, "", "")
    refused = openstack("keypair", "show", "ada", *HERE)
    assert refused.status == 1
    assert "HTTP 404" in refused.err


def test_another_key_by_a_name_that_is_taken(openstack, tmp_path):
    openstack("keypair", "create", "taken", *HERE)
    place = tmp_path / "ada.pub"
    place.write_text(ADA)
    words = ("keypair", "create", "taken", *HERE)
    refused = openstack(*words, "--public-key", str(place))
    assert refused.status == 1
    assert "There is another key pair taken (HTTP 409" in refused.err
    refused = openstack(*words, "--private-key", str(tmp_path / "new.pem"))
    assert "told only when it is made" in refused.err
    assert not (tmp_path / "new.pem").exists()


def test_which_region(openstack):
    refused = openstack("keypair", "list")
    assert refused.status == 1
    assert "region: one of here, there" in refused.err


def test_quotas(openstack):
    words = ("quota", "list", "--project", "p1", *HERE)
    found = {
        (row["service"], row["name"]): row for row in openstack.json(*words)
    }
    cores = found["compute", "cores"]
    assert (cores["limit"], cores["used"], cores["reserved"]) == (20, 2, 0)
    assert found["compute", "ram_mb"]["used"] == 4096
    assert {service for service, _ in found} == {
        *("compute", "volume", "network"),
    }
    assert "| compute | cores      | 20    |    2 |" in openstack(*words).out


def test_quotas_of_nobody(openstack):
    refused = openstack("quota", "list", "--project", "nobody", *HERE)
    assert refused.status == 1
    assert "Project nobody not found (HTTP 404" in refused.err


def test_limits(openstack):
    found = {
        row["name"]: row for row in openstack.json("limits", "show", *HERE)
    }
    assert (found["ram_mb"]["limit"], found["ram_mb"]["used"]) == (51200, 4096)
    assert found["gigabytes"]["service"] == "volume"


def test_statistics(openstack):
    found = openstack.json("statistics", "show", *HERE)
    assert found == {
        "region": "here",
        "hypervisors": 1,
        "hypervisors_down": 0,
        "running_vms": 1,
        "vcpus": 64,
        "vcpus_used": 2,
        "ram_mb": 262144,
        "ram_used_mb": 4608,
        "disk_gb": 2000,
        "disk_used_gb": 20,
    }
