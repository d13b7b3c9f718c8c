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
    regions = ("here", "there")
    clouds = {region: operable.cloud(region)[1] for region in regions}
    url, _ = live_api("[api]", "auth_strategy = noauth", clouds=clouds)
    return OpenStack(home, "--os-auth-type", "none", "--os-endpoint", url)


HERE = ("--region", "here")


def test_a_private_key_is_printed(openstack):
    answer = openstack("keypair", "create", "printed", *HERE)
    assert answer.status == 0
    first, _, *rest = answer.out.splitlines()
    assert first == "-----BEGIN RSA PRIVATE KEY-----"
    assert rest == ["-----END RSA PRIVATE KEY-----"]
    assert answer.err == ""


def test_a_private_key_in_a_file(openstack, tmp_path):
    file = tmp_path / "filed.pem"
    words = ("keypair", "create", "filed", *HERE, "--private-key", str(file))
    before = os.umask(0)
    try:
        row = openstack.json(*words)
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text().startswith("-----BEGIN RSA PRIVATE KEY-----")
    assert set(row) == {"name", "fingerprint", "type", "region"}
    answer = openstack(*words)
    assert answer.status == 1
    assert "File exists" in answer.err  # and not that there is such a key
    assert file.read_text().startswith("-----BEGIN RSA PRIVATE KEY-----")


def test_the_life_of_a_key(openstack, tmp_path):
    file = tmp_path / "ada.pub"
    file.write_text(ADA)
    words = ("keypair", "create", "ada", "--public-key", str(file), *HERE)
    row = openstack.json(*words)
    assert openstack.json(*words) == row
    whole_row = openstack.json("keypair", "show", "ada", *HERE)
    assert whole_row == {**row, "public_key": ADA}
    answer = openstack("keypair", "show", "ada", "--public-key", *HERE)
    assert answer.out == ADA
    assert whole_row in openstack.json("keypair", "list", *HERE)
    table = openstack("keypair", "list", *HERE)
    assert table.head == ["name", "fingerprint", "type"]
    assert "QURBQURB" not in table.out
    assert openstack.json("keypair", "list", "--region", "there") == []
    answer = openstack("keypair", "delete", "ada", "never-there", *HERE)
    assert (answer.status, answer.out, answer.err) == (0, "", "")
    answer = openstack("keypair", "show", "ada", *HERE)
    assert answer.status == 1
    assert "HTTP 404" in answer.err


def test_another_key_by_a_name_that_is_taken(openstack, tmp_path):
    openstack("keypair", "create", "taken", *HERE)
    file = tmp_path / "ada.pub"
    file.write_text(ADA)
    words = ("keypair", "create", "taken", *HERE)
    answer = openstack(*words, "--public-key", str(file))
    assert answer.status == 1
    assert "There is another key pair taken (HTTP 409" in answer.err
    answer = openstack(*words, "--private-key", str(tmp_path / "new.pem"))
    assert "shown only when it is made" in answer.err
    assert not (tmp_path / "new.pem").exists()


def test_quotas(openstack):
    words = ("quota", "list", "--project", "p1", *HERE)
    rows = {
        (row["service"], row["name"]): row for row in openstack.json(*words)
    }
    cores = rows["compute", "cores"]
    assert (cores["limit"], cores["used"], cores["reserved"]) == (20, 2, 0)
    assert rows["compute", "ram_mb"]["used"] == 4096
    assert {service for service, _ in rows} == {
        *("compute", "volume", "network"),
    }
    table = openstack(*words).out
    assert "| compute | cores                | 20        |    2 |" in table


def test_limits(openstack):
    rows = {
        row["name"]: row for row in openstack.json("limits", "show", *HERE)
    }
    assert (rows["ram_mb"]["limit"], rows["ram_mb"]["used"]) == (51200, 4096)
    assert rows["gigabytes"]["service"] == "volume"


def test_statistics(openstack):
    row = openstack.json("statistics", "show", *HERE)
    assert row == {
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
