"""Key pairs: when one is the same as another, and when it is made."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concertim_api.domain.errors import (
    Conflict,
    Invalid,
    NotFound,
    Unavailable,
)
from concertim_api.services.cloud.acting import Caller, Keypair
from concertim_api.services.operations.keypairs import Keypairs, same_key
from concertim_api.services.operations.operations import Operations

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
    """Key pairs that behave as a test wants them to."""

    def __init__(self, pair=None):
        self.pair = pair
        self.calls = []

    def create(self, name, *, type, public_key):
        self.calls.append(("create", name, type, public_key))
        if self.pair is not None:
            raise Conflict("taken")
        return Keypair(name, type, "aa:bb", public_key, "the-private-key")

    def one(self, name):
        self.calls.append(("one", name))
        if isinstance(self.pair, Exception):
            raise self.pair
        return self.pair

    def delete(self, name):
        self.calls.append(("delete", name))
        raise NotFound("gone")


class Log:
    """The table of operations: each as it was last saved."""

    def __init__(self):
        self.saved = []

    def add(self, operation):
        self.saved.append(operation)

    save = add


@pytest.fixture
def log():
    return Log()


@pytest.fixture
def serving(log):
    def serving(nova, *regions):
        cloud = SimpleNamespace(
            actions=lambda credentials: SimpleNamespace(keypairs=nova)
        )
        clock = SimpleNamespace(now=lambda: datetime(2026, 11, 25, tzinfo=UTC))
        recorder = SimpleNamespace(reconcile=lambda seen: None)
        clouds = dict.fromkeys(regions or ("one",), cloud)
        return Keypairs(Operations(log, recorder, clouds, clock))

    return serving


ADA = Caller(user_id="u1", project_id="p1", credentials=object())
KEY = "ssh-rsa QUFB ada@laptop"


def test_one_that_is_made_is_told_of(serving, log):
    found = serving(Nova()).create(ADA, "laptop")
    assert found.rows[0].private_key == "the-private-key"
    asked, done = log.saved
    assert (asked.noun, asked.action, asked.name) == (
        *("key_pair", "create", "laptop"),
    )
    assert (asked.user_id, asked.project_id) == ("u1", "p1")
    assert (done.state, done.error) == ("done", None)
    assert "the-private-key" not in repr((found, log.saved))


def test_the_same_one_again(serving, log):
    known = Keypair("laptop", "ssh", "aa:bb", "ssh-rsa QUFB another comment")
    found = serving(Nova(known)).create(ADA, "laptop", public_key=KEY)
    assert found.rows == (known,)
    assert log.saved[-1].state == "done"


@pytest.mark.parametrize(
    "known",
    [
        Keypair("laptop", "ssh", "aa:bb", "ssh-rsa QkJC"),
        Keypair("laptop", "x509", "aa:bb", KEY),
        Keypair("laptop", "ssh", "aa:bb", None),
        NotFound("gone meanwhile"),
    ],
)
def test_another_one(serving, log, known):
    with pytest.raises(Conflict, match="another key pair laptop"):
        serving(Nova(known)).create(ADA, "laptop", public_key=KEY)
    assert log.saved[-1].state == "failed"


def test_one_that_was_made_before_is_not_looked_at(serving):
    nova = Nova(Keypair("laptop", "ssh", "aa:bb", KEY))
    with pytest.raises(Conflict, match="told only when it is made"):
        serving(nova).create(ADA, "laptop")
    assert [call[0] for call in nova.calls] == ["create"]


def test_nobody_knows_whether_it_is_the_same(serving, log):
    with pytest.raises(Unavailable):
        serving(Nova(Unavailable("no answer"))).create(
            ADA, "laptop", public_key=KEY
        )
    assert log.saved[-1].state == "unsure"


def test_one_that_is_gone_already(serving, log):
    assert serving(Nova()).delete(ADA, "laptop") is None
    assert log.saved[-1].state == "done"


def test_a_region_is_chosen_where_there_are_several(serving, log):
    service = serving(Nova(), "one", "two")
    for ask in (service.list, lambda caller: service.create(caller, "a")):
        with pytest.raises(Invalid, match="one of one, two"):
            ask(ADA)
    assert log.saved == []
    found = service.create(ADA, "a", region="two")
    assert found.computed["region"](found.rows[0]) == "two"
