"""Key pairs: when one is the same as another."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.errors import Conflict, NotFound, Unavailable
from concertim_api.services.cloud.acting import Caller, Keypair
from concertim_api.services.operations.keypairs import Keypairs, same_key
from concertim_api.services.operations.operations import Operations
from tests.fakes.clock import Clock

WORDS = st.text("abcXYZ019+/=", min_size=1)
COMMENTS = st.text(max_size=40).filter(lambda text: "\x00" not in text)


@given(WORDS, COMMENTS, COMMENTS)
def test_what_is_said_of_a_key_does_not_change_it(blob, one, other):
    assert same_key(f"ssh-rsa {blob} {one}", f" ssh-rsa  {blob}\t{other}\n")


@given(WORDS, WORDS, COMMENTS)
def test_two_keys_are_the_same_if_their_bytes_are(one, other, comment):
    same = same_key(f"ssh-rsa {one} {comment}", f"ssh-rsa {other} {comment}")
    assert same == (one == other)


@given(WORDS)
def test_another_algorithm_is_another_key(blob):
    assert not same_key(f"ssh-rsa {blob}", f"ssh-ed25519 {blob}")


@given(WORDS, WORDS)
def test_all_of_a_certificate_counts(one, other):
    head, tail = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    first, second = (f"{head}\n{text}\n{tail}" for text in (one, other))
    assert same_key(first, second + "\n") == (one == other)


@pytest.mark.parametrize("known", [None, "", "   "])
def test_no_key_is_the_same_as_none(known):
    assert not same_key(known, "ssh-rsa QUFB")
    assert not same_key("ssh-rsa QUFB", known)


class Nova:
    """Has a key pair of each name, as a test wants it to be."""

    def __init__(self, pair):
        self.pair = pair

    def create(self, name, *, type, public_key):
        raise Conflict("taken")

    def one(self, name):
        if isinstance(self.pair, Exception):
            raise self.pair
        return self.pair


@pytest.fixture
def saved():
    """The operations, as they were saved one after the other."""
    return []


@pytest.fixture
def create(saved):
    def create(pair):
        cloud = SimpleNamespace(
            actions=lambda credentials: SimpleNamespace(keypairs=Nova(pair))
        )
        log = SimpleNamespace(add=saved.append, save=saved.append)
        operations = Operations(log, None, {"one": cloud}, Clock())
        ada = Caller(user_id="u1", project_id="p1", credentials=object())
        return Keypairs(operations).create(ada, "laptop", public_key=KEY)

    return create


KEY = "ssh-rsa QUFB ada@laptop"


@pytest.mark.parametrize(
    "pair",
    [Keypair("laptop", "ssh", "aa:bb", None), NotFound("gone meanwhile")],
)
def test_another_one(create, saved, pair):
    with pytest.raises(Conflict, match="another key pair laptop"):
        create(pair)
    assert saved[-1].state == "failed"


def test_nobody_knows_whether_it_is_the_same(create, saved):
    with pytest.raises(Unavailable):
        create(Unavailable("no answer"))
    assert saved[-1].state == "unsure"
