"""What every operator promises of key pairs: see ``services.cloud.acting``."""

from __future__ import annotations

import pytest

from concertim_api.domain.errors import Conflict, Invalid, NotFound

ADA = "ssh-ed25519 " + "QURB" * 16 + " ada@laptop"


@pytest.fixture
def pairs(made):
    return made.cloud.actions().keypairs


def test_there_are_none_at_first(pairs):
    assert pairs.all() == []


def test_one_that_nova_makes(pairs):
    made = pairs.create("laptop")
    assert (made.name, made.type) == ("laptop", "ssh")
    assert made.private_key.startswith("-----BEGIN ")
    assert made.public_key.startswith("ssh-")
    assert len(made.fingerprint.split(":")) == 16
    known = pairs.one("laptop")
    assert known.private_key is None
    assert known.public_key == made.public_key
    assert known.fingerprint == made.fingerprint
    assert pairs.all() == [known]


def test_the_private_key_is_in_no_text(pairs):
    made = pairs.create("laptop")
    secret = made.private_key.splitlines()[1]
    assert secret not in repr(made)
    assert secret not in repr(pairs.one("laptop"))


def test_one_that_is_taken_over(pairs):
    taken = pairs.create("ada", public_key=ADA)
    assert taken.private_key is None
    assert taken.public_key == ADA
    assert pairs.one("ada") == taken


def test_a_name_with_a_dot_for_a_key_that_is_there(pairs):
    taken = pairs.create("ada@laptop.example", public_key=ADA)
    assert pairs.one("ada@laptop.example") == taken
    pairs.delete("ada@laptop.example")
    assert pairs.all() == []


def test_a_name_is_taken_once(pairs):
    first = pairs.create("laptop")
    with pytest.raises(Conflict):
        pairs.create("laptop")
    with pytest.raises(Conflict):
        pairs.create("laptop", public_key=ADA)
    assert pairs.one("laptop").fingerprint == first.fingerprint


def test_one_that_goes(pairs):
    pairs.create("laptop")
    pairs.create("tablet")
    pairs.delete("laptop")
    assert [pair.name for pair in pairs.all()] == ["tablet"]
    for ask in (pairs.one, pairs.delete):
        with pytest.raises(NotFound):
            ask("laptop")


@pytest.mark.parametrize("name", ["", "a/b", "ä", "x" * 256])
def test_what_is_no_name(pairs, name):
    with pytest.raises(Invalid):
        pairs.create(name)
    assert pairs.all() == []


@pytest.mark.parametrize("key", ["", "ssh-rsa", "ssh-rsa not/base64!"])
def test_what_is_no_key(pairs, key):
    with pytest.raises(Invalid):
        pairs.create("laptop", public_key=key)
    assert pairs.all() == []
