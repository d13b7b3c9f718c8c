"""Commands for key pairs, quotas, limits and statistics."""

import os
import stat

import pytest

from concertim_api.client import errors
from concertim_api.osc import allowance, keypair

from .conftest import API

PAIR = {
    "region": "one",
    "name": "laptop",
    "type": "ssh",
    "fingerprint": "aa:bb",
    "public_key": "ssh-rsa QUFB ada@laptop\n",
}
PRIVATE = "-----BEGIN KEY-----\nsecret\n-----END KEY-----\n"
SHOWN = {k: v for k, v in PAIR.items() if k != "public_key"}


@pytest.fixture
def made(api):
    """The API, which makes a key pair."""
    body = {**PAIR, "private_key": PRIVATE}
    return api.post(f"{API}/keypairs", json=body, status_code=201)


def test_a_private_key_is_printed_and_nothing_else(app, made):
    status, told, aside = app.run(keypair.CreateKeyPair, "laptop")
    assert (status, told, aside) == (0, PRIVATE, "")
    assert made.last_request.json() == {"name": "laptop"}


def test_a_private_key_in_a_file_of_its_own(app, made, tmp_path):
    place = tmp_path / "laptop.pem"
    _, told, aside = app.run(
        *(keypair.CreateKeyPair, "laptop", "--private-key", str(place)),
    )
    assert place.read_text() == PRIVATE
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert "secret" not in told + aside
    assert "aa:bb" in told


def test_a_private_key_in_a_file_whatever_the_umask(app, made, tmp_path):
    place = tmp_path / "laptop.pem"
    before = os.umask(0)
    try:
        app.run(keypair.CreateKeyPair, "laptop", "--private-key", str(place))
    finally:
        os.umask(before)
    assert stat.S_IMODE(place.stat().st_mode) == 0o600


def test_no_key_is_made_that_could_not_be_kept(app, made, tmp_path):
    place = tmp_path / "laptop.pem"
    place.write_text("the key of yesterday")
    for file in (place, tmp_path / "nowhere" / "laptop.pem"):
        with pytest.raises(OSError, match=r"laptop\.pem"):
            app.run(
                *(keypair.CreateKeyPair, "laptop"),
                *("--private-key", str(file)),
            )
    assert place.read_text() == "the key of yesterday"
    assert not made.called


def test_no_file_is_left_if_no_key_was_made(app, api, tmp_path):
    api.post(f"{API}/keypairs", status_code=409)
    place = tmp_path / "laptop.pem"
    with pytest.raises(errors.Conflict):
        app.run(keypair.CreateKeyPair, "laptop", "--private-key", str(place))
    assert not place.exists()


def test_hand_in_a_public_key(app, api, tmp_path):
    body = {**PAIR, "private_key": None}
    made = api.post(f"{API}/keypairs", json=body, status_code=201)
    place = tmp_path / "id.pub"
    place.write_text(PAIR["public_key"])
    found = app.json(
        *(keypair.CreateKeyPair, "laptop", "--public-key", str(place)),
        *("--type", "x509", "--region", "one"),
    )
    assert found == SHOWN
    assert made.last_request.json() == {
        "name": "laptop",
        "type": "x509",
        "public_key": PAIR["public_key"],
        "region": "one",
    }


def test_a_key_is_handed_in_or_made(app, made):
    files = ("--public-key", "a", "--private-key", "b")
    with pytest.raises(SystemExit):
        app.run(keypair.CreateKeyPair, "laptop", *files)
    assert not made.called


def test_list_key_pairs(app, api):
    listed = api.get(f"{API}/keypairs", json={"keypairs": [PAIR]})
    (found,) = app.json(keypair.ListKeyPair, "--region", "one")
    assert found == PAIR
    assert listed.last_request.qs == {"region": ["one"]}


def test_key_pairs_for_people(app, api):
    api.get(f"{API}/keypairs", json={"keypairs": [PAIR]})
    _, told, _ = app.run(keypair.ListKeyPair)
    assert "laptop" in told
    assert "QUFB" not in told


def test_show_a_key_pair(app, api):
    api.get(f"{API}/keypairs/laptop", json=PAIR)
    assert app.json(keypair.ShowKeyPair, "laptop") == PAIR


def test_a_public_key_and_nothing_else(app, api):
    api.get(f"{API}/keypairs/laptop", json=PAIR)
    _, told, _ = app.run(keypair.ShowKeyPair, "laptop", "--public-key")
    assert told == PAIR["public_key"]


def test_delete_key_pairs(app, api):
    gone = [
        api.delete(f"{API}/keypairs/{name}", status_code=204)
        for name in ("laptop", "ada%40home")
    ]
    told = app.run(
        *(keypair.DeleteKeyPair, "laptop", "ada@home", "--region", "one")
    )
    assert told == (0, "", "")
    assert [one.call_count for one in gone] == [1, 1]
    assert gone[1].last_request.qs == {"region": ["one"]}


CORES = {
    "region": "one",
    "project_id": "p1",
    "service": "compute",
    "name": "cores",
    "limit": None,
    "used": 4,
    "reserved": 0,
}


def test_quotas(app, api):
    listed = api.get(f"{API}/quotas", json={"quotas": [CORES]})
    (found,) = app.json(allowance.ListQuota)
    assert found == {**CORES, "project": "physics"}
    assert listed.last_request.qs == {}


def test_quotas_of_a_project_by_its_name(app, api):
    listed = api.get(f"{API}/quotas", json={"quotas": [CORES]})
    app.run(allowance.ListQuota, "--project", "physics", "--region", "one")
    asked = listed.last_request.qs
    assert asked == {"project_id": ["p1"], "region": ["one"]}


def test_no_limit_is_told_in_a_word(app, api):
    api.get(f"{API}/quotas", json={"quotas": [CORES]})
    _, told, _ = app.run(allowance.ListQuota)
    (row,) = [line for line in told.splitlines() if "cores" in line]
    cells = [cell.strip() for cell in row.split("|")[1:-1]]
    assert cells == ["compute", "cores", "unlimited", "4", "0"]


def test_limits(app, api):
    hidden = ("project_id", "reserved")
    limit = {k: v for k, v in CORES.items() if k not in hidden}
    listed = api.get(f"{API}/limits", json={"limits": [limit]})
    assert app.json(allowance.ShowLimits, "--region", "one") == [limit]
    assert listed.last_request.qs == {"region": ["one"]}


def test_statistics(app, api):
    names = [column.name for column in allowance.ShowStatistics.columns]
    told = {"region": "one", **dict.fromkeys(names[1:], 7)}
    listed = api.get(f"{API}/statistics", json=told)
    assert app.json(allowance.ShowStatistics, "--region", "one") == told
    assert listed.last_request.qs == {"region": ["one"]}
